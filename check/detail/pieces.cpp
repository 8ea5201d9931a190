#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_map>

#include <trous/autograd/grad.h>
#include <trous/autograd/node.h>
#include <trous/autograd/recording.h>
#include <trous/check/detail/pieces.h>
#include <trous/core/error.h>
#include <trous/core/map.h>

namespace trous::detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_locally_constant(const Node& node) {
  return !node.rules.empty() && std::all_of(node.rules.begin(), node.rules.end(), [](const Rule& rule) {
    return rule.kind == Rule::Kind::locally_constant;
  });
}

// "relu", with its name if it has one.
std::string label(const Node& node) {
  return node.op.name.empty() ? node.op.kind : text(node.op.kind, " \"", node.op.name, '"');
}

class Collector {
 public:
  explicit Collector(std::string inside) : inside_(std::move(inside)) {}

  void collect(const std::vector<Variable>& ys, const std::vector<Variable>& xs,
               const std::vector<Variable>& seeds);
  std::vector<Piece> found;

 private:
  void add(const Node& node);
  void expand(const Node& node);

  std::string inside_;  // the composite whose definition is being evaluated
  std::unordered_map<const Node*, std::size_t> number_;
};

void Collector::collect(const std::vector<Variable>& ys, const std::vector<Variable>& xs,
                        const std::vector<Variable>& seeds) {
  std::vector<Variable> roots = ys;
  try {
    for (Variable& g : vjp(ys, xs, seeds, CreateGraph::yes)) roots.push_back(std::move(g));
  } catch (const GraphError&) {
    // A rule made of values, not of ops, leaves no further ops on the tape.
  }
  const std::vector<NodePtr> nodes = nodes_under(roots);
  for (const NodePtr& node : nodes) number_.emplace(node.get(), number_.size() + 1);
  for (const NodePtr& node : nodes) {
    if (is_locally_constant(*node) && node->output) add(*node);
    // The gradient of a composite has the same locally constant ops as the composite.
    if (node->definition && !node->op.kind.ends_with("_grad")) expand(*node);
  }
}

void Collector::add(const Node& node) {
  Piece piece{node.op.kind, *node.output, {}};
  for (const Node::Input& input : node.inputs) {
    if (!input.node) continue;
    piece.op += text(" of %", number_[input.node.get()], " = ", label(*input.node));
    if (input.value && input.shape == node.shape) piece.input = *input.value;
    break;
  }
  piece.op += inside_;
  found.push_back(std::move(piece));
}

// Collects the locally constant ops of a composite's definition, evaluated at the composite's inputs.
void Collector::expand(const Node& node) {
  std::vector<Variable> inputs, tracked_ones;
  for (const Node::Input& input : node.inputs) {
    if (!input.value) return;
    const bool follow = input.node && input.node->tracked;
    inputs.push_back(follow ? track(*input.value) : Variable(*input.value));
    if (follow) tracked_ones.push_back(inputs.back());
  }
  const Variable y = (*node.definition)(inputs);
  if (!y.tracked()) return;
  Collector inner(text(", in ", label(node), " %", number_[&node], inside_));
  inner.collect({y}, tracked_ones, {Tensor::ones(y.shape(), y.dtype())});
  std::move(inner.found.begin(), inner.found.end(), std::back_inserter(found));
}

template <class T>
std::optional<std::int64_t> first_difference(const Tensor& a, const Tensor& b) {
  const auto [left, right] = std::mismatch(a.values<T>().begin(), a.values<T>().end(), b.values<T>().begin());
  if (left == a.values<T>().end()) return {};
  return left - a.values<T>().begin();
}

double smallest_change(const Tensor& a, const Tensor& b) {
  const Tensor change = zip(a.cast(DType::float64), b.cast(DType::float64), std::minus<>());
  double smallest = infinity;
  for (const double v : change.values<double>()) {
    if (v != 0) smallest = std::min(smallest, std::abs(v));
  }
  return smallest;
}

}  // namespace

std::vector<Piece> pieces(const std::vector<Variable>& ys, const std::vector<Variable>& xs,
                          const std::vector<Variable>& seeds) {
  Collector collector("");
  collector.collect(ys, xs, seeds);
  return std::move(collector.found);
}

std::optional<PieceChange> first_change(const std::vector<Piece>& at, const std::vector<Piece>& other) {
  for (std::size_t i = 0; i < std::min(at.size(), other.size()); ++i) {
    const Piece &a = at[i], &b = other[i];
    if (a.value.shape() != b.value.shape() || a.value.dtype() != b.value.dtype())
      return PieceChange{i, a.op, infinity};
    const auto which = visit(a.value.dtype(), [&]<class T> { return first_difference<T>(a.value, b.value); });
    if (!which) continue;
    std::string where = text(a.op, ", element ", position(a.value.shape(), *which));
    if (a.input && a.input->dtype() == DType::float64)
      where += text(", where it reads ", a.input->values<double>()[static_cast<std::size_t>(*which)]);
    return PieceChange{i, where, smallest_change(a.value, b.value)};
  }
  if (at.size() != other.size())
    return PieceChange{std::min(at.size(), other.size()), "the tape, which has other ops beside this point",
                       infinity};
  return {};
}

}  // namespace trous::detail
