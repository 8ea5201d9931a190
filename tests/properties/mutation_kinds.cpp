// The slips, and where they can be made.
#include <algorithm>
#include <numeric>
#include <properties/mutations.h>
#include <set>

#include <trous/autograd/grad.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/join.h>
#include <trous/ops/reshape.h>
#include <trous/ops/slice.h>

namespace trous::mutation {
namespace {

Variable with_swapped_axes(const Variable& g, int a, int b) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(g.shape().rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(a)], order[static_cast<std::size_t>(b)]);
  return reshape(permute(g, order), g.shape());
}

Variable rolled(const Variable& g, int axis) {
  const auto rank = static_cast<std::size_t>(g.shape().rank());
  std::vector<std::int64_t> none(rank), one(rank), rest(rank);
  one[static_cast<std::size_t>(axis)] = 1;
  rest[static_cast<std::size_t>(axis)] = g.shape()[axis] - 1;
  return concat({crop(g, rest, none), crop(g, none, one)}, axis);
}

// The same rule, whose result takes one step more.
std::function<std::vector<Rule>(const std::vector<Rule>&)> then(std::size_t slot, const Slip& slip) {
  return [slot, apply = slip.apply](std::vector<Rule> rules) {
    rules[slot].cotangent = [right = rules[slot].cotangent, apply](const Vjp& v) { return apply(right(v)); };
    return rules;
  };
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, Kind kind) {
  constexpr const char* names[] = {"negate", "scale", "swap", "drop", "shift"};
  return stream << names[static_cast<int>(kind)];
}

std::vector<Slip> slips(const Shape& shape) {
  std::vector<Slip> all{
      {Kind::negate, "negate", [](const Variable& g) { return scale(g, -1); }},
      {Kind::scale, "scale by 2", [](const Variable& g) { return scale(g, 2); }},
      {Kind::scale, "scale by 1 + 2^-20", [](const Variable& g) { return scale(g, 1 + 0x1p-20); }},
      {Kind::drop, "drop", [](const Variable& g) { return scale(g, 0); }},
  };
  for (int a = 0; a < shape.rank(); ++a) {
    if (shape[a] == 1) continue;
    all.push_back(
        {Kind::shift, text("shift along axis ", a), [a](const Variable& g) { return rolled(g, a); }});
    for (int b = a + 1; b < shape.rank(); ++b) {
      if (shape[b] == 1) continue;
      all.push_back({Kind::swap, text("swap of axes ", a, " and ", b),
                     [a, b](const Variable& g) { return with_swapped_axes(g, a, b); }});
    }
  }
  return all;
}

bool runs(const Node& node, std::size_t slot) {
  const NodePtr& input = node.inputs[slot].node;
  return input && input->tracked && node.rules[slot].kind == Rule::Kind::cotangent;
}

std::vector<Mutant> mutants_of(const Node& node) {
  std::vector<Mutant> all;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (!runs(node, i)) continue;
    const std::string where = text(node.op.kind, ", rule of input ", i, ": ");
    for (const Slip& slip : slips(node.inputs[i].shape))
      all.push_back({slip.kind, i, where + slip.text, then(i, slip)});
    for (std::size_t j = 0; j < node.inputs.size(); ++j) {
      if (j == i || !runs(node, j) || node.inputs[j].shape != node.inputs[i].shape) continue;
      all.push_back({Kind::swap, i, text(where, "that of input ", j), [i, j](std::vector<Rule> rules) {
                       rules[i] = rules[j];
                       return rules;
                     }});
    }
  }
  return all;
}

std::vector<NodePtr> ops_under(const std::vector<Variable>& roots, std::uint64_t oldest) {
  // What lies behind an untracked node, such as a mask, is on the tape only where everything is recorded.
  std::set<const Node*> reached;
  for (const Variable& root : roots) reached.insert(root.node().get());
  std::vector<NodePtr> found, all = nodes_under(roots, oldest);
  for (auto node = all.rbegin(); node != all.rend(); ++node) {
    if (!(*node)->tracked || !reached.contains(node->get())) continue;
    bool any = false;
    for (std::size_t i = 0; i < (*node)->inputs.size(); ++i) {
      reached.insert((*node)->inputs[i].node.get());
      any = any || runs(**node, i);
    }
    if (any) found.push_back(*node);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

bool gives_the_same(const Node& node, const Mutant& mutant, Key key) {
  const auto cotangent = [&](const std::vector<Rule>& rules) {
    std::vector<Variable> inputs;
    for (const Node::Input& input : node.inputs) inputs.emplace_back(*input.value);
    const Variable x = track(inputs[mutant.slot].value());
    inputs[mutant.slot] = x;
    const Variable y = record(node.op, inputs, node.forward, rules);
    return vjp(y, {x}, normal(y.shape(), y.dtype(), key))[0].value().to_vector<double>();
  };
  return cotangent(node.rules) == cotangent(mutant.rules(node.rules));
}

std::vector<catalogue::Line> order_2_lines() {
  static const std::set<std::string> composites{"log_softmax",     "softmax",         "softmax_cross_entropy",
                                                "batch_norm",      "batch_norm_relu", "group_norm",
                                                "group_norm_relu", "layer_norm",      "layer_norm_relu"};
  std::vector<catalogue::Line> found;
  for (const catalogue::Line& line : catalogue::differentiable_lines()) {
    if (line.kind != catalogue::Kind::composite || composites.contains(line.op)) found.push_back(line);
  }
  return found;
}

}  // namespace trous::mutation
