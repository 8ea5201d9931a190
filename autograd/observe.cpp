#include <utility>

#include <trous/autograd/detail/evaluate.h>
#include <trous/autograd/observe.h>
#include <trous/core/error.h>

namespace trous {

using detail::observation;

Observe::Observe(Listener listener) : listener_(std::move(listener)), outer_(observation().listener) {
  if (!listener_)
    throw ArgumentError("Observe: the listener is an empty function. Give one that can be called.");
  observation().listener = &listener_;
}
Observe::~Observe() { observation().listener = outer_; }

RuleOf::RuleOf(const Op& op, int slot) : outer_(observation().rule_of), outer_slot_(observation().rule_slot) {
  if (outer_) return;
  observation().rule_of = &op;
  observation().rule_slot = slot;
}
RuleOf::~RuleOf() {
  observation().rule_of = outer_;
  observation().rule_slot = outer_slot_;
}

}  // namespace trous
