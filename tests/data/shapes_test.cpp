#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/shapes.h>
#include <trous/data/survey.h>

#include "data/scratch.h"

namespace trous {
namespace {

Splits few(std::int64_t size = 64) {
  return shapes({.size = size, .train = 40, .validation = 40, .test = 40});
}

TEST(Shapes, SamplesAreWhatTheSetPromises) {
  for (const std::int64_t size : {16, 48, 64}) {
    const Splits splits = few(size);
    for (const Dataset* set : {&splits.train, &splits.validation, &splits.test}) {
      EXPECT_EQ(set->size, 40);
      EXPECT_EQ(set->image_shape, (Shape{size, size, 3}));
      EXPECT_EQ(set->classes, (std::vector<std::string>{"background", "disk", "ring", "square", "triangle"}));
      for (std::int64_t i = 0; i < set->size; ++i) {
        const Sample sample = checked_sample(*set, i);
        for (const float value : sample.image.values<float>()) ASSERT_TRUE(value >= 0 && value <= 1);
        const auto mask = sample.target.values<std::int32_t>();
        EXPECT_GE(*std::min_element(mask.begin(), mask.end()), 0);
        EXPECT_LE(*std::max_element(mask.begin(), mask.end()), 4);
        EXPECT_GT(*std::max_element(mask.begin(), mask.end()), 0) << "no shape in sample " << i;
      }
    }
  }
}

TEST(Shapes, ASampleDependsOnItsIndexAlone) {
  const Dataset set = few().train;
  const Sample first = set.sample(7);
  set.sample(3);
  const Sample again = few().train.sample(7), larger_set = shapes({.train = 1000}).train.sample(7);
  EXPECT_TRUE(same_bits(first.image, again.image) && same_bits(first.target, again.target));
  EXPECT_TRUE(same_bits(first.image, larger_set.image) && same_bits(first.target, larger_set.target));
  EXPECT_FALSE(same_bits(first.image, shapes({.train = 10, .seed = 1}).train.sample(7).image));

  std::vector<std::int64_t> indices(40);
  std::iota(indices.rbegin(), indices.rend(), 0);
  const int before = threads();
  set_threads(1);
  const Batch one = make_batch(set, indices);
  set_threads(3);
  const Batch three = make_batch(set, indices);
  set_threads(before);
  EXPECT_TRUE(same_bits(one.images, three.images) && same_bits(one.targets, three.targets));
}

TEST(Shapes, NoImageIsInTwoSplits) {
  const Splits splits = few();
  std::set<std::vector<float>> images;
  for (const Dataset* set : {&splits.train, &splits.validation, &splits.test}) {
    for (std::int64_t i = 0; i < set->size; ++i) images.insert(set->sample(i).image.to_vector<float>());
  }
  EXPECT_EQ(images.size(), 120U);
}

TEST(Shapes, ClassesAreAboutAsFrequentAsOneAnother) {
  const std::vector<std::int64_t> counts = class_pixels(shapes({.test = 1000}).test);
  const auto [least, most] = std::minmax_element(counts.begin() + 1, counts.end());
  // For one radius the forms' areas differ by 12 %: 2.88 (ring), 2.92, 3.14, 3.24 (square). The area of one
  // figure varies by a third, so the sum over the 500 or more of a class varies by 1.5 %, their number by
  // 4.5 %; 1.12 (1 + 3 sqrt(2) 0.047) is 1.34.
  EXPECT_LT(static_cast<double>(*most) / static_cast<double>(*least), 1.34);
  EXPECT_GT(counts[0], *most);
}

TEST(Shapes, ColorTellsNothingAboutTheClass) {
  const Dataset set = shapes({.test = 1000}).test;
  std::array<std::array<double, 3>, 5> sum{};
  std::array<double, 5> pixels{};
  for (std::int64_t i = 0; i < set.size; ++i) {
    const Sample sample = set.sample(i);
    const auto mask = sample.target.values<std::int32_t>();
    for (std::size_t at = 0; at < mask.size(); ++at) {
      const auto label = static_cast<std::size_t>(mask[at]);
      for (std::size_t c = 0; c < 3; ++c) sum[label][c] += sample.image.values<float>()[3 * at + c];
      ++pixels[label];
    }
  }
  // A channel is uniform, deviation 0.289; a class has 500 figures or more, so two class means differ with
  // a deviation of 0.289 sqrt(2 / 500) = 0.018. Four of them.
  for (std::size_t a = 1; a < 5; ++a) {
    for (std::size_t b = 1; b < a; ++b) {
      for (std::size_t c = 0; c < 3; ++c)
        EXPECT_NEAR(sum[a][c] / pixels[a], sum[b][c] / pixels[b], 4 * 0.018);
    }
  }
}

TEST(Shapes, SaysWhatItCannotDraw) {
  EXPECT_EQ(message_of<ArgumentError>([] { shapes({.size = 15}); }),
            "shapes: images of 15 pixels a side. Sides of 16 to 1024 are drawn.");
  EXPECT_THROW(shapes({.size = 1025}), ArgumentError);
  EXPECT_EQ(message_of<ArgumentError>([] { shapes({.validation = 0}); }),
            "shapes: the validation split has 0 images. Ask for 1 or more.");
}

}  // namespace
}  // namespace trous
