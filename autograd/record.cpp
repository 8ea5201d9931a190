#include <algorithm>

#include <trous/autograd/detail/evaluate.h>
#include <trous/autograd/node.h>
#include <trous/autograd/record.h>
#include <trous/autograd/recording.h>
#include <trous/core/error.h>

namespace trous {
namespace {

bool reads_input(Reads reads, std::size_t i) {
  return (reads.inputs >> std::min<std::size_t>(i, 63) & 1) != 0;
}

// What the rules that may ever run read: those of tracked inputs.
Reads live_reads(const std::vector<Variable>& inputs, const std::vector<Rule>& rules) {
  Reads reads;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].tracked() && rules[i].kind == Rule::Kind::cotangent) reads = reads | rules[i].reads;
  }
  return reads;
}

void check_pixels(const Op& op, const std::vector<Tensor>& inputs, const Shape& result) {
  const std::string contradiction =
      op.pixels.contradiction(inputs.empty() ? Shape() : inputs[0].shape(), result);
  if (contradiction.empty()) return;
  throw GraphError(text(op.kind, ": ", contradiction,
                        ". Shapes are [batch, height, width, channels]. Derive the pixels from these shapes, "
                        "as conv2d_pixels does."));
}

}  // namespace

std::pair<Variable, std::vector<Tensor>> record_with_kept(Op op, std::vector<Variable> inputs,
                                                          Forward forward, std::vector<Rule> rules) {
  if (rules.size() != inputs.size()) {
    throw GraphError(
        text(op.kind, ": ", inputs.size(), " inputs and ", rules.size(),
             " rules. Give one rule per input; Rule::not_differentiable() where there is none."));
  }
  std::vector<Tensor> values;
  values.reserve(inputs.size());
  bool any_tracked = false;
  for (const Variable& input : inputs) {
    values.push_back(input.value());
    any_tracked = any_tracked || input.tracked();
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].kind == Rule::Kind::cotangent && !rules[i].cotangent) {
      throw GraphError(text(op.kind, ": the rule of input ", i, " is an empty function. Give a rule, or ",
                            "Rule::not_differentiable()."));
    }
  }
  Computed computed = detail::evaluate(op, values, forward);
  check_pixels(op, values, computed.value.shape());

  const Recording::Mode mode = Recording::mode();
  if (mode == Recording::nothing || (mode == Recording::needed && !any_tracked)) {
    return {Variable(std::move(computed.value)), std::move(computed.kept)};
  }
  const bool tracked = any_tracked && is_floating(computed.value.dtype());
  const bool remakes = tracked && mode == Recording::needed && computed.remake;
  const Reads reads = mode == Recording::everything ? Reads::everything()
                      : remakes ? live_reads(inputs, rules) | Reads::every_input() | Reads::the_kept()
                      : tracked ? live_reads(inputs, rules)
                                : Reads::nothing();
  NodePtr node = make_node(std::move(op), computed.value.shape(), computed.value.dtype(), tracked);
  node->inputs.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    // One remake must not need another, so that a chain of them is no recursion.
    const bool remade = mode == Recording::needed && !remakes && inputs[i].node() && inputs[i].node()->remake;
    const bool stays = reads_input(reads, i) && !remade;
    node->inputs.push_back({inputs[i].node(), inputs[i].shape(), inputs[i].dtype(),
                            stays ? std::optional(std::move(values[i])) : std::nullopt});
  }
  if (reads.output) node->output = computed.value;
  if (reads.kept) node->kept = computed.kept;
  node->forward = std::move(forward);
  node->rules = std::move(rules);
  if (remakes) node->remake = std::move(computed.remake);
  return {Variable(std::move(computed.value), std::move(node)), std::move(computed.kept)};
}

Variable record(Op op, std::vector<Variable> inputs, Forward forward, std::vector<Rule> rules) {
  return record_with_kept(std::move(op), std::move(inputs), std::move(forward), std::move(rules)).first;
}

namespace {

[[noreturn]] void not_declared(const Op& op, int slot, const std::string& what,
                               const std::string& declaration) {
  throw GraphError(text(op.kind, ": the rule of input ", slot, " reads ", what,
                        ", which it did not declare. Declare ", declaration, "."));
}

[[noreturn]] void not_there(const Op& op, int slot, const char* what, int i, std::size_t count) {
  throw GraphError(text(op.kind, ": the rule of input ", slot, " asks for ", what, ' ', i, ", but there are ",
                        count, ". They are counted from 0."));
}

// The value of a node that did not keep it.
Tensor remade(const Node& node) {
  std::vector<Tensor> inputs;
  inputs.reserve(node.inputs.size());
  for (const Node::Input& input : node.inputs) inputs.push_back(*input.value);
  Op again = node.op;
  again.kind += " again";
  return detail::evaluate(again, inputs,
                          [&](std::span<const Tensor> in) -> Computed { return node.remake(in, node.kept); })
      .value;
}

void check_input(const Node& node, int slot, int i) {
  if (i < 0 || static_cast<std::size_t>(i) >= node.inputs.size())
    not_there(node.op, slot, "input", i, node.inputs.size());
}

}  // namespace

// Under CreateGraph::no a rule works on plain values; otherwise on the Variables as they stand on the tape.
Variable Vjp::input(int i) const {
  check_input(*node_, slot_, i);
  const auto& saved = node_->inputs[static_cast<std::size_t>(i)];
  if (!reads_input(node_->rules[static_cast<std::size_t>(slot_)].reads, static_cast<std::size_t>(i))) {
    not_declared(node_->op, slot_, text("input ", i), text("Reads::input(", i, ")"));
  }
  const auto with = [&](const Tensor& value) {
    return keeps() ? Variable(value, saved.node) : Variable(value);
  };
  if (saved.value) return with(*saved.value);
  for (const auto& [node, value] : shared_.remade) {
    if (node == saved.node.get()) return with(value);
  }
  shared_.remade.emplace_back(saved.node.get(), remade(*saved.node));
  return with(shared_.remade.back().second);
}

Variable Vjp::output() const {
  if (!node_->rules[static_cast<std::size_t>(slot_)].reads.output) {
    not_declared(node_->op, slot_, "the output", "Reads::the_output()");
  }
  return keeps() ? Variable(*node_->output, node_) : Variable(*node_->output);
}

Vjp Vjp::detached() const { return {node_, slot_, detach(grad_), Again::nothing, shared_}; }

void Vjp::would_be_constant(const std::string& what, const std::string& read) const {
  throw GraphError(
      text(node_->op.kind, ": the rule of input ", slot_, " reads ", what,
           " for a gradient that is differentiated again (CreateGraph::yes, hvp, order 2 of a check). "
           "It is a value, which the next differentiation would take for a constant. Compute it with ops "
           "from v.input(i); read v.detached().",
           read, " where it does not depend on the inputs; or take first derivatives alone."));
}

const Tensor& Vjp::kept(int i) const {
  if (!node_->rules[static_cast<std::size_t>(slot_)].reads.kept) {
    not_declared(node_->op, slot_, "a by-product", "Reads::the_kept()");
  }
  if (i < 0 || static_cast<std::size_t>(i) >= node_->kept.size()) {
    not_there(node_->op, slot_, "by-product", i, node_->kept.size());
  }
  const Tensor& product = node_->kept[static_cast<std::size_t>(i)];
  if (again_ == Again::everything && is_floating(product.dtype())) {
    would_be_constant(text("by-product ", i, ", ", short_name(product.dtype()), product.shape(), ","),
                      text("kept(", i, ")"));
  }
  return product;
}

std::size_t Vjp::kept_count() const { return node_->kept.size(); }

const std::vector<Tensor>& Vjp::shared(const std::function<std::vector<Tensor>()>& compute) const {
  const auto checked = [&]() -> const std::vector<Tensor>& {
    const bool floating = std::any_of(shared_.computed->begin(), shared_.computed->end(),
                                      [](const Tensor& value) { return is_floating(value.dtype()); });
    if (again_ == Again::everything && floating) would_be_constant("shared values", "shared(f)");
    return *shared_.computed;
  };
  if (shared_.computed) return checked();
  std::vector<Tensor> read{grad_.value()};
  for (const Node::Input& input : node_->inputs) {
    if (input.value) read.push_back(*input.value);
  }
  for (const auto& [node, value] : shared_.remade) read.push_back(value);
  const Op op{.kind = node_->op.kind + "_grad shared",
              .attributes = node_->op.attributes,
              .pixels = node_->op.pixels.of_gradient()};
  detail::evaluate(op, read, [&](std::span<const Tensor>) -> Computed {
    const std::vector<Tensor>& all = shared_.computed.emplace(compute());
    if (all.empty()) return grad_.value();
    return {all.front(), {all.begin() + 1, all.end()}};
  });
  return checked();
}

const Shape& Vjp::shape(int i) const {
  check_input(*node_, slot_, i);
  return node_->inputs[static_cast<std::size_t>(i)].shape;
}

DType Vjp::dtype(int i) const {
  check_input(*node_, slot_, i);
  return node_->inputs[static_cast<std::size_t>(i)].dtype;
}

}  // namespace trous
