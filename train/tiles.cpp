#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <trous/autograd/recording.h>
#include <trous/core/error.h>
#include <trous/data/image.h>
#include <trous/ops/softmax.h>
#include <trous/train/tiles.h>

namespace trous {
namespace {

// The cuts of one axis.
struct AxisTiling {
  std::int64_t period, before, after;
};

std::int64_t quotient_above(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// The largest number up to `length` that differs from `size` by a multiple of the period.
std::int64_t congruent_below(std::int64_t length, std::int64_t size, std::int64_t period) {
  return size - quotient_above(size - length, period) * period;
}

// Tiles of one length, each but the first beginning at a multiple of the period, the last at the end. Empty
// where none of up to `longest` pixels keeps a period more than it shares.
std::vector<TileSpan> exact_spans(std::int64_t size, std::int64_t longest, std::int64_t overlap,
                                  const AxisTiling& cut) {
  if (longest >= size) return {{0, size, 0, size}};
  const std::int64_t shared = std::max(overlap, cut.before + cut.after);
  const std::int64_t most = congruent_below(longest, size, cut.period);
  const std::int64_t step = (most - shared) / cut.period * cut.period;
  if (most <= shared || step <= 0) return {};
  const std::int64_t steps = quotient_above(size - most, step);
  // The shortest tiles of which this number is enough.
  std::int64_t length = most, stride = step;
  for (std::int64_t shorter = most - cut.period; shorter > shared; shorter -= cut.period) {
    const std::int64_t next = (shorter - shared) / cut.period * cut.period;
    if (steps * next + shorter < size) break;
    length = shorter;
    stride = next;
  }
  std::vector<TileSpan> spans;
  for (std::int64_t k = 0; k <= steps; ++k) {
    const std::int64_t begin = std::min(k * stride, size - length);
    spans.push_back({begin, begin + length, begin == 0 ? 0 : begin + cut.before, size});
    if (k > 0) spans[spans.size() - 2].keep_end = spans.back().keep_begin;
  }
  return spans;
}

// Tiles that share at least `overlap` pixels, to be blended there.
std::vector<TileSpan> blended_spans(std::int64_t size, std::int64_t longest, std::int64_t overlap,
                                    std::int64_t period) {
  std::vector<TileSpan> spans = exact_spans(size, longest, overlap, {period, 0, 0});
  for (TileSpan& span : spans) {
    span.keep_begin = span.begin;
    span.keep_end = span.end;
  }
  return spans;
}

Tensor logits_of_tile(const AnyLayer& net, const Tensor& image) {
  const Shape& s = image.shape();
  Pass pass;
  pass.name_layers(net);
  const Variable logits = net(image.reshaped({1, s[0], s[1], s[2]}), pass);
  const Shape& out = logits.shape();
  if (out.rank() != 4 || out[1] != s[0] || out[2] != s[1]) {
    throw ShapeError(text("predict_tiled: the network gives ", out, " for an image ", s,
                          ". It must give [1, height, width, classes] of the image's size."));
  }
  return logits.value().reshaped({out[1], out[2], out[3]});
}

// The weights of the pixels of each tile along an axis: the distance to the nearer border that is not one of
// the image, over the sum of the distances of all tiles that hold the pixel.
std::vector<std::vector<float>> weights_along(const std::vector<TileSpan>& spans) {
  const std::int64_t size = spans.back().end;
  std::vector<double> sums(static_cast<std::size_t>(size), 0.0);
  const auto distance = [&](const TileSpan& span, std::int64_t i) {
    const std::int64_t before = span.begin == 0 ? size : i - span.begin;
    const std::int64_t behind = span.end == size ? size : span.end - 1 - i;
    return static_cast<double>(std::min(before, behind)) + 0.5;
  };
  for (const TileSpan& span : spans) {
    for (std::int64_t i = span.begin; i < span.end; ++i)
      sums[static_cast<std::size_t>(i)] += distance(span, i);
  }
  std::vector<std::vector<float>> weights;
  for (const TileSpan& span : spans) {
    std::vector<float>& of_tile = weights.emplace_back();
    for (std::int64_t i = span.begin; i < span.end; ++i)
      of_tile.push_back(static_cast<float>(distance(span, i) / sums[static_cast<std::size_t>(i)]));
  }
  return weights;
}

// Sums the weighted probabilities of tiles that come in rows from the top, each from the left. What a tile
// shares with the next one of its row, and with the next row, waits for those.
class Blending {
 public:
  Blending(const TilePlan& plan, const WriteBox& write)
      : plan_(plan), write_(write), down_(weights_along(plan.rows)), along_(weights_along(plan.columns)) {}

  void add(std::size_t r, std::size_t c, const Tensor& logits) {
    const TileSpan &rows = plan_.rows[r], &columns = plan_.columns[c];
    const Tensor probabilities = softmax(Variable(logits)).value();
    classes_ = logits.shape()[2];
    width_ = columns.end - columns.begin;
    sum_.assign(static_cast<std::size_t>((rows.end - rows.begin) * width_ * classes_), 0.0F);
    const float* p = probabilities.values<float>().data();
    std::size_t at = 0;
    for (const float of_row : down_[r]) {
      for (const float of_column : along_[c]) {
        for (std::int64_t k = 0; k < classes_; ++k, ++at) sum_[at] = of_row * of_column * p[at];
      }
    }
    add_left(r, c);
    add_above(r, c);
  }

 private:
  float* pixel(std::int64_t row, std::int64_t column) {
    return &sum_[static_cast<std::size_t>((row * width_ + column) * classes_)];
  }

  // The columns that this tile shares with the one before it and with the next one.
  void add_left(std::size_t r, std::size_t c) {
    const std::int64_t height = plan_.rows[r].end - plan_.rows[r].begin;
    if (c > 0) {
      const std::int64_t shared = (plan_.columns[c - 1].end - plan_.columns[c].begin) * classes_;
      for (std::int64_t row = 0; row < height; ++row)
        for (std::int64_t i = 0; i < shared; ++i)
          pixel(row, 0)[i] += left_[static_cast<std::size_t>(row * shared + i)];
    }
    left_.clear();
    if (c + 1 == plan_.columns.size()) return;
    const std::int64_t next = plan_.columns[c + 1].begin - plan_.columns[c].begin;
    for (std::int64_t row = 0; row < height; ++row)
      left_.insert(left_.end(), pixel(row, next), pixel(row, 0) + width_ * classes_);
  }

  // The columns that no later tile of this row has: the rows shared with the row above are added, those
  // shared with the row below are kept, and the others are complete.
  void add_above(std::size_t r, std::size_t c) {
    const TileSpan &rows = plan_.rows[r], &columns = plan_.columns[c];
    const bool last_column = c + 1 == plan_.columns.size(), last_row = r + 1 == plan_.rows.size();
    const std::int64_t width = (last_column ? columns.end : plan_.columns[c + 1].begin) - columns.begin;
    const std::int64_t complete = (last_row ? rows.end : plan_.rows[r + 1].begin) - rows.begin;
    const std::int64_t image_width = plan_.columns.back().end;
    const auto in_above = [&](std::int64_t row) {
      return static_cast<std::size_t>((row * image_width + columns.begin) * classes_);
    };
    if (r > 0) {
      for (std::int64_t row = 0; row < plan_.rows[r - 1].end - rows.begin; ++row)
        for (std::int64_t i = 0; i < width * classes_; ++i)
          pixel(row, 0)[i] += above_[in_above(row) + static_cast<std::size_t>(i)];
    }
    const std::int64_t shared = rows.end - rows.begin - complete;
    below_.resize(static_cast<std::size_t>(shared * image_width * classes_));
    for (std::int64_t row = 0; row < shared; ++row)
      std::copy_n(pixel(complete + row, 0), width * classes_, &below_[in_above(row)]);
    if (last_column) above_.swap(below_);
    Tensor logits = Tensor::uninitialized({complete, width, classes_}, DType::float32);
    float* out = logits.mutable_values<float>().data();
    for (std::int64_t row = 0; row < complete; ++row, out += width * classes_)
      std::transform(pixel(row, 0), pixel(row, 0) + width * classes_, out,
                     [](float p) { return std::log(p); });
    write_({rows.begin, columns.begin, complete, width}, logits);
  }

  const TilePlan& plan_;
  const WriteBox& write_;
  std::vector<std::vector<float>> down_, along_;
  std::int64_t width_ = 0, classes_ = 0;
  std::vector<float> sum_, left_, above_, below_;
};

// `net`, or the network that is averaged with its mirror image.
template <class Net>
TilePlan planned_tiles(const Net& net, const AnyLayer& plain, const Shape& image,
                       const TileOptions& options) {
  TilePlan plan = plan_tiles_with(std::nullopt, {1, 1}, image, options);
  if (plan.whole()) return plan;
  const std::optional<Tiling> tiling = exact_tiling(net, image);
  return plan_tiles_with(tiling, tiling ? tiling->period : stride_period(plain, image[2]), image, options);
}

}  // namespace

TilePlan plan_tiles_with(const std::optional<Tiling>& tiling, HeightWidth period, const Shape& image,
                         const TileOptions& options) {
  const std::int64_t tile = options.tile, overlap = options.overlap.value_or(0);
  if (tile < 0 || overlap < 0 || (tile > 0 && tile <= 2 * overlap)) {
    throw ArgumentError(text("predict_tiled: tile ", tile, ", overlap ", overlap,
                             ". A tile is 0, the whole image, or more than twice the overlap."));
  }
  if (image.rank() != 3)
    throw ShapeError(text("predict_tiled: image ", image, ". It is [height, width, channels]."));
  const std::int64_t height = image[0], width = image[1];
  if (tile == 0 || tile >= std::max(height, width))
    return {{{0, height, 0, height}}, {{0, width, 0, width}}, true};
  if (tiling) {
    const HeightWidth &before = tiling->before, &after = tiling->after;
    TilePlan plan{exact_spans(height, tile, overlap, {period.height, before.height, after.height}),
                  exact_spans(width, tile, overlap, {period.width, before.width, after.width}), true};
    if (!plan.rows.empty() && !plan.columns.empty()) return plan;
  }
  const std::int64_t blended = options.overlap.value_or(tile / 4);
  TilePlan plan{blended_spans(height, tile, blended, period.height),
                blended_spans(width, tile, blended, period.width), false};
  if (!plan.rows.empty() && !plan.columns.empty()) return plan;
  throw ArgumentError(text("predict_tiled: tile ", tile, ", overlap ", blended,
                           ", but the network's strides repeat after ", std::max(period.height, period.width),
                           " pixels. Give tiles of ", 2 * blended + 2 * std::max(period.height, period.width),
                           " pixels or more."));
}

TilePlan plan_tiles(const AnyLayer& net, const Shape& image, const TileOptions& options) {
  return planned_tiles(net, net, image, options);
}

TilePlan plan_tiles(const MirrorAveraged& net, const Shape& image, const TileOptions& options) {
  return planned_tiles(net, net.net, image, options);
}

std::int64_t min_exact_tile(const Tiling& t) {
  // A period is kept, and up to a period less one is lost where the length must leave the image's remainder.
  return std::max(t.before.height + t.after.height + 2 * t.period.height,
                  t.before.width + t.after.width + 2 * t.period.width) -
         1;
}

std::optional<Tiling> exact_tiling(const MirrorAveraged& net, const Shape& image) {
  std::optional<Tiling> tiling = exact_tiling(net.net, image);
  if (tiling)
    tiling->before.width = tiling->after.width = std::max(tiling->before.width, tiling->after.width);
  return tiling;
}

void logits_in_tiles(const AnyLayer& net, const TilePlan& plan, const ReadBox& read, const WriteBox& write) {
  const Recording scope(Recording::nothing);
  std::optional<Blending> blending;
  if (!plan.exact) blending.emplace(plan, write);
  for (std::size_t r = 0; r < plan.rows.size(); ++r) {
    for (std::size_t c = 0; c < plan.columns.size(); ++c) {
      const TileSpan &rows = plan.rows[r], &columns = plan.columns[c];
      const PixelBox box{rows.begin, columns.begin, rows.end - rows.begin, columns.end - columns.begin};
      const Tensor logits = logits_of_tile(net, read(box));
      if (blending) {
        blending->add(r, c, logits);
        continue;
      }
      const PixelBox kept{rows.keep_begin, columns.keep_begin, rows.keep_end - rows.keep_begin,
                          columns.keep_end - columns.keep_begin};
      write(kept, cropped(logits, {kept.top - box.top, kept.left - box.left, kept.height, kept.width}));
    }
  }
}

Tensor tiled_logits(const AnyLayer& net, const TilePlan& plan, const Tensor& image) {
  const Shape& s = image.shape();
  if (plan.rows.empty() || plan.rows.back().end != s[0] || plan.columns.empty() ||
      plan.columns.back().end != s[1])
    throw ArgumentError(text("tiled_logits: the plan is not one of images ", s, ". Make it for this shape."));
  std::optional<Tensor> whole;
  logits_in_tiles(
      net, plan, [&](const PixelBox& box) { return cropped(image, box); },
      [&](const PixelBox& box, const Tensor& part) {
        if (plan.whole()) {
          whole = part;
          return;
        }
        if (!whole) whole = Tensor::uninitialized({s[0], s[1], part.shape()[2]}, DType::float32);
        paste(*whole, box, part);
      });
  return *whole;
}

Tensor predict_tiled(const AnyLayer& net, const Tensor& image, const TileOptions& options) {
  const TilePlan plan = plan_tiles(net, image.shape(), options);
  const Recording scope(Recording::nothing);
  return softmax(Variable(tiled_logits(net, plan, image))).value();
}

}  // namespace trous
