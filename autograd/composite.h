// The fourth kind of op: a function of other ops, its definition, with a fused value and fused first-order
// rules where a profile shows that they matter. Orders two and up come from the definition.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include <trous/autograd/record.h>

namespace trous {

/// The op written in other ops. Its value and all its derivatives must agree with this function's.
using Definition = Function;

/// The arguments of a fused rule, all of them values. A rule that needs the output reads it from `kept`,
/// where `fused` must have put it.
struct FirstOrder {
  std::span<const Tensor> inputs;
  std::span<const Tensor> kept;
  const Tensor& grad;
  std::span<const Tensor> shared = {};  ///< the result of CompositeRules::shared
};

/// The rule of one input of a composite.
struct CompositeSlot {
  /// Computes the slot's cotangent from values; where there is none, the rule comes from the definition.
  std::function<Tensor(const FirstOrder&)> fused_rule = nullptr;
  bool differentiable = true;
};

/// The fused rules of a composite.
struct CompositeRules {
  std::vector<CompositeSlot> slots;
  /// Computes, once for each cotangent, the values that the rules of several slots need.
  std::function<std::vector<Tensor>(const FirstOrder&)> shared = nullptr;

  CompositeRules(std::initializer_list<CompositeSlot> list) : slots(list) {}
  CompositeRules(std::vector<CompositeSlot> list,
                 std::function<std::vector<Tensor>(const FirstOrder&)> first = nullptr)
      : slots(std::move(list)), shared(std::move(first)) {}
};

/// Records `op` with the value `fused(inputs)`. The rule of slot j records `<op>_grad`, whose value is
/// the fused rule and whose definition is the partial derivative of `definition` in slot j; so it can be
/// differentiated again.
Variable composite(Op op, std::vector<Variable> inputs, Forward fused, Definition definition,
                   CompositeRules rules);

/// As `composite`; also returns the by-products of `fused`.
std::pair<Variable, std::vector<Tensor>> composite_with_kept(Op op, std::vector<Variable> inputs,
                                                             Forward fused, Definition definition,
                                                             CompositeRules rules);

}  // namespace trous
