// Mosaics of photographed textures, which have one brightness: what a pixel is shows only in what lies around
// it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trous/data/dataset.h>

namespace trous {

struct MosaicsOptions {
  std::string directory = "/usr/lib/python3/dist-packages/skimage/data";
  std::int64_t train = 20000;  ///< mosaics
  std::int64_t validation = 400;
  std::int64_t test = 1000;
  std::uint64_t seed = 19080101;  ///< of the mosaics; another seed is another data set
};

enum class MosaicsSplit { train, validation, test };

/// Rows and columns of the photographs from which a split takes its texture; no two splits share a pixel.
struct MosaicsSource {
  std::int64_t top, left, height, width;
};
MosaicsSource mosaics_source(MosaicsSplit split);

/// A cell of a mosaic: its centre, its texture, and where the crop that fills it begins in the photograph.
struct MosaicCell {
  double row, column;
  std::int32_t texture;
  std::int64_t top, left;
  friend bool operator==(const MosaicCell&, const MosaicCell&) = default;
};

/// The five cells of mosaic `index` of a split; a pure function.
std::vector<MosaicCell> mosaic_cells(std::uint64_t seed, MosaicsSplit split, std::int64_t index);

/// Mosaics of 96 x 128 pixels. Each pixel belongs to the nearest of five random centres (a Voronoi diagram),
/// and each cell shows one of three textures: a random crop of a photograph, of the whole mosaic's size,
/// moved and scaled to mean 128 and standard deviation 40 of 255, so that a
/// pixel by itself tells little.
///
/// No texture is a background, but scores of the foreground leave the first class out, as those of any data
/// set: compare the mean of all classes.
///
/// images    [96, 128, 1], 0..1
/// classes   brick, grass, gravel
/// splits    train from columns 0 to 255 of the photographs; validation from rows 0 to 255 and test from rows
///           256 to 511 of columns 256 to 511
///
/// Throws FileError if a photograph is absent (it says where it comes from) or is not 512 x 512 and grey,
/// ArgumentError if a split has no mosaic.
/// Source: three CC0 photographs of scikit-image, see examples/textures/README.md.
Splits mosaics(const MosaicsOptions& options = {});

}  // namespace trous
