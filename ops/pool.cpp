#include <algorithm>
#include <limits>

#include <trous/autograd/linear_map.h>
#include <trous/autograd/record.h>
#include <trous/core/error.h>
#include <trous/ops/detail/windows.h>
#include <trous/ops/kernels/pool.h>
#include <trous/ops/kernels/reduce.h>
#include <trous/ops/pool.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

struct Pooling {
  kernels::DepthwiseGeometry geometry;
  Attributes attributes;
  Shape result;

  Pixels pixels() const { return Pixels::pooled({geometry.height, geometry.width}); }
};

Pooling pooling(const char* op, const Variable& x, const Pool2dOptions& options) {
  const ResolvedPadding padding = options.padding.resolve(op);
  const Shape& s = x.shape();
  if (s.rank() != 4) {
    throw ShapeError(text(op, ": x has rank ", s.rank(), ", needs 4. x ", s,
                          " must be [batch, height, width, channels]."));
  }
  visit_floating(op, x.dtype(), []<class T> {});
  const Stride stride =
      options.stride == Stride(0) ? Stride(options.window.height, options.window.width) : options.stride;
  detail::check_at_least_one(op, "window", options.window);
  detail::check_at_least_one(op, "stride", stride);
  if (const auto* counts = std::get_if<ExplicitPadding>(&padding)) {
    if (std::max(counts->top, counts->bottom) >= options.window.height ||
        std::max(counts->left, counts->right) >= options.window.width) {
      throw ArgumentError(text(op, ": padding ", detail::padding_text(padding), " is as wide as the window ",
                               options.window.height, 'x', options.window.width,
                               ", so a window would lie outside the image. Pad less."));
    }
  }
  const Windows w =
      detail::windows_over({op, "x", {s[1], s[2]}, options.window, stride, 1, padding, "window"});
  return {{s[0], s[3], 1, w.height, w.width},
          {{"window", options.window}, {"stride", stride}, {"", detail::padding_text(padding)}},
          {s[0], w.height.out, w.width.out, s[3]}};
}

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2dOptions& options) {
  const Pooling p = pooling("max_pool2d", x, options);
  const Shape& s = x.shape();
  if (s.elements(1, 3) > std::numeric_limits<std::int32_t>::max()) {
    throw ShapeError(
        text("max_pool2d: ", s.elements(1, 3), " pixels per image exceed 2^31 - 1. Tile x ", s, "."));
  }
  const Variable indices = record(
      {.kind = "max_pool2d_indices", .attributes = p.attributes, .pixels = p.pixels()}, {x},
      [g = p.geometry](std::span<const Tensor> in) { return kernels::pooling().max_pool_indices(g, in[0]); },
      {Rule::locally_constant()});
  const Shape flat{s[0], s[1] * s[2], s[3]};
  // A gather whose transpose uses that each index lies in its window.
  const LinearMap pick{
      "gather",
      "scatter_add",
      {{"axis", std::int64_t{1}}},
      {flat, x.dtype()},
      {indices.shape(), x.dtype()},
      [](const Tensor& t, std::span<const Tensor> with) { return kernels::gather(t, with[0], 1); },
      [g = p.geometry](const Tensor& t, std::span<const Tensor> with) {
        return kernels::pooling().max_pool_transpose(g, t, with[0]);
      },
      {indices},
      Pixels::picked("max_pool2d")};
  return reshape(pick(reshape(x, flat)), p.result);
}

Variable average_pool2d(const Variable& x, const Pool2dOptions& options) {
  const Pooling p = pooling("average_pool2d", x, options);
  return LinearMap{"average_pool2d",
                   "average_pool2d_transpose",
                   p.attributes,
                   {x.shape(), x.dtype()},
                   {p.result, x.dtype()},
                   [g = p.geometry](const Tensor& t, std::span<const Tensor>) {
                     return kernels::pooling().average_pool(g, t);
                   },
                   [g = p.geometry](const Tensor& t, std::span<const Tensor>) {
                     return kernels::pooling().average_pool_transpose(g, t);
                   },
                   {},
                   p.pixels()}(x);
}

}  // namespace trous
