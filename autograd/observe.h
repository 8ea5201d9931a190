// Who watches ops being evaluated: a profiler, a trace. A scope per thread, beside Recording.
#pragma once

#include <functional>
#include <span>

#include <trous/autograd/op.h>
#include <trous/core/tensor.h>

namespace trous {

/// One evaluation of an op's forward, at the moment it is done. The references are good during the call
/// alone.
struct OpEvaluation {
  const Op& op;
  std::span<const Tensor> inputs;
  const Tensor& output;
  std::span<const Tensor> kept;  ///< by-products, see Computed
  /// The op whose rule is evaluated where this is a part of a gradient, the outermost of several; else null.
  const Op* rule_of;
  int rule_slot;  ///< of which input the rule is
  double seconds;
};

/// While it lives, every op that this thread evaluates is told to `listener`, whatever is recorded: those of
/// a backward pass too, whose rules are written in ops. Ops inside another op's forward are that op's work
/// and are not told apart; nor is a replay. The innermost scope listens alone.
///
/// What a walk computes beside ops is told under names of its own, on no tape: "<kind> again" is a value made
/// anew for a rule that reads it (Computed::remake), "<kind>_grad shared" what several rules of a composite
/// need, of which `output` is the first and `kept` the rest.
///
/// Scopes end in the reverse order of their beginning, on the thread that made them. Throws
/// ArgumentError for an empty listener.
///
///   const Observe scope([](const OpEvaluation& e) { std::cout << e.op.kind << ' ' << e.seconds << '\n'; });
class Observe {
 public:
  using Listener = std::function<void(const OpEvaluation&)>;

  [[nodiscard("a scope needs a name to live on")]] explicit Observe(Listener listener);
  ~Observe();
  Observe(const Observe&) = delete;
  Observe& operator=(const Observe&) = delete;

 private:
  Listener listener_;
  const Listener* outer_;
};

/// While it lives, the ops of this thread are evaluated for the rule of input `slot` of `op`: set by whoever
/// runs rules.
class RuleOf {
 public:
  [[nodiscard("a scope needs a name to live on")]] RuleOf(const Op& op, int slot);
  ~RuleOf();
  RuleOf(const RuleOf&) = delete;
  RuleOf& operator=(const RuleOf&) = delete;

 private:
  const Op* outer_;
  int outer_slot_;
};

}  // namespace trous
