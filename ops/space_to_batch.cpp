#include <trous/autograd/linear_map.h>
#include <trous/core/error.h>
#include <trous/ops/detail/windows.h>
#include <trous/ops/kernels/strided.h>
#include <trous/ops/space_to_batch.h>

namespace trous {
namespace {

// [n, i bh, j bw, c] seen as axes (n, i, p, j, q, c) and rearranged to (p, q, n, i, j, c), and back.
constexpr std::int64_t into_batch[] = {2, 4, 0, 1, 3, 5};
constexpr std::int64_t into_space[] = {2, 3, 0, 4, 1, 5};

struct Plan {
  Shape image, padded, batched;  // x, x with its padding, and the result
  PerAxis block;
  std::int64_t top, left;
};

// A batch of none has nothing to move, and would not be first among the rearranged axes.
Tensor to_batch(const Plan& p, const Tensor& x) {
  if (x.elements() == 0) return Tensor::zeros(p.batched, x.dtype());
  const auto strides = kernels::row_major_strides(p.padded);
  const Tensor padded =
      kernels::strided_scatter(x, p.top * strides[1] + p.left * strides[2], strides, p.padded);
  const std::int64_t rows = p.padded[1] / p.block.height, columns = p.padded[2] / p.block.width;
  const Tensor split =
      padded.reshaped({p.padded[0], rows, p.block.height, columns, p.block.width, p.padded[3]});
  return kernels::permute(split, into_batch).reshaped(p.batched);
}

Tensor to_space(const Plan& p, const Tensor& y) {
  if (y.elements() == 0) return Tensor::zeros(p.image, y.dtype());
  const Tensor split =
      y.reshaped({p.block.height, p.block.width, p.image[0], p.batched[1], p.batched[2], p.image[3]});
  const Tensor padded = kernels::permute(split, into_space).reshaped(p.padded);
  const auto strides = kernels::row_major_strides(p.padded);
  return kernels::strided_gather(padded, p.top * strides[1] + p.left * strides[2], strides, p.image);
}

LinearMap map_of(const Plan& p, const ExplicitPadding& padding, DType dtype) {
  return {"space_to_batch",
          "batch_to_space",
          {{"block", p.block}, {"padding", detail::padding_text(padding)}},
          {p.image, dtype},
          {p.batched, dtype},
          [p](const Tensor& x, std::span<const Tensor>) { return to_batch(p, x); },
          [p](const Tensor& y, std::span<const Tensor>) { return to_space(p, y); },
          {},
          Pixels::mixed()};
}

void check(const char* op, const Variable& x, const PerAxis& block, const ExplicitPadding& padding) {
  if (x.shape().rank() != 4) {
    throw ShapeError(text(op, ": x has rank ", x.shape().rank(), ", needs 4. x ", x.shape(),
                          " must be [batch, height, width, channels]."));
  }
  if (block.height < 1 || block.width < 1) {
    throw ArgumentError(
        text(op, ": block ", block.height, 'x', block.width, " is below 1. A block of 1x1 changes nothing."));
  }
  static_cast<void>(WindowPadding(padding).resolve(op));
}

// a b, or an error.
std::int64_t product(const char* op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result))
    throw ShapeError(text(op, ": ", a, " * ", b, " exceeds 2^63 - 1. Use a smaller block."));
  return result;
}

std::int64_t sum(const char* op, std::int64_t a, std::int64_t b, std::int64_t c) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result) || __builtin_add_overflow(result, c, &result)) {
    throw ShapeError(text(op, ": ", a, " + ", b, " + ", c, " exceeds 2^63 - 1. Pad less."));
  }
  return result;
}

}  // namespace

Variable space_to_batch(const Variable& x, PerAxis block, const ExplicitPadding& padding) {
  check("space_to_batch", x, block, padding);
  const Shape& s = x.shape();
  const Shape padded{s[0], sum("space_to_batch", s[1], padding.top, padding.bottom),
                     sum("space_to_batch", s[2], padding.left, padding.right), s[3]};
  if (padded[1] % block.height != 0 || padded[2] % block.width != 0) {
    throw ShapeError(text("space_to_batch: block ", block.height, 'x', block.width, " does not divide ",
                          padded[1], 'x', padded[2], ", the padded image. x ", s, ", padding ",
                          detail::padding_text(padding), ". Pad to a multiple of the block."));
  }
  const std::int64_t batch =
      product("space_to_batch", s[0], product("space_to_batch", block.height, block.width));
  const Plan plan{s,     padded,      {batch, padded[1] / block.height, padded[2] / block.width, s[3]},
                  block, padding.top, padding.left};
  return map_of(plan, padding, x.dtype())(x);
}

Variable batch_to_space(const Variable& x, PerAxis block, const ExplicitPadding& crops) {
  check("batch_to_space", x, block, crops);
  const Shape& s = x.shape();
  const std::int64_t blocks = product("batch_to_space", block.height, block.width);
  if (s[0] % blocks != 0) {
    throw ShapeError(text("batch_to_space: block ", block.height, 'x', block.width,
                          " does not divide the batch ", s[0], " of x ", s,
                          ". The batch must hold whole blocks."));
  }
  const Shape padded{s[0] / blocks, product("batch_to_space", s[1], block.height),
                     product("batch_to_space", s[2], block.width), s[3]};
  if (crops.top > padded[1] - 1 - crops.bottom || crops.left > padded[2] - 1 - crops.right) {
    throw ShapeError(text("batch_to_space: crops ", detail::padding_text(crops), " leave nothing of ", padded,
                          ". Crop less."));
  }
  const Shape image{padded[0], padded[1] - crops.top - crops.bottom, padded[2] - crops.left - crops.right,
                    padded[3]};
  return map_of({image, padded, s, block, crops.top, crops.left}, crops, x.dtype()).transpose()(x);
}

}  // namespace trous
