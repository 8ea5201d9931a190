#include <algorithm>
#include <vector>

#include <trous/autograd/recording.h>
#include <trous/core/error.h>
#include <trous/ops/reshape.h>
#include <trous/ops/slice.h>
#include <trous/ops/softmax.h>
#include <trous/train/tiles.h>

namespace trous {
namespace {

// A tile along one axis: [begin, end) is computed, of which [keep_begin, keep_end) is kept.
struct Span {
  std::int64_t begin, end, keep_begin, keep_end;
};

// Tiles of `tile` pixels whose kept parts, without overlap or gap, cover 0 .. length. Inner borders lie in
// the middle of the overlap; the last tile is moved back so that it is whole.
std::vector<Span> spans(std::int64_t length, const TileOptions& options) {
  if (options.tile == 0 || options.tile >= length) return {{0, length, 0, length}};
  std::vector<Span> result;
  const std::int64_t stride = options.tile - options.overlap;
  for (std::int64_t begin = 0, kept = 0; kept < length; begin += stride) {
    const std::int64_t first = std::min(begin, length - options.tile), end = first + options.tile;
    const std::int64_t until = end == length ? length : end - options.overlap / 2;
    result.push_back({first, end, kept, until});
    kept = until;
  }
  return result;
}

Tensor probabilities_of(const AnyLayer& net, const Tensor& image) {
  const Shape& s = image.shape();
  Pass pass;
  pass.name_layers(net);
  const Variable logits = net(image.reshaped({1, s[0], s[1], s[2]}), pass);
  const Shape& out = logits.shape();
  if (out.rank() != 4 || out[1] != s[0] || out[2] != s[1]) {
    throw ShapeError(text("predict_tiled: the network gives ", out, " for an image ", s,
                          ". It must give [1, height, width, classes] of the image's size."));
  }
  return softmax(logits).value().reshaped({out[1], out[2], out[3]});
}

}  // namespace

Tensor predict_tiled(const AnyLayer& net, const Tensor& image, const TileOptions& options) {
  if (options.tile < 0 || options.overlap < 0 || (options.tile > 0 && options.tile <= 2 * options.overlap)) {
    throw ArgumentError(text("predict_tiled: tile ", options.tile, ", overlap ", options.overlap,
                             ". A tile is 0, the whole image, or more than twice the overlap."));
  }
  if (image.shape().rank() != 3)
    throw ShapeError(text("predict_tiled: image ", image.shape(), ". It is [height, width, channels]."));
  const Recording scope(Recording::nothing);
  const std::int64_t height = image.shape()[0], width = image.shape()[1];
  const std::vector<Span> rows = spans(height, options), columns = spans(width, options);
  if (rows.size() * columns.size() == 1) return probabilities_of(net, image);
  std::optional<Tensor> whole;
  float* out = nullptr;
  for (const Span& r : rows) {
    for (const Span& c : columns) {
      const Variable tile =
          slice(Variable(image), {r.begin, c.begin, 0}, {r.end - r.begin, c.end - c.begin, image.shape()[2]});
      const Tensor part = probabilities_of(net, tile.value());
      const std::int64_t classes = part.shape()[2], tile_width = c.end - c.begin;
      if (!whole) {
        whole = Tensor::uninitialized({height, width, classes}, DType::float32);
        out = whole->mutable_values<float>().data();
      }
      const float* const in = part.values<float>().data();
      for (std::int64_t i = r.keep_begin; i < r.keep_end; ++i) {
        std::copy_n(in + ((i - r.begin) * tile_width + c.keep_begin - c.begin) * classes,
                    (c.keep_end - c.keep_begin) * classes, out + (i * width + c.keep_begin) * classes);
      }
    }
  }
  return *whole;
}

}  // namespace trous
