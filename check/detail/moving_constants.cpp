#include <algorithm>
#include <exception>
#include <functional>
#include <optional>

#include <trous/autograd/detail/evaluations.h>
#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/check/detail/moving_constants.h>
#include <trous/core/error.h>
#include <trous/core/map.h>

namespace trous::detail {
namespace {

// The tape that is differentiated, at one point of a line, with the rules that made its nodes.
struct Recorded {
  Recorded(const Line& line, double t) {
    const Recording scope(Recording::everything);
    std::vector<Variable> xs;
    for (const Tensor& x : line.at(t)) xs.push_back(track(x));
    tape.emplace(Tape::of(line.f.results(line.order, xs)));
  }

  Evaluations evaluations;
  std::optional<Tape> tape;
};

// Whether the two differ by more than round-off.
bool differ(const Tensor& a, const Tensor& b) {
  if (!is_floating(a.dtype()) || a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const Tensor left = a.cast(DType::float64), right = b.cast(DType::float64);
  const double size = std::max(largest_magnitude(left), largest_magnitude(right));
  return largest_magnitude(zip(left, right, std::minus<>())) > 1e-10 * size;
}

std::string phrase(const Recorded& recorded, std::size_t i) {
  const Node& node = (*recorded.tape)[i];
  std::string words = text(node.op.kind);
  if (const auto rule = recorded.evaluations.rule_of(node))
    words += text(", in the rule of input ", rule->slot, " of ", rule->op);
  return words;
}

std::string at_node(const Recorded& here, const Recorded& moved, std::size_t i, int input) {
  const Node &a = (*here.tape)[i], &b = (*moved.tape)[i];
  const std::string remedy =
      ". A value ends the path of derivatives: write the rule with ops on v.input(i) and v.output().";
  for (std::size_t slot = 0; slot < a.inputs.size(); ++slot) {
    const Node::Input &one = a.inputs[slot], &other = b.inputs[slot];
    if (one.node || other.node || !one.value || !other.value || !differ(*one.value, *other.value)) continue;
    return text("Input ", slot, " of ", phrase(here, i), ", is a constant on the tape, but moves with input ",
                input, remedy);
  }
  if (!a.forward || !a.output || !b.output) return {};
  std::vector<Tensor> inputs;
  for (const Node::Input& one : b.inputs) {
    if (!one.value) return {};
    inputs.push_back(*one.value);
  }
  if (!differ(a.forward(inputs).value, *b.output)) return {};
  return text("The value of ", phrase(here, i),
              ", is made with a tensor that its forward captured, which moves "
              "with input ",
              input, remedy);
}

std::string first_moving(const CheckedFunction& f, int order, int input) {
  constexpr double little = 0x1p-20;  // masks and winners stay as they are
  const Line line{f, order, input, random_unit(f.input(input).shape(), Key{17})};
  const Recorded here(line, 0);
  const Recorded moved(line, little * line.scale());
  if (here.tape->size() != moved.tape->size()) return {};
  const Recording scope(Recording::nothing);
  for (std::size_t i = 0; i < here.tape->size(); ++i) {
    const Node &a = (*here.tape)[i], &b = (*moved.tape)[i];
    if (a.op.kind != b.op.kind || a.inputs.size() != b.inputs.size()) return {};
    if (!here.evaluations.rule_of(a)) continue;  // f itself may detach values on purpose
    std::string found = at_node(here, moved, i, input);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace

std::string moving_constant(const CheckedFunction& f, int order, int input) {
  try {
    return first_moving(f, order, input);
  } catch (const std::exception&) {  // f may refuse points next to the inputs, a forward other tensors
    return {};
  }
}

}  // namespace trous::detail
