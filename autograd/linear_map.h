// The second kind of op: a linear map and its transpose, one rule for all of them. The transpose of the
// transpose is the map, by construction.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trous/autograd/op.h>
#include <trous/autograd/variable.h>

namespace trous {

/// The shape and dtype of the tensors that a map takes or returns.
struct Domain {
  Shape shape;
  DType dtype;
};

/// y = A x, with <A x, y> = <x, A^T y>.
///
/// `forward` computes A x and `backward` A^T y, from the argument and the values of `parameters`. Parameters
/// are inputs without a derivative, such as the indices of a gather.
struct LinearMap {
  using Apply = std::function<Tensor(const Tensor& x, std::span<const Tensor> parameters)>;

  std::string op, transpose_op;
  Attributes attributes;
  Domain domain, codomain;
  Apply forward, backward;
  std::vector<Variable> parameters = {};
  Pixels pixels = {};  ///< of `forward`, see core/pixels.h; `backward` has the transpose

  /// A^T: every pair swapped.
  LinearMap transpose() const;

  /// A x, recorded; the cotangent of x is A^T g. Throws ShapeError or DTypeError if x is not in the domain.
  Variable operator()(const Variable& x, std::string_view name = {}) const&;
  Variable operator()(const Variable& x, std::string_view name = {}) &&;
};

}  // namespace trous
