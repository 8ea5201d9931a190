// Observation of ops as they are evaluated, for profilers and traces. A scope per thread, beside Recording.
#pragma once

#include <functional>
#include <span>

#include <trous/autograd/op.h>
#include <trous/core/tensor.h>

namespace trous {

/// One finished evaluation of an op's forward. The references are valid during the listener's call only.
struct OpEvaluation {
  const Op& op;
  std::span<const Tensor> inputs;
  const Tensor& output;
  std::span<const Tensor> kept;  ///< by-products, see Computed
  /// The op whose rule is being evaluated, the outermost of several; null outside rules.
  const Op* rule_of;
  int rule_slot;  ///< the number of the input that the rule belongs to
  double seconds;
};

/// While it lives, calls `listener` after every op that this thread evaluates, whatever is recorded. The ops
/// of a backward pass are among them, since rules are written in ops. Ops inside another op's forward are
/// part of that op and are not reported; nor is a replay. Of nested scopes only the innermost listener is
/// called.
///
/// Computations of a walk that are no ops are reported under names that occur on no tape. "<kind> again" is a
/// value computed again for a rule that reads it (Computed::remake). "<kind>_grad shared" are the values that
/// several rules of a composite share: `output` is the first of them, `kept` the rest.
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

/// While it lives, the ops that this thread evaluates count as part of the rule of input `slot` of `op`. The
/// walk makes one around each rule.
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
