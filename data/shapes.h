// Coloured shapes, generated in code: a data set that needs no files and that a small dilated network learns
// in a minute.
#pragma once

#include <cstdint>

#include <trous/data/dataset.h>

namespace trous {

struct ShapesOptions {
  std::int64_t size = 64;  ///< height and width of an image, 16 to 1024
  std::int64_t train = 20000;
  std::int64_t validation = 400;
  std::int64_t test = 1000;
  std::uint64_t seed = 20160602;  ///< of the images; another seed is another data set
};

/// Images of one to four shapes on a noisy gradient.
///
/// images    [size, size, 3], 0..1
/// classes   background, disk, ring, square, triangle
///
/// Position, size, turn and colour of a shape are random and independent of its class, which shows in the
/// form alone. A ring's hole shows what lies below. Shapes overlap slightly at most; the later one covers the
/// earlier. A pixel belongs to a shape if its centre does. The three splits are drawn from keys of their own.
///
/// Throws ArgumentError if `size` is not 16 to 1024 or a split has no image.
Splits shapes(const ShapesOptions& options = {});

}  // namespace trous
