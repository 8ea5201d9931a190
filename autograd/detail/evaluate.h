// The evaluation of a forward, and who observes it.
#pragma once

#include <span>

#include <trous/autograd/observe.h>
#include <trous/autograd/record.h>

namespace trous::detail {

/// The listener of this thread, and the rule that it is told to be evaluated: set by Observe and RuleOf.
struct Observation {
  const Observe::Listener* listener = nullptr;
  const Op* rule_of = nullptr;
  int rule_slot = 0;
};

/// That of the calling thread.
Observation& observation();

/// forward(values). A listener is called with the result and the seconds that it took. Ops that the forward
/// is written in are neither recorded nor observed, since they are part of this op; nor are those of the
/// listener.
Computed evaluate(const Op& op, std::span<const Tensor> values, const Forward& forward);

}  // namespace trous::detail
