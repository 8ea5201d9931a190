#include <trous/core/error.h>
#include <trous/layers/resample.h>
#include <trous/ops/resize.h>

namespace trous {
namespace {

Pool2dOptions resolved(const char* layer, Pool2dOptions o) {
  static_cast<void>(o.padding.resolve(layer));
  if (o.stride == Stride(0)) o.stride = Stride(o.window.height, o.window.width);
  if (o.window.height < 1 || o.window.width < 1 || o.stride.height < 1 || o.stride.width < 1) {
    throw ArgumentError(
        text(layer, ": window ", o.window, ", stride ", o.stride, ". Each must be 1 or more."));
  }
  return o;
}

ResizeOptions checked(const char* layer, const ResizeOptions& o) {
  if (o.scale.height >= 1 && o.scale.width >= 1) return o;
  throw ArgumentError(
      text(layer, ": scale ", o.scale, ". It must be 1 or more; pooling makes images smaller."));
}

PixelShuffleOptions checked(const char* layer, const PixelShuffleOptions& o) {
  if (o.block.height >= 1 && o.block.width >= 1) return o;
  throw ArgumentError(text(layer, ": block ", o.block, ". It must be 1 or more."));
}

// The size of x times the scale. The op checks other ranks.
HeightWidth scaled(const char* layer, const Shape& x, PerAxis scale) {
  HeightWidth size{1, 1};
  if (x.rank() == 4 && (__builtin_mul_overflow(x[1], scale.height, &size.height) ||
                        __builtin_mul_overflow(x[2], scale.width, &size.width))) {
    throw ShapeError(
        text(layer, ": x ", x, " times ", scale, " exceeds 2^63 - 1 pixels. Use a smaller scale."));
  }
  return size;
}

}  // namespace

MaxPool2d::MaxPool2d(const Pool2dOptions& o) : options(resolved("MaxPool2d", o)) {}
AveragePool2d::AveragePool2d(const Pool2dOptions& o) : options(resolved("AveragePool2d", o)) {}

ResizeBilinear::ResizeBilinear(const ResizeOptions& o) : options(checked("ResizeBilinear", o)) {}
ResizeNearest::ResizeNearest(const ResizeOptions& o) : options(checked("ResizeNearest", o)) {}

PixelShuffle::PixelShuffle(const PixelShuffleOptions& o) : options(checked("PixelShuffle", o)) {}
PixelUnshuffle::PixelUnshuffle(const PixelShuffleOptions& o) : options(checked("PixelUnshuffle", o)) {}

Variable ResizeBilinear::operator()(const Variable& x) const {
  const HeightWidth size = scaled("ResizeBilinear", x.shape(), options.scale);
  return resize_bilinear(x, size.height, size.width);
}

Variable ResizeNearest::operator()(const Variable& x) const {
  const HeightWidth size = scaled("ResizeNearest", x.shape(), options.scale);
  return resize_nearest(x, size.height, size.width);
}

}  // namespace trous
