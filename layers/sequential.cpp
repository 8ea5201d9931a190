#include <trous/layers/sequential.h>

namespace trous {

Variable Sequential::operator()(const Variable& x, Pass& pass) const {
  Variable y = x;
  for (const AnyLayer& layer : layers) y = layer(y, pass);
  return y;
}

}  // namespace trous
