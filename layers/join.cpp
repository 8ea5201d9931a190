#include <trous/core/error.h>
#include <trous/layers/join.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/join.h>
#include <trous/ops/reduce.h>
#include <trous/ops/resize.h>

namespace trous {
namespace {

template <class Combine>
Variable folded(std::span<const Variable> xs, const Combine& combine) {
  Variable y = xs[0];
  for (const Variable& x : xs.subspan(1)) y = combine(y, x);
  return y;
}

template <class Resize>
Variable resized_like(std::string_view op, const Variable& x, const Variable& like, const Resize& resize) {
  if (x.shape().rank() != 4 || like.shape().rank() != 4) {
    throw ShapeError(
        text(op, ": x is ", x.shape(), " and like is ", like.shape(), ". Both must be [n, h, w, c]."));
  }
  if (x.shape()[1] == like.shape()[1] && x.shape()[2] == like.shape()[2]) return x;
  return resize(x, like.shape()[1], like.shape()[2]);
}

}  // namespace

Variable Add::operator()(std::span<const Variable> xs) const {
  return folded(xs, [](const Variable& a, const Variable& b) { return a + b; });
}

Variable Subtract::operator()(const Variable& x0, const Variable& x1) const { return x0 - x1; }

Variable Multiply::operator()(std::span<const Variable> xs) const {
  return folded(xs, [](const Variable& a, const Variable& b) { return a * b; });
}

Variable Concat::operator()(std::span<const Variable> xs) const { return concat({xs.begin(), xs.end()}, -1); }

Variable ResizeBilinearLike::operator()(const Variable& x, const Variable& like) const {
  return resized_like("ResizeBilinearLike", x, like, resize_bilinear);
}

Variable ResizeNearestLike::operator()(const Variable& x, const Variable& like) const {
  return resized_like("ResizeNearestLike", x, like, resize_nearest);
}

Variable global_average_pool(const Variable& x) {
  if (x.shape().rank() != 4)
    throw ShapeError(text("global_average_pool: x is ", x.shape(), ". It must be [n, h, w, c]."));
  return mean(x, {1, 2}, true);
}

}  // namespace trous
