// Fashion-MNIST, composed: one to three garments on a dark canvas, to be found and named pixel by pixel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trous/data/dataset.h>
#include <trous/data/fashion_source.h>

namespace trous {

struct FashionOptions {
  std::string directory{fashion_directory};
  std::int64_t train = 20000;  ///< canvases
  std::int64_t validation = 400;
  std::int64_t test = 1000;
  std::uint64_t seed = 20170825;  ///< of the compositions; another seed is another data set
};

/// A garment on a canvas: which image of the split's file, and where its upper left corner lies.
struct Garment {
  std::int64_t image, row, column;
  friend bool operator==(const Garment&, const Garment&) = default;
};

/// Returns the garments on canvas `canvas` of a split, in the order of painting; a pure function. Corners of
/// two garments are at least 24 pixels apart in a row or in a column, so 28 x 28 pictures overlap slightly.
std::vector<Garment> fashion_garments(std::uint64_t seed, FashionSplit split, std::int64_t canvas);

/// Canvases of 64 x 84 pixels with one to three garments of Fashion-MNIST. A pixel brighter than 20 of 255
/// belongs to its garment (class label + 1), all others to the background (class 0); where garments
/// overlap, the later one wins in image and mask.
///
/// images    [64, 84, 1], 0..1
/// classes   background, T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot
/// splits    train from the 60,000 training images; validation from the test images 0 to 4999, test from
///           5000 to 9999
///
/// A brightness threshold separates figure and ground, which is easy. Telling the ten classes apart is not.
///
/// Throws FileError if a file is absent (it says which package has it) or is not what Fashion-MNIST
/// published, ArgumentError if a split has no canvas.
/// Source: Xiao, Rasul, Vollgraf, arXiv:1708.07747; MIT licence. Canvases in the manner of M2NIST.
Splits fashion(const FashionOptions& options = {});

}  // namespace trous
