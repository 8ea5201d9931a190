#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include <trous/autograd/recording.h>
#include <trous/check/check_grad.h>
#include <trous/check/check_tape.h>
#include <trous/check/detail/checked_function.h>
#include <trous/check/detail/round_off.h>
#include <trous/core/error.h>

namespace trous {
namespace {

std::string label(std::size_t number, const Op& op) {
  return text('%', number, " = ", op.kind, op.name.empty() ? "" : text(" \"", op.name, '"'));
}

// One op as a function of its tracked inputs; its other inputs keep their values.
class Replay {
 public:
  Replay(const Node& node, std::size_t number) : node_(node), number_(number) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Node::Input& input = node.inputs[i];
      if (!input.value) {
        throw GraphError(text("check_tape: ", name(), " did not keep input ", i,
                              ". Record the tape in a scope of Recording::everything."));
      }
      all_.emplace_back(*input.value);
      const bool tracked = input.node && input.node->tracked;
      if (!tracked || node.rules[i].kind == Rule::Kind::not_differentiable) continue;
      if (input.dtype != DType::float64 || node.dtype != DType::float64) {
        throw DTypeError(text("check_tape: ", name(), " is ", node.dtype, " of ", input.dtype,
                              ". Differences need float64: initialize or cast the network to it."));
      }
      slots_.push_back(i);
    }
  }

  std::string name() const { return label(number_, node_.op); }
  const std::vector<std::size_t>& slots() const { return slots_; }

  std::vector<Tensor> at() const {
    std::vector<Tensor> values;
    for (const std::size_t i : slots_) values.push_back(all_[i].value());
    return values;
  }

  Function op() const {
    return [this](const std::vector<Variable>& xs) {
      Variable y = record(node_.op, filled(xs), node_.forward, node_.rules);
      if (y.node()) y.node()->definition = node_.definition;  // in which kinks are found
      return y;
    };
  }

  Function definition() const {
    return [this](const std::vector<Variable>& xs) { return (*node_.definition)(filled(xs)); };
  }

 private:
  std::vector<Variable> filled(const std::vector<Variable>& xs) const {
    std::vector<Variable> inputs = all_;
    for (std::size_t k = 0; k < xs.size(); ++k) inputs[slots_[k]] = xs[k];
    return inputs;
  }

  const Node& node_;
  std::size_t number_;
  std::vector<Variable> all_;
  std::vector<std::size_t> slots_;
};

// Returns the distance of a fused value from its definition, or 0 if it is within round-off.
double definition_error(const Replay& replay, const TapeCheckOptions& options) {
  const Function fused = replay.op(), definition = replay.definition();
  const detail::CheckedFunction ours(replay.name(), fused, replay.at(), options.seed, options.directions);
  const detail::CheckedFunction theirs(replay.name() + ", definition", definition, replay.at(), options.seed,
                                       options.directions);
  const auto noise = [](const detail::CheckedFunction& f) {
    return detail::value_noise(f, 1, detail::noise_step,
                               [&](int number, double t) { return f.perturbed(number, t); })
        .noise;
  };
  const std::vector<double> a = ours.values(1, replay.at()), b = theirs.values(1, replay.at());
  const std::vector<double> noise_a = noise(ours), noise_b = noise(theirs);
  double apart = 0, largest = 0;
  for (std::size_t p = 0; p < a.size(); ++p) {
    largest = std::max({largest, std::abs(a[p]), std::abs(b[p])});
    const double gap = std::abs(a[p] - b[p]);
    if (!(gap <= detail::error_multiple * (noise_a[p] + noise_b[p])))
      apart = std::max(apart, std::isnan(gap) ? INFINITY : gap);
  }
  return apart > 0 ? apart / largest : 0;
}

// An op that cannot be checked, for example because it has no gradient of that order, is undecided. The
// others are still checked.
GradReport checked(const Replay& replay, const TapeCheckOptions& options) {
  try {
    return check_grad(replay.name(), replay.op(), replay.at(),
                      {.order = options.order,
                       .tolerance = options.tolerance,
                       .sharpness = options.sharpness,
                       .step = options.step,
                       .max_coordinates = options.directions,
                       .seed = options.seed});
  } catch (const Error& error) {
    GradReport report{.name = replay.name(), .tolerance = options.tolerance, .seed = options.seed};
    report.rows.push_back(
        {.verdict = Verdict::ill_conditioned, .explanation = text("It cannot be checked. ", error.what())});
    return report;
  }
}

}  // namespace

TapeReport check_tape(const Tape& tape, const TapeCheckOptions& options) {
  if (options.order < 1 || options.directions < 1 || !(options.tolerance >= 0) || !(options.sharpness > 0)) {
    throw ArgumentError(
        text("check_tape: order ", options.order, ", directions ", options.directions, ", tolerance ",
             options.tolerance, ", sharpness ", options.sharpness,
             ". Orders and directions count from 1, the sharpness is above 0, the tolerance 0 or "
             "more."));
  }
  const Recording scope(Recording::needed);
  TapeReport report{.options = options};
  for (std::size_t i = 0; i < tape.size(); ++i) {
    const Node& node = tape[i];
    if (!node.tracked || node.inputs.empty()) continue;
    const Replay replay(node, i + 1);
    if (replay.slots().empty()) continue;
    TapeCheckRow row{i + 1, node.op, checked(replay, options)};
    for (GradCheckRow& input : row.gradients.rows)
      input.input = static_cast<int>(replay.slots()[static_cast<std::size_t>(input.input)]);
    if (node.definition) row.definition_error = definition_error(replay, options);
    report.rows.push_back(std::move(row));
  }
  return report;
}

Verdict TapeReport::verdict() const {
  Verdict worst = Verdict::pass;
  for (const TapeCheckRow& row : rows) worst = more_severe(worst, row.verdict());
  return worst;
}

std::string TapeReport::failures() const {
  std::string all;
  for (const TapeCheckRow& row : rows) {
    all += row.gradients.failures();
    if (row.definition_error > 0) {
      all += text("check_tape: ", label(row.number, row.op), ": the fused value is ", row.definition_error,
                  " of the largest value away from the definition, which is more than round-off.\n");
    }
  }
  return all;
}

std::ostream& operator<<(std::ostream& stream, const TapeReport& report) {
  std::size_t width = 0;
  for (const TapeCheckRow& row : report.rows) width = std::max(width, label(row.number, row.op).size());
  std::ostringstream table;
  table << report.rows.size() << (report.rows.size() == 1 ? " op" : " ops")
        << " at the values they had: rules against differences, float64\n  " << std::left
        << std::setw(static_cast<int>(width)) << "op"
        << "  checked     error  verdict\n";
  for (const TapeCheckRow& row : report.rows) {
    table << "  " << std::left << std::setw(static_cast<int>(width)) << label(row.number, row.op)
          << std::right << std::setw(9) << row.gradients.checked() << std::setw(10)
          << scientific(row.gradients.error()) << "  " << row.verdict() << '\n';
  }
  return stream << table.str() << report.failures();
}

}  // namespace trous
