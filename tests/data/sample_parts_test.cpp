// Parts of samples against whole samples, from memory, a temporary file and the files themselves.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/augment.h>
#include <trous/data/detail/scratch_file.h>
#include <trous/data/folder.h>
#include <trous/data/ignore.h>
#include <trous/data/loader.h>
#include <trous/data/palette.h>
#include <trous/data/png.h>
#include <trous/data/sample_parts.h>

#include "core/thrown.h"
#include "data/scratch.h"

namespace trous {
namespace {

namespace fs = std::filesystem;

Tensor random_bytes(const Shape& shape, std::uint64_t key, std::int32_t below) {
  return uniform(shape, DType::float32, Key{key}, 0, below).cast(DType::uint8);
}

// Twelve images of several sizes, some of 16 bits, whose masks have the classes 0 to 3 and unknown.
void write_large(const std::string& path) {
  fs::create_directories(path + "/images");
  fs::create_directories(path + "/masks");
  for (std::int64_t i = 0; i < 12; ++i) {
    const std::int64_t height = 40 + 7 * (i % 3), width = 55 - 4 * (i % 4);
    const auto key = static_cast<std::uint64_t>(i);
    const Tensor image =
        i % 4 == 3 ? uniform({height, width, 1}, DType::float32, Key{key}, 0, 4000).cast(DType::int32)
                   : random_bytes({height, width, 3}, key, 256);
    write_png(path + "/images/" + std::to_string(100 + i) + ".png", image);
    std::vector<std::uint8_t> labels = random_bytes({height, width}, key + 50, 4).to_vector<std::uint8_t>();
    for (std::size_t k = 0; k < labels.size(); k += 11) labels[k] = unknown_label;
    write_indexed_png(path + "/masks/" + std::to_string(100 + i) + ".png", Tensor({height, width}, labels),
                      class_palette());
  }
}

std::vector<FolderOptions> storages(const std::string& path, const std::string& cache) {
  return {{.directory = path},
          {.directory = path, .memory = 0, .cache = cache},
          {.directory = path, .memory = 0},
          {.directory = path, .memory = 30000, .cache = cache}};
}

TEST(SampleParts, AreThePixelsOfTheWholeSampleWhereverTheyAreKept) {
  const Scratch scratch, cache;
  write_large(scratch.path());
  const Dataset first = folder({.directory = scratch.path()}).train;
  for (const FolderOptions& options : storages(scratch.path(), cache.path())) {
    const Dataset set = folder(options).train;
    ASSERT_TRUE(set.parts);
    EXPECT_EQ(fs::is_empty(cache.path()), true) << "the file has no name";
    for (std::int64_t i = 0; i < set.size; ++i) {
      const Sample whole = set.sample(i), expected = first.sample(i);
      EXPECT_TRUE(same_bits(whole.image, expected.image) && same_bits(whole.target, expected.target));
      const HeightWidth extent = sample_extent(set, i);
      for (const PixelBox& box :
           {PixelBox{0, 0, extent.height, extent.width}, PixelBox{5, 9, 20, 31},
            PixelBox{extent.height - 1, extent.width - 1, 1, 1}, PixelBox{0, 3, 1, 2}}) {
        const Sample part = sample_part(set, i, box), cut = part_of(whole, box);
        EXPECT_TRUE(same_bits(part.image, cut.image));
        EXPECT_TRUE(same_bits(part.target, cut.target));
      }
    }
  }
}

TEST(SampleParts, OfADataSetWithoutPartsAreCutFromTheWhole) {
  Scratch scratch;
  write_large(scratch.path());
  Dataset set = folder({.directory = scratch.path()}).train;
  const Sample part = sample_part(set, 0, {2, 3, 4, 5});
  set.parts.reset();
  const Sample cut = sample_part(set, 0, {2, 3, 4, 5});
  EXPECT_TRUE(same_bits(part.image, cut.image) && same_bits(part.target, cut.target));
  EXPECT_EQ(sample_extent(set, 0), (HeightWidth{54, 55}));
  EXPECT_EQ(
      thrown<ArgumentError>([&] {
        sample_part(set, 0, {50, 0, 5, 5});
      }),
      "folder/train: rows 50 to 54, columns 0 to 4 are no part of sample 0, which has 54x55 pixels. Give a "
      "box inside it.");
}

// Each class is as likely, and only pixels of the classes that count come.
TEST(SampleParts, PixelsAreDrawnFromEachClassAsOften) {
  Scratch scratch;
  write_large(scratch.path());
  for (const bool ignores : {false, true}) {
    for (const bool whole : {false, true}) {
      Dataset set = folder({.directory = scratch.path()}).train;
      if (ignores) set = ignoring(set, 2);
      if (whole) set.parts.reset();
      const Tensor mask = set.sample(1).target;
      std::map<std::int32_t, int> seen;
      std::set<std::int64_t> places;
      constexpr int draws = 3000;
      for (std::uint64_t k = 0; k < draws; ++k) {
        const std::optional<PixelPlace> place = foreground_pixel(set, 1, Key{k});
        ASSERT_TRUE(place);
        const std::int64_t at = place->row * mask.shape()[1] + place->column;
        ++seen[mask.values<std::int32_t>()[static_cast<std::size_t>(at)]];
        places.insert(at);
      }
      const double classes = ignores ? 2 : 3, expected = draws / classes;
      EXPECT_EQ(seen.size(), static_cast<std::size_t>(classes));
      for (const auto& [label, count] : seen) {
        EXPECT_TRUE(label >= 1 && label <= 3 && !(ignores && label == 2)) << label;
        EXPECT_NEAR(count, expected, 4 * std::sqrt(expected)) << label;
      }
      EXPECT_GT(places.size(), 300U);
    }
  }
}

TEST(SampleParts, ASampleOfBackgroundHasNoForegroundPixel) {
  const Dataset set{.name = "plain",
                    .source = "the test",
                    .classes = {"background", "other"},
                    .size = 1,
                    .image_shape = {4, 5, 1},
                    .sample = [](std::int64_t) {
                      return Sample{Tensor::zeros({4, 5, 1}, DType::float32),
                                    Tensor({4, 5}, std::vector<std::int32_t>(20, 0))};
                    }};
  EXPECT_EQ(foreground_pixel(set, 0, Key{1}), std::nullopt);
}

TEST(SampleParts, ACacheThatCannotBeWrittenIsOneSentence) {
  const Scratch scratch;
  write_large(scratch.path());
  const std::string nowhere = scratch.path() + "/none";
  EXPECT_EQ(thrown<FileError>([&] { folder({.directory = scratch.path(), .memory = 0, .cache = nowhere}); }),
            "folder: the decoded images cannot be kept in a temporary file in " + nowhere +
                ". open says: No such file or directory. Make room there.");
}

const Augmentation moving{.flip_horizontal = true,
                          .scale = 1.4,
                          .rotate = 40,
                          .shift = 0.1,
                          .crop = Window{24, 20},
                          .contrast = 0.3,
                          .noise = 0.05};

// The crop of a part is the crop of the whole sample, bit for bit, and of foreground it holds a pixel.
TEST(SampleParts, ACropReadsWhatItShows) {
  const Scratch scratch;
  write_large(scratch.path());
  const Dataset set = folder({.directory = scratch.path()}).train;
  for (const Augmentation& a :
       {Augmentation{.crop = Window{24, 20}}, moving, Augmentation{.crop = Window{90, 10}}}) {
    for (std::uint64_t k = 0; k < 60; ++k) {
      const auto i = static_cast<std::int64_t>(k) % set.size;
      const HeightWidth extent = sample_extent(set, i);
      const Sample whole = part_of(set.sample(i), {0, 0, extent.height, extent.width});
      const Sample expected = augmented(whole, a, Key{k}), crop = augmented(set, i, a, Key{k}, false);
      EXPECT_TRUE(same_bits(crop.image, expected.image));
      EXPECT_TRUE(same_bits(crop.target, expected.target));
    }
  }
}

// One pixel of foreground in each image.
Dataset rare() {
  return {.name = "rare",
          .source = "the test",
          .classes = {"background", "spot"},
          .size = 5,
          .image_shape = {200, 300, 1},
          .sample = [](std::int64_t i) {
            std::vector<std::int32_t> labels(60000, 0);
            labels[static_cast<std::size_t>(11987 * i + 5)] = 1;
            return Sample{Tensor::zeros({200, 300, 1}, DType::float32), Tensor({200, 300}, labels)};
          }};
}

TEST(SampleParts, ACropOfForegroundHoldsAPixelOfIt) {
  const Dataset set = rare();
  for (Augmentation a : {Augmentation{.crop = Window{16, 24}}, moving}) {
    std::set<std::int64_t> seen_at;
    for (std::uint64_t k = 0; k < 200; ++k) {
      const Sample crop = augmented(set, static_cast<std::int64_t>(k % 5), a, Key{k}, true);
      const auto labels = crop.target.values<std::int32_t>();
      const auto spot = std::find(labels.begin(), labels.end(), 1);
      // A pixel that is zoomed out may fall between two pixels of the result.
      if (a == moving && spot == labels.end()) continue;
      ASSERT_NE(spot, labels.end()) << k;
      seen_at.insert(spot - labels.begin());
    }
    EXPECT_GT(seen_at.size(), 100U) << "it lies anywhere in the crop";
  }
}

TEST(SampleParts, TheLoaderTakesItsShareOfForeground) {
  const Dataset set = rare();
  for (const auto& [share, expected] : {std::pair{0.5, 24}, {1.0 / 3, 16}, {1.0, 48}, {0.0, 0}}) {
    const Augmentation a{.crop = Window{8, 8}, .foreground = share};
    const LoaderOptions options{
        .batch = 6, .augmentation = a, .order_key = Key{1}, .augmentation_key = Key{2}};
    Loader loader(set, options);
    int with_spot = 0;
    std::vector<Batch> batches;
    for (std::int64_t step = 0; step < 8; ++step) {
      batches.push_back(loader.take(step));
      const auto labels = batches.back().targets.values<std::int32_t>();
      for (std::size_t i = 0; i < 6; ++i) {
        const auto mask = labels.subspan(64 * i, 64);
        with_spot += std::find(mask.begin(), mask.end(), 1) != mask.end();
      }
    }
    EXPECT_NEAR(with_spot, expected, 1) << share;  // by chance a crop holds the pixel with probability 0.001
    Loader again(set, options);
    EXPECT_TRUE(same_bits(again.take(5).targets, batches[5].targets)) << "after a restart at step 5";
  }
}

TEST(ScratchFile, GivesBackWhatManyThreadsAppend) {
  const Scratch scratch;
  detail::ScratchFile file(scratch.path());
  std::vector<std::int64_t> offsets(40);
  const auto piece = [](std::size_t i) {
    return std::vector<std::uint8_t>(i * 37 + 1, static_cast<std::uint8_t>(i));
  };
  parallel_for(40, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      offsets[i] = file.append(piece(i));
  });
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    std::vector<std::uint8_t> back(i * 37 + 1);
    file.read(offsets[i], back);
    EXPECT_EQ(back, piece(i));
  }
  std::vector<std::uint8_t> behind(1);
  EXPECT_THROW(file.read(1 << 30, behind), FileError);
  EXPECT_TRUE(fs::is_empty(scratch.path()));
}

}  // namespace
}  // namespace trous
