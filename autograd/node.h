// A node of the tape. Consumers are younger than what they consume, so the order of creation is a
// topological order: that order is the tape. Nothing points downstream.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <trous/autograd/record.h>

namespace trous {

/// Written once, by `record`, `track` or `composite`, and only read afterwards.
struct Node {
  struct Input {
    NodePtr node;  ///< null where the input was a constant
    Shape shape;
    DType dtype;
    /// Kept only where a live rule reads it and `node` cannot remake it, or everything is recorded.
    std::optional<Tensor> value;
  };

  Op op;
  std::uint64_t serial;  ///< counts nodes over the process: younger is larger
  Shape shape;
  DType dtype;
  bool tracked;  ///< floating, and some input is tracked
  std::vector<Input> inputs;
  std::optional<Tensor> output;
  std::vector<Tensor> kept;
  Forward forward;
  std::vector<Rule> rules;
  Remake remake;  ///< where it is set, all inputs and by-products are here
  /// The definition of a composite, with which its value and its rules must agree; else null.
  std::shared_ptr<const Function> definition = nullptr;

  Node* next_to_release = nullptr;  ///< links the nodes that wait for their destruction
};

/// A fresh node with the next serial number. Its destruction is a loop, however long the chain behind it,
/// also where Variables sit in the closures of rules.
NodePtr make_node(Op op, const Shape& shape, DType dtype, bool tracked);

/// The nodes from which `roots` were computed, themselves included, oldest first; none whose serial number
/// is below `oldest`.
std::vector<NodePtr> nodes_under(const std::vector<Variable>& roots, std::uint64_t oldest = 0);

}  // namespace trous
