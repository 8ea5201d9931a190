// The result of a network for an image of any size, computed in tiles.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <trous/core/window.h>
#include <trous/layers/sequential.h>
#include <trous/layers/tiling.h>
#include <trous/train/mirror_averaged.h>

namespace trous {

/// How images are cut into tiles.
struct TileOptions {
  std::int64_t tile = 1024;  ///< the longest side of a tile in pixels; 0 takes every image whole
  /// Pixels that neighbouring tiles share, at least. Absent: as many as the receptive field asks for, or a
  /// quarter of a tile where tiles are blended.
  std::optional<std::int64_t> overlap = std::nullopt;
};

/// The rows, or the columns, of a tile: begin to end are computed, keep_begin to keep_end are kept. Where
/// tiles are blended, all are kept.
struct TileSpan {
  std::int64_t begin, end, keep_begin, keep_end;

  friend bool operator==(const TileSpan&, const TileSpan&) = default;
};

/// The tiles of an image: every span of rows with every span of columns.
struct TilePlan {
  std::vector<TileSpan> rows, columns;
  /// Whether the tiles give each pixel the very bits that the whole image gives it. Otherwise the
  /// probabilities are blended where tiles overlap.
  bool exact = true;

  bool whole() const { return rows.size() * columns.size() <= 1; }
};

/// Plans the tiles of an image of shape `image` [h, w, channels]. An image without a side above options.tile
/// is one tile. Tiles are as small as their number allows, so that the least is computed twice.
///
/// tiling    what exact_tiling returned for the network and this shape
/// period    that of the tiling, or stride_period: tiles begin at multiples of it, blended ones too
///
/// The plan is exact if `tiling` is there, and tiles of the given size and overlap exist that keep it. Throws
/// ArgumentError unless tile is 0 or above twice the overlap, and where no tile fits a period beside the
/// overlap, ShapeError unless `image` has rank 3.
TilePlan plan_tiles_with(const std::optional<Tiling>& tiling, HeightWidth period, const Shape& image,
                         const TileOptions& options = {});

/// As above, with exact_tiling(net, image) where the image is cut.
TilePlan plan_tiles(const AnyLayer& net, const Shape& image, const TileOptions& options = {});
TilePlan plan_tiles(const MirrorAveraged& net, const Shape& image, const TileOptions& options = {});

/// The smallest TileOptions::tile with which plan_tiles is exact for images of any size.
std::int64_t min_exact_tile(const Tiling& tiling);

/// The cuts of a network that is averaged with its mirror image: both must keep their pixels.
std::optional<Tiling> exact_tiling(const MirrorAveraged& net, const Shape& image);

/// Returns the pixels of a box: float32 [height, width, channels].
using ReadBox = std::function<Tensor(const PixelBox&)>;
/// Takes the result for a box of pixels: float32 [height, width, classes].
using WriteBox = std::function<void(const PixelBox&, const Tensor&)>;

/// Computes the logits of `net` tile by tile. `read` is called once for each tile, in rows from the top, each
/// from the left. `write` is called after it, with boxes that cover every pixel of the image once; the top of
/// a box is never above the top of the one before. Memory follows the tile, not the image, but for the
/// overlapping rows of blended tiles.
///
/// Where tiles are not exact, with s(t) = softmax of the logits of tile t, and weights w(t) that rise and
/// fall linearly across the overlaps and add up to 1,
///
///   logits = log(sum over t of w(t) s(t)), of at least the smallest normal float
///
/// Throws ShapeError unless net gives [1, h, w, classes] for [1, h, w, channels].
void logits_in_tiles(const AnyLayer& net, const TilePlan& plan, const ReadBox& read, const WriteBox& write);

/// The logits of one image in memory, in the tiles of `plan`.
///
/// image     float32 [h, w, channels]
/// returns   float32 [h, w, classes]
Tensor tiled_logits(const AnyLayer& net, const TilePlan& plan, const Tensor& image);

/// Predicts the probability of each class in each pixel, in tiles where an image is large.
///
/// image     float32 [h, w, channels]
/// returns   float32 [h, w, classes], softmax of the network's logits
///
/// Throws as plan_tiles and logits_in_tiles do.
Tensor predict_tiled(const AnyLayer& net, const Tensor& image, const TileOptions& options = {});

}  // namespace trous
