// Which op's rule made a node of a gradient's tape.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <trous/autograd/node.h>
#include <trous/autograd/observe.h>

namespace trous::detail {

/// A serial number between those of the nodes before and after.
std::uint64_t stamp();

/// The rule of one input of an op.
struct RuleName {
  Op op;
  int slot;
};

/// Notes what this thread evaluates while it lives, and when: a node's evaluation is the last before its
/// serial number.
class Evaluations {
 public:
  /// The rule that made the node; none for an op outside rules and for a sum of cotangents.
  std::optional<RuleName> rule_of(const Node& node) const;

 private:
  std::vector<std::pair<std::uint64_t, std::optional<RuleName>>> noted_;
  Observe scope_{[this](const OpEvaluation& e) {
    noted_.emplace_back(stamp(), e.rule_of ? std::optional(RuleName{*e.rule_of, e.rule_slot}) : std::nullopt);
  }};
};

}  // namespace trous::detail
