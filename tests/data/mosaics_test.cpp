// Mosaics of textures: what their pixels are, that splits share none, and that brightness tells nothing.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/mosaics.h>
#include <trous/data/png.h>

#include "core/thrown.h"
#include "data/scratch.h"

namespace trous {
namespace {

constexpr MosaicsSplit mosaic_splits[]{MosaicsSplit::train, MosaicsSplit::validation, MosaicsSplit::test};
const std::string texture_folder = TROUS_SOURCE_DIR "/examples/textures";

TEST(Mosaics, TakeNoPixelForTwoSplits) {
  std::set<std::pair<std::int64_t, std::int64_t>> taken;
  std::size_t of_all_splits = 0;
  for (const MosaicsSplit split : mosaic_splits) {
    std::set<std::pair<std::int64_t, std::int64_t>> used;
    for (std::int64_t index = 0; index < 40; ++index) {
      const std::vector<MosaicCell> cells = mosaic_cells(1, split, index);
      ASSERT_EQ(cells.size(), 5U);
      EXPECT_EQ(cells, mosaic_cells(1, split, index));
      for (const MosaicCell& cell : cells) {
        ASSERT_TRUE(cell.top >= 0 && cell.top + 96 <= 512 && cell.left >= 0 && cell.left + 128 <= 512);
        for (std::int64_t i = 0; i < 96 * 128; ++i) used.emplace(cell.top + i / 128, cell.left + i % 128);
      }
    }
    of_all_splits += used.size();
    taken.merge(used);
  }
  EXPECT_EQ(taken.size(), of_all_splits);
  EXPECT_NE(mosaic_cells(1, MosaicsSplit::train, 0), mosaic_cells(2, MosaicsSplit::train, 0));
}

// Each pixel from the photograph that its mask names, by the definition.
TEST(Mosaics, AreTheCropsOfTheirNearestCentres) {
  const MosaicsOptions options{.directory = texture_folder};
  const Splits all = mosaics(options);
  std::vector<Tensor> photographs;
  for (const char* name : {"brick", "grass", "gravel"})
    photographs.push_back(read_png(texture_folder + "/" + name + ".png"));
  for (const std::int64_t index : {0, 7}) {
    const Sample sample = checked_sample(all.test, index);
    const auto cells = mosaic_cells(options.seed, MosaicsSplit::test, index);
    for (std::int64_t row = 0; row < 96; row += 5) {
      for (std::int64_t column = 0; column < 128; column += 3) {
        const auto far = [&](const MosaicCell& c) {
          const double y = c.row - (static_cast<double>(row) + 0.5),
                       x = c.column - (static_cast<double>(column) + 0.5);
          return y * y + x * x;
        };
        const MosaicCell* nearest = cells.data();
        for (const MosaicCell& cell : cells) {
          if (far(cell) < far(*nearest)) nearest = &cell;
        }
        const auto at = static_cast<std::size_t>(row * 128 + column);
        ASSERT_EQ(sample.target.values<std::int32_t>()[at], nearest->texture);
        const auto photograph =
            photographs[static_cast<std::size_t>(nearest->texture)].values<std::uint8_t>();
        const auto pixel = [&](std::int64_t r, std::int64_t c) {
          return static_cast<double>(
              photograph[static_cast<std::size_t>((nearest->top + r) * 512 + nearest->left + c)]);
        };
        double mean = 0, variance = 0;
        for (std::int64_t i = 0; i < 96 * 128; ++i) mean += pixel(i / 128, i % 128) / (96 * 128);
        for (std::int64_t i = 0; i < 96 * 128; ++i)
          variance += (pixel(i / 128, i % 128) - mean) * (pixel(i / 128, i % 128) - mean) / (96 * 128);
        const double value = 128 + 40 * (pixel(row, column) - mean) / std::sqrt(variance);
        ASSERT_NEAR(sample.image.values<float>()[at], std::min(std::max(value, 0.0), 255.0) / 255, 1e-6);
      }
    }
  }
}

// All textures have the same mean and deviation, so a pixel by itself tells little: what is left is the form
// of the three histograms, by which the best guess is right for three pixels of five.
TEST(Mosaics, BrightnessTellsLittle) {
  const Splits all = mosaics({.directory = texture_folder});
  std::array<std::array<double, 3>, 256> seen{};
  for (std::int64_t index = 0; index < 60; ++index) {
    const Sample sample = checked_sample(all.test, index);
    for (std::size_t i = 0; i < 96 * 128; ++i) {
      const auto level = static_cast<std::size_t>(std::lround(sample.image.values<float>()[i] * 255));
      ++seen[level][static_cast<std::size_t>(sample.target.values<std::int32_t>()[i])];
    }
  }
  double right = 0, all_pixels = 0;
  for (const auto& level : seen) {
    right += std::max({level[0], level[1], level[2]});
    all_pixels += level[0] + level[1] + level[2];
  }
  EXPECT_LT(right / all_pixels, 2.0 / 3);
  for (std::size_t texture = 0; texture < 3; ++texture) {
    double count = 0, mean = 0, variance = 0;
    for (std::size_t level = 0; level < 256; ++level) {
      count += seen[level][texture];
      mean += seen[level][texture] * static_cast<double>(level);
    }
    mean /= count;
    for (std::size_t level = 0; level < 256; ++level) {
      const double apart = static_cast<double>(level) - mean;
      variance += seen[level][texture] * apart * apart / count;
    }
    // A cell is a part of its crop, and bright pixels are clipped.
    EXPECT_NEAR(mean, 128, 5) << texture;
    EXPECT_NEAR(std::sqrt(variance), 40, 5) << texture;
  }
}

TEST(Mosaics, SayWhereThePhotographsAre) {
  const Scratch scratch;
  const std::string missing = thrown<FileError>([&] { mosaics({.directory = scratch.path()}); });
  EXPECT_EQ(
      missing,
      "mosaics: " + scratch.path() +
          "/brick.png does not exist. Give the directory that holds brick.png, grass.png and gravel.png: "
          "examples/textures of the sources of trous, or install the Debian package that has them: "
          "apt-get install --no-install-recommends python3-skimage.");
  write_png(scratch.path() + "/brick.png", Tensor::zeros({4, 4, 1}, DType::uint8));
  EXPECT_EQ(thrown<FileError>([&] { mosaics({.directory = scratch.path()}); }),
            "mosaics: " + scratch.path() +
                "/brick.png has shape [4, 4, 1]. The photograph has [512, 512, 1]. Take it from scikit-image "
                "0.19.");
  EXPECT_EQ(thrown<ArgumentError>([] { mosaics({.directory = texture_folder, .test = 0}); }),
            "mosaics: the test split has 0 mosaics. Ask for 1 or more.");
}

}  // namespace
}  // namespace trous
