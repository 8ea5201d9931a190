#include <vector>

#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/gather.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/softmax.h>
#include <trous/train/mirror_averaged.h>

namespace trous {
namespace {

// x[n, h, w - 1 - j, c] at [n, h, j, c]
Variable mirrored(const Variable& x) {
  const Shape& s = x.shape();
  std::vector<std::int32_t> columns;
  columns.reserve(static_cast<std::size_t>(s.elements()));
  for (std::int64_t row = 0; row < s[0] * s[1]; ++row) {
    for (std::int64_t j = s[2]; j-- > 0;)
      columns.insert(columns.end(), static_cast<std::size_t>(s[3]), static_cast<std::int32_t>(j));
  }
  return gather(x, Tensor(s, columns), 2);
}

}  // namespace

Variable MirrorAveraged::operator()(const Variable& x, Pass& pass) const {
  const Shape& s = x.shape();
  if (s.rank() != 4)
    throw ShapeError(text("MirrorAveraged: x has shape ", s, ". Give [batch, height, width, channels]."));
  const Variable seen = softmax(net(x, pass));
  if (seen.shape().rank() != 4 || seen.shape()[1] != s[1] || seen.shape()[2] != s[2]) {
    throw ShapeError(text("MirrorAveraged: the network gives ", seen.shape(), " for images ", s,
                          ". It must keep height and width."));
  }
  return log(0.5 * (seen + mirrored(softmax(net(mirrored(x), pass)))));
}

}  // namespace trous
