// Fashion-MNIST with labels and with noise, compared with the bytes of the unpacked files.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/data/fashion_labels.h>
#include <trous/data/file.h>

#include "data/scratch.h"

namespace trous {
namespace {

const std::string garments_at{fashion_directory};

#define NEEDS_GARMENT_FILES()                                             \
  if (!std::filesystem::exists(garments_at)) {                            \
    GTEST_SKIP() << "NOT TESTED: apt-get install dataset-fashion-mnist."; \
  }

// The content of a compressed IDX file behind its header of `header` bytes.
Bytes idx_content(const std::string& name, std::size_t header) {
  const Bytes bytes = read_gzip_file(garments_at + "/" + name);
  return {bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end()};
}

// Whether an image holds the 784 bytes of number `index`, each divided by 255.
bool shows_bytes(const Tensor& image, const Bytes& pixels, std::int64_t index) {
  const auto values = image.values<float>();
  for (std::size_t i = 0; i < 784; ++i) {
    if (values[i] != static_cast<float>(pixels[static_cast<std::size_t>(index) * 784 + i]) / 255.0F)
      return false;
  }
  return true;
}

TEST(FashionLabels, AreTheImagesAndLabelsOfTheFilesInTheirOrder) {
  NEEDS_GARMENT_FILES();
  const Splits splits = fashion_labels();
  const Bytes train = idx_content("train-images-idx3-ubyte.gz", 16),
              train_labels = idx_content("train-labels-idx1-ubyte.gz", 8),
              held_out = idx_content("t10k-images-idx3-ubyte.gz", 16),
              held_out_labels = idx_content("t10k-labels-idx1-ubyte.gz", 8);
  const auto check = [](const Dataset& set, const Bytes& pixels, const Bytes& labels, std::int64_t first) {
    for (std::int64_t i = 0; i < set.size; i += 7) {
      const Sample sample = checked_sample(set, i);
      ASSERT_TRUE(shows_bytes(sample.image, pixels, first + i)) << set.name << ' ' << i;
      ASSERT_EQ(sample.target.values<std::int32_t>()[0], labels[static_cast<std::size_t>(first + i)]) << i;
    }
  };
  check(splits.train, train, train_labels, 0);
  check(splits.validation, held_out, held_out_labels, 0);
  check(splits.test, held_out, held_out_labels, 5000);
}

TEST(FashionLabels, RecordWhatTheyAre) {
  NEEDS_GARMENT_FILES();
  const Splits splits = fashion_labels();
  EXPECT_EQ(splits.train.size, 60000);
  EXPECT_EQ(splits.validation.size, 5000);
  EXPECT_EQ(splits.test.size, 5000);
  EXPECT_EQ(splits.test.name, "fashion-labels/test");
  EXPECT_EQ(
      splits.test.source,
      "Fashion-MNIST (Zalando SE, MIT licence; Debian package dataset-fashion-mnist), images 5000 to 9999 "
      "of t10k-images-idx3-ubyte.gz");
  EXPECT_EQ(splits.train.classes,
            (std::vector<std::string>{"T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt",
                                      "sneaker", "bag", "ankle boot"}));
  EXPECT_EQ(splits.train.image_shape, (Shape{28, 28, 1}));
  EXPECT_EQ(splits.train.target, (SampleField{.name = "label", .role = Role::label}));
  EXPECT_EQ(splits.files.size(), 4U);
}

// The sum of n squares of normal numbers has mean n and deviation sqrt(2 n), and their sum deviation sqrt(n).
TEST(FashionNoisy, IsTheCleanImageAndNormalNoiseThatIsNotClamped) {
  NEEDS_GARMENT_FILES();
  const Splits splits = fashion_noisy();
  const Bytes train = idx_content("train-images-idx3-ubyte.gz", 16),
              held_out = idx_content("t10k-images-idx3-ubyte.gz", 16);
  double sum = 0, squares = 0, count = 0, outside = 0;
  const auto check = [&](const Dataset& set, const Bytes& pixels, std::int64_t first) {
    for (std::int64_t i = 0; i < 500; ++i) {
      const Sample sample = checked_sample(set, i);
      ASSERT_TRUE(shows_bytes(sample.target, pixels, first + i)) << set.name << ' ' << i;
      const auto noisy = sample.image.values<float>(), clean = sample.target.values<float>();
      for (std::size_t k = 0; k < 784; ++k) {
        const double noise = (static_cast<double>(noisy[k]) - static_cast<double>(clean[k])) / 0.2;
        sum += noise;
        squares += noise * noise;
        outside += noisy[k] < 0 || noisy[k] > 1;
        ++count;
      }
    }
  };
  check(splits.train, train, 0);
  check(splits.validation, held_out, 0);
  check(splits.test, held_out, 5000);
  EXPECT_NEAR(sum, 0, 4 * std::sqrt(count));
  EXPECT_NEAR(squares, count, 4 * std::sqrt(2 * count));
  EXPECT_GT(outside / count, 0.25);  // half of the pixels are black, and half of their noise is below 0
}

TEST(FashionNoisy, ASampleDependsOnSeedSplitAndIndexAlone) {
  NEEDS_GARMENT_FILES();
  const FashionNoisyOptions small{.train = 10, .validation = 10, .test = 10};
  const Splits once = fashion_noisy(small), again = fashion_noisy(), other = fashion_noisy({.seed = 1});
  EXPECT_TRUE(same_bits(once.train.sample(7).image, again.train.sample(7).image));
  EXPECT_FALSE(same_bits(once.train.sample(7).image, other.train.sample(7).image));
  EXPECT_TRUE(same_bits(once.train.sample(7).target, other.train.sample(7).target));
  const auto noise = [](const Dataset& set, std::int64_t i) {
    const Sample sample = set.sample(i);
    return zip(sample.image, sample.target, [](auto a, auto b) { return std::round((a - b) * 1024); });
  };
  EXPECT_FALSE(same_bits(noise(once.train, 3), noise(once.train, 4)));
  EXPECT_FALSE(same_bits(noise(once.train, 3), noise(once.validation, 3)));
  EXPECT_FALSE(same_bits(noise(once.validation, 3), noise(once.test, 3)));
}

TEST(FashionNoisy, RecordsWhatItIs) {
  NEEDS_GARMENT_FILES();
  const Splits splits = fashion_noisy();
  EXPECT_EQ(splits.train.size, 60000);
  EXPECT_EQ(splits.validation.size, 1000);
  EXPECT_EQ(splits.test.size, 5000);
  EXPECT_EQ(
      splits.validation.source,
      "Fashion-MNIST (Zalando SE, MIT licence; Debian package dataset-fashion-mnist), images 0 to 999 of "
      "t10k-images-idx3-ubyte.gz, with normal noise of deviation 0.2, seed 20171207, not clamped to 0..1");
  EXPECT_EQ(splits.test.target,
            (SampleField{.name = "clean image", .role = Role::image, .shape = {28, 28, 1}}));
}

TEST(FashionNoisy, SaysWhatItCannotMake) {
  EXPECT_EQ(message_of<ArgumentError>([] { fashion_noisy({.validation = 5001}); }),
            "fashion_noisy: the validation split has 5001 images. Ask for 1 to 5000.");
  EXPECT_EQ(message_of<ArgumentError>([] { fashion_noisy({.train = 0}); }),
            "fashion_noisy: the train split has 0 images. Ask for 1 to 60000.");
  EXPECT_EQ(message_of<ArgumentError>([] { fashion_noisy({.deviation = -1}); }),
            "fashion_noisy: noise cannot have the deviation -1. Give 0 or more, such as 0.2.");
}

}  // namespace
}  // namespace trous
