// Windows of large images as a data set: each is the part that a crop of the same key shows.
#include <algorithm>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/augment.h>
#include <trous/data/windows.h>

#include "core/thrown.h"

namespace trous {
namespace {

Dataset speckled_images(std::int64_t size) {
  return {.name = "speckled",
          .source = "the test",
          .classes = {"background", "thing"},
          .size = size,
          .image_shape = {40, 60, 1},
          .sample =
              [](std::int64_t i) {
                std::vector<std::int32_t> labels(2400, 0);
                labels[static_cast<std::size_t>(601 * i + 7)] = 1;
                return Sample{uniform({40, 60, 1}, DType::float32, Key{static_cast<std::uint64_t>(i)}),
                              Tensor({40, 60}, labels)};
              },
          .names = {"a", "b", "c"}};
}

TEST(Windows, AreCropsOfTheSamplesInTurn) {
  const Dataset data = speckled_images(3);
  const Window window{8, 12};
  const Dataset windows = windows_of(data, window, 30, Key{9});
  EXPECT_EQ(windows.size, 30);
  EXPECT_EQ(windows.image_shape, (Shape{8, 12, 1}));
  EXPECT_EQ(windows.names.size(), 30U);
  EXPECT_EQ(windows.names[4], "b");
  EXPECT_EQ(windows.source, "the test. 30 windows of 8x12 pixels");
  int with_thing = 0;
  for (std::int64_t k = 0; k < 30; ++k) {
    const Sample made = checked_sample(windows, k), again = windows.sample(k);
    EXPECT_TRUE(same_bits(made.image, again.image) && same_bits(made.target, again.target));
    const Augmentation crop{.crop = window};
    const bool foreground = (k / 3 + k % 3) % 3 == 2;
    const Sample expected =
        augmented(data, k % 3, crop, fold_in(Key{9}, static_cast<std::uint64_t>(k)), foreground);
    EXPECT_TRUE(same_bits(made.image, expected.image));
    const auto labels = made.target.values<std::int32_t>();
    const bool has_thing = std::find(labels.begin(), labels.end(), 1) != labels.end();
    EXPECT_TRUE(has_thing || !foreground) << k;
    with_thing += has_thing;
  }
  EXPECT_GE(with_thing, 10);
}

TEST(Windows, RefuseWhatHasNone) {
  EXPECT_EQ(thrown<ArgumentError>([] {
              windows_of(speckled_images(3), {4, 4}, 0, Key{1});
            }),
            "windows_of: 0 windows of the 3 samples of speckled. Both are 1 or more.");
  EXPECT_THROW(windows_of(speckled_images(0), {4, 4}, 1, Key{1}), ArgumentError);
  EXPECT_THROW(windows_of(speckled_images(3), {0, 4}, 1, Key{1}), ArgumentError);
}

}  // namespace
}  // namespace trous
