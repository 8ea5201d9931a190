#include <algorithm>
#include <cmath>
#include <utility>

#include <trous/autograd/not_finite.h>
#include <trous/check/detail/diagnosis.h>
#include <trous/check/detail/explanation.h>
#include <trous/check/detail/moving_constants.h>
#include <trous/core/error.h>

namespace trous::detail {
namespace {

constexpr std::int64_t most_guessed = 512;  // elements of an input whose gradient is made to find a cause

// The gradient of each number in the row's input, by differences.
std::vector<Tensor> full_difference(const Phi& phi, const GradCheckOptions& options, const GradCheckRow& row,
                                    const std::vector<Column>& columns) {
  const Tensor& x = phi.inputs()[static_cast<std::size_t>(row.input)];
  std::vector<Tensor> gradients;
  for (std::size_t p = 0; p < columns[0].rule.size(); ++p)
    gradients.push_back(Tensor::zeros(x.shape(), DType::float64));
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    const Tensor u = unit(x.shape(), i);
    const std::vector<Estimate> column =
        by_coordinates(phi, options, row.input)
            ? columns[static_cast<std::size_t>(i)].difference
            : narrow_differences(phi, options, row.order, row.input, u, columns[0].noise,
                                 widest_step(phi, options, row.input, u));
    for (std::size_t p = 0; p < column.size(); ++p)
      gradients[p].mutable_values<double>()[static_cast<std::size_t>(i)] = column[p].value;
  }
  return gradients;
}

}  // namespace

std::string doubt(const Phi& phi, const GradCheckRow& row, const Column& column, std::size_t p, double step) {
  const auto steep = column.steep.find(p);
  if (steep != column.steep.end() && steep->second > 0) {
    const double spacing = phi.spacing(row.input, column.u);
    return text(
        "Differences grow the shorter their steps are, down to ", scientific(steep->second),
        ": a pole lies about as near. Only steps far below that would decide, and the inputs move by no "
        "less than ",
        scientific(spacing),
        ". Move the inputs away from the pole, or let f take the distance from it as its input.");
  }
  if (row.step == 0 || !std::isfinite(row.rule))
    return "No difference could be taken: the values are not finite at the inputs or right beside them, or "
           "the step is too small to move them. Move the inputs into the domain, or take a larger step.";
  if (!std::isfinite(row.truncation)) {
    return text("Steps of ", scientific(row.step),
                " and much smaller ones see different slopes: f varies too fast here. "
                "Take a step below ",
                scientific(row.step * 0x1p-18), ", or inputs of another size.");
  }
  std::string why = text("The difference may be off by ", row.truncation, " by truncation and ",
                         row.round_off, " by round-off, the rule by ", row.rule_round_off,
                         "; the largest derivative is ", row.largest, ". ");
  if (!column.kink.empty())
    return text(why, "The nearest kink is that of ", column.kink, ": move the inputs, or take another seed.");
  if (row.truncation < std::max(row.round_off, row.rule_round_off))
    return why +
           "Leave out of f what cancels or does not depend on this input, take another step, or raise the "
           "sharpness.";
  return text(why, "Take a step below ", std::min(step, row.step), ", or raise the sharpness.");
}

std::string not_finite_cause(const Phi& phi, int order) {
  const auto bad = trace_not_finite([&] { phi.gradients(order); });
  return bad ? text(" The first value that is not finite: ", *bad) : std::string();
}

std::string cause(const Phi& phi, const GradCheckOptions& options, const GradCheckRow& row,
                  const Order& order, const std::vector<Column>& columns) {
  if (!options.causes) return "Its cause was not looked for.";
  if (row.order > 1) {
    std::string constant = moving_constant(phi, row.order, row.input);
    if (!constant.empty()) return constant;
  }
  const auto slot = static_cast<std::size_t>(row.input);
  const Tensor& x = phi.inputs()[slot];
  const auto of_input = [](const Phi::Gradients& all, std::size_t i) {
    std::vector<Tensor> picked;
    for (const std::vector<Tensor>& gradient : all) picked.push_back(gradient[i]);
    return picked;
  };
  WrongGradient wrong;
  wrong.rule = of_input(order.gradients, slot);
  for (const GradCandidate& candidate : options.candidates) {
    try {
      const Phi other(text(phi.name(), ", candidate ", candidate.name), candidate.function, phi.inputs(),
                      options.seed, options.max_coordinates);
      wrong.others.emplace_back("the gradient of: " + candidate.name,
                                of_input(other.gradients(row.order), slot));
    } catch (const Error&) {  // it does not go with these inputs, so it is not what happened
    }
  }
  for (std::size_t i = 0; i < phi.inputs().size(); ++i) {
    if (i != slot) wrong.others.emplace_back(text("the gradient in input ", i), of_input(order.gradients, i));
  }
  wrong.batch = x.shape().rank() > 0 ? x.shape()[0] : 1;
  wrong.result_elements = phi.result_elements();
  if (x.elements() <= most_guessed) wrong.difference = full_difference(phi, options, row, columns);
  std::string found = diagnosis(wrong);
  if (!std::isfinite(row.rule)) found += not_finite_cause(phi, row.order);
  return found.empty() ? text("The input has ", x.elements(), " elements: check a smaller one to learn more.")
                       : found;
}

}  // namespace trous::detail
