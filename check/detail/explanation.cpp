#include <algorithm>
#include <cmath>
#include <utility>

#include <trous/check/detail/diagnosis.h>
#include <trous/check/detail/explanation.h>
#include <trous/check/detail/moving_constants.h>
#include <trous/check/not_finite.h>
#include <trous/core/error.h>

namespace trous::detail {
namespace {

constexpr std::int64_t max_differentiated = 512;  // elements of an input whose whole gradient is taken

// The gradient of each number in the columns' input, by differences.
std::vector<Tensor> whole_difference(const std::vector<Column>& columns, const GradCheckOptions& options) {
  const Line& first = columns[0].line;
  const Tensor& x = first.moving_input();
  std::vector<Tensor> gradients;
  for (std::size_t p = 0; p < columns[0].rule.size(); ++p)
    gradients.push_back(Tensor::zeros(x.shape(), DType::float64));
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    const Line line{first.f, first.order, first.input, unit(x.shape(), i)};
    const std::vector<Estimate> column =
        by_coordinates(first.f, options, first.input)
            ? columns[static_cast<std::size_t>(i)].difference
            : small_step_differences(line, options, columns[0].noise, largest_step(line, options));
    for (std::size_t p = 0; p < column.size(); ++p)
      gradients[p].mutable_values<double>()[static_cast<std::size_t>(i)] = column[p].value;
  }
  return gradients;
}

// The gradients of all numbers in one input.
std::vector<Tensor> in_input(const CheckedFunction::Gradients& all, std::size_t input) {
  std::vector<Tensor> gradients;
  for (const std::vector<Tensor>& of_number : all) gradients.push_back(of_number[input]);
  return gradients;
}

}  // namespace

std::string undecided_explanation(const GradCheckRow& row, const Column& column, std::size_t p,
                                  const GradCheckOptions& options) {
  const auto steep = column.steep.find(p);
  if (steep != column.steep.end() && steep->second > 0) {
    const double spacing = column.line.spacing();
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
  const std::string errors = text("The difference may be off by ", row.truncation, " by truncation and ",
                                  row.round_off, " by round-off, the rule by ", row.rule_round_off,
                                  "; the largest derivative is ", row.largest, ". ");
  if (column.smooth && !column.smooth->kink.empty())
    return text(errors, "The nearest kink is that of ", column.smooth->kink,
                ": move the inputs, or take another seed.");
  if (row.truncation < std::max(row.round_off, row.rule_round_off))
    return errors +
           "Leave out of f what cancels or does not depend on this input, take another step, or raise the "
           "sharpness.";
  return text(errors, "Take a step below ", std::min(options.step, row.step), ", or raise the sharpness.");
}

std::string not_finite_explanation(const CheckedFunction& f, int order) {
  const auto bad = trace_not_finite([&] { f.gradients(order); });
  return bad ? text(" The first value that is not finite: ", *bad) : std::string();
}

std::string wrong_explanation(const GradCheckRow& row, const Order& order, const std::vector<Column>& columns,
                              const GradCheckOptions& options) {
  if (!options.causes) return "Its cause was not looked for.";
  const CheckedFunction& f = columns[0].line.f;
  if (row.order > 1) {
    std::string constant = moving_constant(f, row.order, row.input);
    if (!constant.empty()) return constant;
  }
  const auto slot = static_cast<std::size_t>(row.input);
  const Tensor& x = f.input(row.input);
  WrongGradient wrong;
  wrong.rule = in_input(order.gradients, slot);
  for (const GradCandidate& candidate : options.candidates) {
    try {
      const CheckedFunction other(text(f.name(), ", candidate ", candidate.name), candidate.function,
                                  f.inputs(), options.seed, options.max_coordinates);
      wrong.others.emplace_back("the gradient of: " + candidate.name,
                                in_input(other.gradients(row.order), slot));
    } catch (const Error&) {  // the candidate does not accept these inputs, so it is not what happened
    }
  }
  for (std::size_t i = 0; i < f.inputs().size(); ++i) {
    if (i != slot) wrong.others.emplace_back(text("the gradient in input ", i), in_input(order.gradients, i));
  }
  wrong.batch = x.shape().rank() > 0 ? x.shape()[0] : 1;
  wrong.result_elements = f.result_elements();
  if (x.elements() <= max_differentiated) wrong.difference = whole_difference(columns, options);
  std::string found = diagnosis(wrong);
  if (!std::isfinite(row.rule)) found += not_finite_explanation(f, row.order);
  return found.empty() ? text("The input has ", x.elements(), " elements: check a smaller one to learn more.")
                       : found;
}

}  // namespace trous::detail
