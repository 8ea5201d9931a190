#include <trous/autograd/linear_map.h>
#include <trous/core/error.h>
#include <trous/ops/kernels/strided.h>
#include <trous/ops/pixel_shuffle.h>

namespace trous {
namespace {

// The image [n, h bh, w bw, c] seen as axes (n, h, p, w, q, c), and the channels as (n, h, w, p, q, c). The
// two middle axes are exchanged on either way.
constexpr std::int64_t exchanged[] = {0, 1, 3, 2, 4, 5};

Tensor moved(const Tensor& x, const Shape& split, const Shape& result) {
  return kernels::permute(x.reshaped(split), exchanged).reshaped(result);
}

// From channels to pixels or, transposed, back; `small` is [n, h, w, bh bw c].
LinearMap unshuffle_map(const Shape& small, const PerAxis& block, DType dtype) {
  const std::int64_t n = small[0], h = small[1], w = small[2], bh = block.height, bw = block.width,
                     c = small[3] / (bh * bw);
  const Shape large{n, h * bh, w * bw, c}, pixels{n, h, bh, w, bw, c}, channels{n, h, w, bh, bw, c};
  const auto axis = [](std::int64_t extent, std::int64_t count) {
    return WindowAxis{
        .in = extent * count, .out = extent, .taps = count, .stride = count, .rate = 1, .before = 0};
  };
  return {"pixel_unshuffle",
          "pixel_shuffle",
          {{"block", block}},
          {large, dtype},
          {small, dtype},
          [=](const Tensor& x, std::span<const Tensor>) { return moved(x, pixels, small); },
          [=](const Tensor& y, std::span<const Tensor>) { return moved(y, channels, large); },
          {},
          Pixels::pooled({axis(h, bh), axis(w, bw)})};
}

// The number of pixels in a block, at most 2^62.
std::int64_t checked_block(const char* op, const Variable& x, const PerAxis& block) {
  if (x.shape().rank() != 4) {
    throw ShapeError(text(op, ": x has rank ", x.shape().rank(), ", needs 4. x ", x.shape(),
                          " must be [batch, height, width, channels]."));
  }
  constexpr std::int64_t largest = std::int64_t{1} << 31;
  if (block.height < 1 || block.width < 1 || block.height > largest || block.width > largest) {
    throw ArgumentError(text(op, ": block ", block.height, 'x', block.width,
                             " is not in 1 to 2^31. A block of 1x1 changes nothing."));
  }
  return block.height * block.width;
}

}  // namespace

Variable pixel_shuffle(const Variable& x, PerAxis block) {
  const std::int64_t pixels = checked_block("pixel_shuffle", x, block);
  if (x.shape()[3] % pixels != 0) {
    throw ShapeError(text("pixel_shuffle: x ", x.shape(), " has ", x.shape()[3], " channels, no multiple of ",
                          pixels, ", the pixels of a block of ", block.height, 'x', block.width,
                          ". Give whole blocks of channels."));
  }
  return unshuffle_map(x.shape(), block, x.dtype()).transpose()(x);
}

Variable pixel_unshuffle(const Variable& x, PerAxis block) {
  const std::int64_t pixels = checked_block("pixel_unshuffle", x, block);
  const Shape& s = x.shape();
  if (s[1] % block.height != 0 || s[2] % block.width != 0) {
    throw ShapeError(text("pixel_unshuffle: block ", block.height, 'x', block.width, " does not divide ",
                          s[1], 'x', s[2], " pixels of x ", s,
                          ". Pad or crop x to a multiple of the block."));
  }
  return unshuffle_map({s[0], s[1] / block.height, s[2] / block.width, s[3] * pixels}, block, x.dtype())(x);
}

}  // namespace trous
