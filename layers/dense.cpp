#include <trous/core/error.h>
#include <trous/layers/dense.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/matmul.h>
#include <trous/ops/reshape.h>

namespace trous {

Dense::Dense(const DenseOptions& o)
    : options(o),
      weights{{Shape{o.in_features, o.out_features}, o.in_features, o.out_features}, o.initializer} {
  if (o.in_features < 1 || o.out_features < 1) {
    throw ArgumentError(text("Dense: in_features ", o.in_features, ", out_features ", o.out_features,
                             ". Each must be 1 or more."));
  }
  if (o.bias) bias = Parameter{{Shape{o.out_features}}, zeros()};
}

Variable Dense::operator()(const Variable& x, Pass& pass) const {
  return pass.under(this, [&](std::string_view name) {
    Shape shape = x.shape();
    const int rank = shape.rank();
    if (rank < 2 || shape[rank - 1] != options.in_features) {
      throw ShapeError(text("Dense: x ", shape, " does not end in ", options.in_features,
                            " features. x must be [..., ", options.in_features, "] with rank 2 or more."));
    }
    const Variable rows = rank == 2 ? x : reshape(x, {shape.elements(0, rank - 1), options.in_features});
    Variable y = matmul(rows, weights.get(), name);
    if (bias) y = y + bias->get();
    shape[rank - 1] = options.out_features;
    return rank == 2 ? y : reshape(y, shape);
  });
}

Variable Flatten::operator()(const Variable& x) const {
  const Shape& shape = x.shape();
  if (shape.rank() < 2)
    throw ShapeError(text("Flatten: x is ", shape, ". It must be [n, ...] with rank 2 or more."));
  return reshape(x, {shape[0], shape.elements(1, shape.rank())});
}

}  // namespace trous
