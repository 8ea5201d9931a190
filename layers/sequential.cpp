#include <trous/layers/sequential.h>
#include <trous/ops/arithmetic.h>

namespace trous {

std::string AnyLayer::in_words(const Interface& held) {
  constexpr std::size_t most = 64;  // from here on all numbers are alike
  std::vector<std::size_t> counts;
  for (std::size_t count = 1; count <= most; ++count) {
    if (held.takes(count)) counts.push_back(count);
  }
  if (counts.empty()) return "no value";
  const std::size_t first = counts.front();
  if (counts.size() == 1) return text(first, first == 1 ? " value" : " values");
  if (counts.back() == most) return text(first, first == 1 ? " value" : " values", " or more");
  return text(joined(counts, " or "), " values");
}

std::string AnyLayer::takes_in_words() const { return in_words(*held_); }

void AnyLayer::refuse_inputs(std::size_t count, const Interface& held) {
  throw ArgumentError(text("AnyLayer: ", count, count == 1 ? " value is" : " values are",
                           " given to a layer that takes ", in_words(held), '.'));
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
