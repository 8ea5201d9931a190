// Boundary IoU against sets of pixels, each compared with every other pixel of its image, and by hand.
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/random.h>
#include <trous/train/boundary.h>

#include "core/thrown.h"

namespace trous {
namespace {

using Labels = std::vector<std::int32_t>;

struct BruteForceBand {
  std::int64_t images, height, width, distance;
  Labels truth, prediction;
  std::int32_t ignore;

  std::set<std::int64_t> band(const Labels& labels, std::int32_t c) const {
    std::set<std::int64_t> found;
    for (std::int64_t a = 0; a < images * height * width; ++a) {
      for (std::int64_t b = 0; b < images * height * width; ++b) {
        const auto x = static_cast<std::size_t>(a), y = static_cast<std::size_t>(b);
        if (a / (height * width) != b / (height * width)) continue;
        if (truth[x] == ignore || truth[y] == ignore || labels[x] != c || labels[y] == c) continue;
        const std::int64_t rows = a / width - b / width, columns = a % width - b % width;
        const double apart = std::hypot(static_cast<double>(rows), static_cast<double>(columns));
        if (apart <= static_cast<double>(distance) + 1e-9) found.insert(a);
      }
    }
    return found;
  }

  std::optional<double> iou(std::int32_t c) const {
    const std::set<std::int64_t> t = band(truth, c), p = band(prediction, c);
    std::set<std::int64_t> either = t;
    either.insert(p.begin(), p.end());
    if (either.empty()) return std::nullopt;
    return static_cast<double>(t.size() + p.size() - either.size()) / static_cast<double>(either.size());
  }
};

// Regions of a few pixels: labels of 2 x 2 blocks, some pixels changed.
Labels blocks(std::int64_t images, std::int64_t height, std::int64_t width, Random& random) {
  Labels labels;
  for (std::int64_t i = 0; i < images; ++i) {
    Labels coarse;
    for (int k = 0; k < 16; ++k) coarse.push_back(static_cast<std::int32_t>(random.below(3)));
    for (std::int64_t r = 0; r < height; ++r) {
      for (std::int64_t c = 0; c < width; ++c) {
        const auto block = static_cast<std::size_t>(r / 2 % 4 * 4 + c / 2 % 4);
        labels.push_back(random.below(8) == 0 ? static_cast<std::int32_t>(random.below(3)) : coarse[block]);
      }
    }
  }
  return labels;
}

TEST(BoundaryScores, EqualBruteForceOnRandomMaps) {
  Random random(Key{7});
  int scored = 0;
  for (int round = 0; round < 60; ++round) {
    const std::int64_t height = 1 + random.below(7), width = 1 + random.below(8), distance = 1 + round % 3;
    BruteForceBand brute{2, height, width, distance, blocks(2, height, width, random), {}, 255};
    brute.prediction = blocks(2, height, width, random);
    for (std::size_t i = 0; i < brute.truth.size(); ++i) {
      if (random.below(2) == 0) brute.prediction[i] = brute.truth[i];
      if (random.below(9) == 0) brute.truth[i] = 255;
    }
    BoundaryScores scores(4, distance, {255});
    scores.add(Tensor({2, height, width}, brute.truth), Tensor({2, height, width}, brute.prediction));
    for (std::int32_t c = 0; c < 4; ++c) {
      ASSERT_EQ(scores.iou(c), brute.iou(c)) << "round " << round << ", class " << c;
      scored += brute.iou(c).value_or(0) > 0;
    }
    ASSERT_EQ(scores.iou(3), std::nullopt) << "never there";
  }
  EXPECT_GT(scored, 100);
}

// A square of 4 x 4 in an image of 8 x 8, and the same moved by one column. Each outline has 12 pixels, of
// which the rows' inner ends meet: 3 pixels of the upper and of the lower side.
// What is called the ignored class is no longer called the class that is there, and no more.
TEST(BoundaryScores, smp_547_AnIgnoredClassHasNoScore) {
  Random random(Key{8});
  int called = 0;
  for (int round = 0; round < 30; ++round) {
    const Labels drawn = blocks(2, 6, 7, random);
    BruteForceBand brute{2, 6, 7, 1, drawn, blocks(2, 6, 7, random), 255};
    for (std::int32_t& label : brute.truth) label = label == 1 ? 255 : label;
    BoundaryScores scores(3, 1, {255, 1}), by_class(3, 1, {1});
    scores.add(Tensor({2, 6, 7}, brute.truth), Tensor({2, 6, 7}, brute.prediction));
    by_class.add(Tensor({2, 6, 7}, drawn), Tensor({2, 6, 7}, brute.prediction));
    EXPECT_EQ(scores.iou(1), std::nullopt);
    called += brute.iou(1).has_value();
    for (const std::int32_t c : {0, 2}) {
      ASSERT_EQ(scores.iou(c), brute.iou(c)) << "round " << round << ", class " << c;
      ASSERT_EQ(by_class.iou(c), brute.iou(c)) << "round " << round << ", class " << c;
    }
    EXPECT_EQ(scores.mean_iou(1), brute.iou(2));
  }
  EXPECT_GT(called, 20) << "it was called so, and would have had the score 0";
}

TEST(BoundaryScores, ByHand) {
  Labels truth(64, 0), moved(64, 0);
  for (std::size_t r = 2; r < 6; ++r) {
    for (std::size_t c = 2; c < 6; ++c) truth[r * 8 + c] = moved[r * 8 + c + 1] = 1;
  }
  BoundaryScores scores(2);
  scores.add(Tensor({8, 8}, truth), Tensor({8, 8}, moved));
  EXPECT_EQ(scores.iou(1), 6.0 / 18);
  // Around the square 4 pixels along each side, corners not: above and below 3 of 4 + 4 - 3 are shared.
  EXPECT_EQ(scores.iou(0), 6.0 / 26);
  EXPECT_DOUBLE_EQ(*scores.mean_iou(), (6.0 / 18 + 6.0 / 26) / 2);
  EXPECT_EQ(scores.mean_iou(1), 6.0 / 18);

  BoundaryScores same(2);
  same.add(Tensor({8, 8}, truth), Tensor({8, 8}, truth));
  EXPECT_EQ(same.mean_iou(), 1);
  BoundaryScores wide(2, 2);
  wide.add(Tensor({8, 8}, truth), Tensor({8, 8}, truth));
  EXPECT_EQ(wide.mean_iou(), 1);
}

TEST(BoundaryScores, ASetIsOneSumAndNoMeanOfImages) {
  const Tensor stripe({1, 4}, Labels{0, 0, 1, 1}), late({1, 4}, Labels{0, 0, 0, 1});
  BoundaryScores apart(2), together(2);
  apart.add(stripe, stripe);
  apart.add(stripe, late);
  together.add(Tensor({2, 1, 4}, Labels{0, 0, 1, 1, 0, 0, 1, 1}),
               Tensor({2, 1, 4}, Labels{0, 0, 1, 1, 0, 0, 0, 1}));
  EXPECT_EQ(apart.iou(0), 1.0 / 3) << "1 of 1, and 0 of 2";
  EXPECT_EQ(apart.iou(0), together.iou(0));
  EXPECT_EQ(apart.iou(1), together.iou(1));
}

TEST(BoundaryScores, TheBorderOfTheImageAndUnknownPixelsAreNoOutline) {
  BoundaryScores scores(2, 1, {255});
  scores.add(Tensor({3, 3}, Labels(9, 1)), Tensor({3, 3}, Labels(9, 1)));
  scores.add(Tensor({1, 4}, Labels{0, 0, 255, 255}), Tensor({1, 4}, Labels{0, 0, 1, 77}));
  EXPECT_EQ(scores.iou(0), std::nullopt);
  EXPECT_EQ(scores.iou(1), std::nullopt);
  EXPECT_EQ(scores.mean_iou(), std::nullopt);
}

TEST(BoundaryScores, RefuseWhatTheyCannotCompare) {
  EXPECT_EQ(thrown<ArgumentError>([] { BoundaryScores(0); }), "BoundaryScores: 0 classes. Give 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { BoundaryScores(2, 0); }),
            "BoundaryScores: distance 0 is not in 1 to 32768 pixels. 1 suits 64 pixels a side.");
  BoundaryScores scores(2, 1, {255});
  const auto add = [&](const Shape& shape, const Labels& truth, const Labels& prediction) {
    return
        [&scores, shape, truth, prediction] { scores.add(Tensor(shape, truth), Tensor(shape, prediction)); };
  };
  EXPECT_EQ(
      thrown<ShapeError>(add({2}, {0, 1}, {0, 1})),
      "BoundaryScores: truth [2] and prediction [2] do not fit. Both need one shape [..., height, width].");
  EXPECT_EQ(
      thrown<ShapeError>([&] {
        scores.add(Tensor({1, 2}, Labels{0, 1}), Tensor({2, 1}, Labels{0, 1}));
      }),
      "BoundaryScores: truth [1, 2] and prediction [2, 1] do not fit. Both need one shape [..., height, "
      "width].");
  EXPECT_EQ(thrown<ArgumentError>(add({1, 2}, {0, 2}, {0, 1})),
            "BoundaryScores: truth 2 at place 1 is not in 0 to 1.");
  EXPECT_EQ(thrown<ArgumentError>(add({1, 2}, {0, 1}, {1, -1})),
            "BoundaryScores: prediction -1 at place 1 is not in 0 to 1.");
  EXPECT_EQ(scores.iou(0), std::nullopt) << "nothing was counted";
  EXPECT_EQ(thrown<ArgumentError>([&] { scores.iou(2); }),
            "BoundaryScores: there is no class 2. Classes are 0 to 1.");
}

}  // namespace
}  // namespace trous
