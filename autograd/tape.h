// The tape of a value: the nodes that it was computed by, oldest first. A tape can be printed, counted,
// replayed, and searched for the first value that is not finite; `grad` walks it backwards.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string_view>
#include <vector>

#include <trous/autograd/node.h>

namespace trous {

/// The nodes from which values were computed, oldest first.
class Tape {
 public:
  /// The nodes under `y`. Empty where nothing was recorded.
  static Tape of(const Variable& y) { return of(std::vector<Variable>{y}); }
  static Tape of(const std::vector<Variable>& ys) { return Tape(nodes_under(ys)); }

  std::size_t size() const { return nodes_.size(); }
  const Node& operator[](std::size_t i) const { return *nodes_[i]; }
  auto begin() const { return nodes_.begin(); }
  auto end() const { return nodes_.end(); }

  /// How many nodes are of `kind`.
  std::size_t count(std::string_view kind) const;

  /// The position of `node`, or nothing if it is not on this tape.
  std::optional<std::size_t> find(const Node* node) const;

  /// Runs node `i` again at other inputs of the same shapes. Throws GraphError for a leaf or a
  /// wrong number of inputs, ShapeError for inputs of another shape or dtype.
  Computed replay(std::size_t i, std::span<const Tensor> inputs) const;

  /// The position of the oldest node whose value holds NaN or an infinity, or nothing. For a bad leaf that is
  /// the leaf, for a bad constant its first consumer. Values that were not kept are not checked, so record
  /// under `Recording::everything`.
  std::optional<std::size_t> first_not_finite() const;

 private:
  explicit Tape(std::vector<NodePtr> nodes) : nodes_(std::move(nodes)) {}

  std::vector<NodePtr> nodes_;
};

/// Prints one line for each node:
///
///   %4 = atrous_conv2d            %1 %2      rate 2x2 SAME   f64[2, 6, 5, 3]
std::ostream& operator<<(std::ostream& stream, const Tape& tape);

}  // namespace trous
