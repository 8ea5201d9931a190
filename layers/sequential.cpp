#include <trous/layers/sequential.h>
#include <trous/ops/arithmetic.h>

namespace trous {

void AnyLayer::refuse_inputs(std::size_t count) {
  throw ArgumentError(text("AnyLayer: the layer does not take ", count, count == 1 ? " value" : " values",
                           ". Give it as many as it is a function of."));
}

Variable Sequential::operator()(const Variable& x, Pass& pass) const {
  Variable y = x;
  for (const AnyLayer& layer : layers) y = layer(y, pass);
  return y;
}

Variable Residual::operator()(const Variable& x, Pass& pass) const {
  const Variable y = layers(x, pass);
  if (y.shape() != x.shape()) {
    throw ShapeError(text("Residual: x is ", x.shape(), ", its layers make ", y.shape(),
                          " of it. Both are added, so they must have one shape."));
  }
  return x + y;
}

}  // namespace trous
