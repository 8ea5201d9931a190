#include <algorithm>
#include <memory>

#include <trous/autograd/composite.h>
#include <trous/autograd/grad.h>
#include <trous/autograd/node.h>
#include <trous/autograd/recording.h>
#include <trous/core/error.h>

namespace trous {
namespace {

// What the rules of one composite share.
struct Parts {
  Op op;
  Forward fused;
  Definition definition;
  CompositeRules rules;
};

// The same value as a node of its own. A derivative taken in an alias is a partial derivative, even where
// one Variable fills two slots, and the walk stops there. What has no derivative has none behind its alias.
Variable alias(const Variable& x, const std::string& kind, bool differentiable) {
  return record({.kind = kind, .pixels = Pixels::same()}, {x},
                [](std::span<const Tensor> in) { return in[0]; },
                {differentiable ? Rule(Reads::nothing(), [](const Vjp& v) { return v.grad(); })
                                : Rule::not_differentiable()});
}

// d definition / d inputs[slot], transposed and applied to `g`; differentiable where the caller records.
Variable partial(const Parts& parts, const std::vector<Variable>& inputs, std::size_t slot,
                 const Variable& g) {
  const bool keep = Recording::mode() != Recording::nothing;
  const Recording scope(keep ? Recording::mode() : Recording::needed);
  std::vector<Variable> aliases;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool connected = keep && inputs[i].tracked();
    if (connected && !parts.rules.slots[i].differentiable) {
      aliases.push_back(alias(inputs[i], text(parts.op.kind, " slot ", i), false));
    } else if (connected) {
      aliases.push_back(alias(inputs[i], "alias", true));
    } else {
      aliases.push_back(i == slot ? track(inputs[i].value()) : detach(inputs[i]));
    }
  }
  const Variable x = aliases[slot];
  Variable y = parts.definition(aliases);
  if (!y.tracked()) return track(Tensor::zeros(x.shape(), x.dtype()), "zeros");
  return vjp(std::move(y), {x}, g, keep ? CreateGraph::yes : CreateGraph::no)[0];
}

std::vector<Variable> all_inputs(const Vjp& v, std::size_t count) {
  std::vector<Variable> inputs;
  for (std::size_t i = 0; i < count; ++i) inputs.push_back(v.input(static_cast<int>(i)));
  return inputs;
}

// The cotangent of slot j as a composite of its own, of the inputs and the cotangent.
Variable first_order(const std::shared_ptr<const Parts>& parts, const Vjp& v, std::size_t j) {
  const std::size_t count = parts->rules.slots.size();
  std::vector<Variable> inputs = all_inputs(v, count);
  std::vector<Tensor> kept, originals, shared;
  const Vjp values = v.detached();  // orders two and up come from the definition
  for (std::size_t i = 0; i < v.kept_count(); ++i) kept.push_back(values.kept(static_cast<int>(i)));
  for (const Variable& input : inputs) originals.push_back(input.value());
  const Tensor grad = v.grad().value();
  inputs.push_back(v.grad());
  if (parts->rules.shared)
    shared = values.shared([&] { return parts->rules.shared({originals, kept, grad}); });

  // At the values of the walk all by-products are at hand; a replay elsewhere computes them anew.
  Forward value = [=](std::span<const Tensor> in) -> Computed {
    const auto at = in.first(count);
    const bool same_inputs = std::equal(at.begin(), at.end(), originals.begin(),
                                        [](const Tensor& a, const Tensor& b) { return a.same_storage(b); });
    const std::vector<Tensor> by_products = same_inputs ? kept : parts->fused(at).kept;
    FirstOrder f{at, by_products, in[count]};
    const bool at_hand = !parts->rules.shared || (same_inputs && in[count].same_storage(grad));
    const std::vector<Tensor> common = at_hand ? shared : parts->rules.shared(f);
    f.shared = common;
    return parts->rules.slots[j].fused_rule(f);
  };
  Definition definition = [parts, j, count](const std::vector<Variable>& in) {
    const std::vector<Variable> at(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(count));
    return partial(*parts, at, j, in[count]);
  };
  std::vector<CompositeSlot> slots = parts->rules.slots;
  for (CompositeSlot& slot : slots) slot.fused_rule = nullptr;
  slots.push_back({});
  return composite({.kind = parts->op.kind + "_grad",
                    .attributes = parts->op.attributes,
                    .pixels = parts->op.pixels.of_gradient()},
                   std::move(inputs), std::move(value), std::move(definition), std::move(slots));
}

}  // namespace

std::pair<Variable, std::vector<Tensor>> composite_with_kept(Op op, std::vector<Variable> inputs,
                                                             Forward fused, Definition definition,
                                                             CompositeRules rules) {
  const auto parts = std::make_shared<const Parts>(Parts{op, fused, std::move(definition), std::move(rules)});
  std::vector<Rule> all;
  for (std::size_t j = 0; j < parts->rules.slots.size(); ++j) {
    const CompositeSlot& slot = parts->rules.slots[j];
    if (!slot.differentiable) {
      all.push_back(Rule::not_differentiable());
    } else if (slot.fused_rule) {
      all.emplace_back(Reads::every_input() | Reads::the_kept(),
                       [parts, j](const Vjp& v) { return first_order(parts, v, j); });
    } else {
      all.emplace_back(Reads::every_input(), [parts, j](const Vjp& v) {
        return partial(*parts, all_inputs(v, parts->rules.slots.size()), j, v.grad());
      });
    }
  }
  auto result = record_with_kept(std::move(op), std::move(inputs), std::move(fused), std::move(all));
  if (const NodePtr& node = result.first.node()) node->definition = {parts, &parts->definition};
  return result;
}

Variable composite(Op op, std::vector<Variable> inputs, Forward fused, Definition definition,
                   CompositeRules rules) {
  return composite_with_kept(std::move(op), std::move(inputs), std::move(fused), std::move(definition),
                             std::move(rules))
      .first;
}

}  // namespace trous
