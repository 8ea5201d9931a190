// A value, and a handle to the node of the tape that computed it.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string_view>
#include <vector>

#include <trous/core/tensor.h>

namespace trous {

struct Node;
using NodePtr = std::shared_ptr<Node>;

/// A tensor that may be tracked: then gradients with respect to it and through it exist. Copies are handles
/// to the same value and node.
class Variable {
 public:
  /// A constant. Implicit, so that tensors can be given wherever Variables are taken.
  Variable(Tensor value) : value_(std::move(value)) {}

  /// The result of a recorded op; made by `record` and `track`.
  Variable(Tensor value, NodePtr node) : value_(std::move(value)), node_(std::move(node)) {}

  const Tensor& value() const { return value_; }
  const Shape& shape() const { return value_.shape(); }
  DType dtype() const { return value_.dtype(); }

  /// Whether gradients with respect to it, or through it, exist.
  bool tracked() const;

  /// The node that computed the value, or null where nothing was recorded.
  const NodePtr& node() const { return node_; }

 private:
  Tensor value_;
  NodePtr node_;
};

/// A function of Variables, written in ops, which can be recorded, differentiated and checked.
using Function = std::function<Variable(const std::vector<Variable>&)>;

/// A tracked leaf: an x of `grad(y, {x})`. `name` is shown where a tape is printed. Throws DTypeError
/// unless `value` is float32 or float64.
Variable track(const Tensor& value, std::string_view name = {});

/// The value of `x` alone: no gradient passes.
Variable detach(const Variable& x);

/// Prints the value.
std::ostream& operator<<(std::ostream& stream, const Variable& x);

}  // namespace trous
