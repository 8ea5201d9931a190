// Finds the rule that made a node on the tape of a gradient.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <trous/autograd/node.h>
#include <trous/autograd/observe.h>

namespace trous::detail {

/// Returns a serial number between those of the nodes made before and after the call.
std::uint64_t stamp();

/// The rule of one input of an op.
struct RuleName {
  Op op;
  int slot;
};

/// Records, while it lives, each evaluation of this thread with a serial number. The evaluation of a node is
/// the last one before the node's serial number.
class Evaluations {
 public:
  /// The rule that made the node; absent for an op outside rules and for a sum of cotangents.
  std::optional<RuleName> rule_of(const Node& node) const;

 private:
  std::vector<std::pair<std::uint64_t, std::optional<RuleName>>> noted_;
  Observe scope_{[this](const OpEvaluation& e) {
    noted_.emplace_back(stamp(), e.rule_of ? std::optional(RuleName{*e.rule_of, e.rule_slot}) : std::nullopt);
  }};
};

}  // namespace trous::detail
