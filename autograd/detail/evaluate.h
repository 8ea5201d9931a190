// The evaluation of a forward, which an Observe scope may observe.
#pragma once

#include <span>

#include <trous/autograd/observe.h>
#include <trous/autograd/record.h>

namespace trous::detail {

/// The listener of a thread, and the rule that the thread is evaluating. Observe and RuleOf set them.
struct Observation {
  const Observe::Listener* listener = nullptr;
  const Op* rule_of = nullptr;
  int rule_slot = 0;
};

/// Returns the Observation of the calling thread.
Observation& observation();

/// Returns forward(values), and calls the listener with the result and the seconds that it took. Ops inside
/// the forward are neither recorded nor observed, since they are part of this op; nor are ops inside the
/// listener.
Computed evaluate(const Op& op, std::span<const Tensor> values, const Forward& forward);

}  // namespace trous::detail
