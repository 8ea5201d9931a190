// Structural similarity beside scikit-image and beside loops over windows; errors.
#include <cmath>
#include <core/thrown.h>
#include <core/with_threads.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>
#include <trous/train/structural_similarity.h>

namespace trous {
namespace {

// Element i of the truth is ((37 i) mod 101) / 101, of the prediction 3/4 of that and ((11 i) mod 23) / 92.
std::pair<Tensor, Tensor> two_images(double peak) {
  std::vector<double> truth, prediction;
  for (int i = 0; i < 2 * 13 * 16 * 2; ++i) {
    const double t = (37 * i % 101) / 101.0;
    truth.push_back(peak * t);
    prediction.push_back(peak * (0.75 * t + 0.25 * ((11 * i % 23) / 23.0)));
  }
  const Shape shape{2, 13, 16, 2};
  return {Tensor(shape, truth), Tensor(shape, prediction)};
}

// A weighted mean of numbers up to 1 is rounded by at most 24 units, 11 sums twice and two products; a
// variance by three times that, and it is divided by C2 = 0.0009 or more. Twice on either side: 2 * 2 * 72
// units, over 0.0009.
constexpr double rounding_of_similarity = 2 * 2 * 72 * 0x1p-53 / 0.0009;

// scikit-image 0.19.3: structural_similarity(gaussian_weights=True, sigma=1.5,
// use_sample_covariance=False, channel_axis=2), data_range 1 and 255.
TEST(StructuralSimilarity, IsThatOfScikitImage) {
  for (const double peak : {1.0, 255.0}) {
    const auto [truth, prediction] = two_images(peak);
    const std::vector<double> scores = structural_similarity(truth, prediction, peak);
    ASSERT_EQ(scores.size(), 2U);
    EXPECT_NEAR(scores[0], 0.9217761250583429, rounding_of_similarity) << peak;
    EXPECT_NEAR(scores[1], 0.9271970630077295, rounding_of_similarity) << peak;
  }
}

// The definition, window by window, with the weights of both axes multiplied out.
double similarity_by_loops(const Tensor& truth, const Tensor& prediction) {
  const Shape& s = truth.shape();
  const auto at = [&](const Tensor& x, std::int64_t i, std::int64_t j, std::int64_t c) {
    return x.values<double>()[static_cast<std::size_t>((i * s[2] + j) * s[3] + c)];
  };
  double total = 0, windows = 0, weights = 0;
  const auto weight = [](std::int64_t i, std::int64_t j) {
    return std::exp(-static_cast<double>((i - 5) * (i - 5) + (j - 5) * (j - 5)) / 4.5);
  };
  for (int i = 0; i < 121; ++i) weights += weight(i / 11, i % 11);
  for (std::int64_t top = 0; top + 11 <= s[1]; ++top) {
    for (std::int64_t left = 0; left + 11 <= s[2]; ++left) {
      for (std::int64_t c = 0; c < s[3]; ++c) {
        double t = 0, p = 0, tt = 0, pp = 0, tp = 0;
        for (std::int64_t i = 0; i < 11; ++i) {
          for (std::int64_t j = 0; j < 11; ++j) {
            const double w = weight(i, j) / weights;
            const double a = at(truth, top + i, left + j, c), b = at(prediction, top + i, left + j, c);
            t += w * a, p += w * b, tt += w * a * a, pp += w * b * b, tp += w * a * b;
          }
        }
        total += (2 * t * p + 1e-4) * (2 * (tp - t * p) + 9e-4) /
                 ((t * t + p * p + 1e-4) * (tt - t * t + pp - p * p + 9e-4));
        ++windows;
      }
    }
  }
  return total / windows;
}

TEST(StructuralSimilarity, IsTheMeanOverTheWindowsInside) {
  for (const Shape& shape : {Shape{1, 11, 11, 1}, Shape{1, 14, 12, 3}}) {
    const Tensor t = uniform(shape, DType::float64, Key{1}, 0, 1);
    const Tensor p = zip(t, uniform(shape, DType::float64, Key{2}, 0, 1),
                         [](auto a, auto b) { return 0.5 * a + 0.5 * b; });
    EXPECT_NEAR(structural_similarity(t, p)[0], similarity_by_loops(t, p), 6 * rounding_of_similarity)
        << shape << ": a sum of 121 terms is rounded 121 times";
  }
}

TEST(StructuralSimilarity, OfAnImageAndItselfIsOne) {
  const Tensor x = two_images(1).first.cast(DType::float32);
  for (const double score : structural_similarity(x, x)) EXPECT_NEAR(score, 1, 16 * 0x1p-53);
}

// An image of one value has no structure: only the first factor remains, exactly.
TEST(StructuralSimilarity, OfFlatImagesComparesTheirMeans) {
  const Tensor t = Tensor::full({1, 12, 11, 1}, DType::float32, 0.25),
               p = Tensor::full({1, 12, 11, 1}, DType::float64, 0.75);
  EXPECT_NEAR(structural_similarity(t, p)[0], (2 * 0.25 * 0.75 + 1e-4) / (0.0625 + 0.5625 + 1e-4),
              rounding_of_similarity);
}

TEST(StructuralSimilarity, OfEachImageIsItsOwn) {
  const auto [truth, prediction] = two_images(1);
  const std::vector<double> both = structural_similarity(truth, prediction);
  const auto second = [](const Tensor& x) {
    const std::vector<double> all = x.to_vector<double>();
    return Tensor({1, 13, 16, 2}, std::vector<double>(all.begin() + 13 * 16 * 2, all.end()));
  };
  EXPECT_EQ(structural_similarity(second(truth), second(prediction)), std::vector<double>{both[1]});
  const Tensor none = Tensor::zeros({0, 11, 11, 2}, DType::float32);
  EXPECT_TRUE(structural_similarity(none, none).empty());
}

TEST(StructuralSimilarity, DoesNotDependOnThreads) {
  const auto with = [](int count) {
    const WithThreads threads(count);
    const auto [truth, prediction] = two_images(1);
    return structural_similarity(truth, prediction);
  };
  const std::vector<double> alone = with(1);
  EXPECT_EQ(with(2), alone);
  EXPECT_EQ(with(3), alone);
}

TEST(StructuralSimilarityErrors, Texts) {
  const auto text_of = [](const Shape& t, const Shape& p, DType dtype = DType::float32, double peak = 1) {
    return thrown<Error>(
        [&] { structural_similarity(Tensor::zeros(t, DType::float32), Tensor::zeros(p, dtype), peak); });
  };
  const Shape s{1, 11, 11, 1};
  EXPECT_EQ(text_of({1, 10, 32, 3}, {1, 10, 32, 3}),
            "structural_similarity: images [1, 10, 32, 3] are 10x32 pixels, and the window is 11x11. Give "
            "images of 11x11 pixels or more.");
  EXPECT_EQ(text_of({1, 32, 10, 3}, {1, 32, 10, 3}),
            "structural_similarity: images [1, 32, 10, 3] are 32x10 pixels, and the window is 11x11. Give "
            "images of 11x11 pixels or more.");
  EXPECT_EQ(text_of(s, {1, 11, 11, 2}),
            "structural_similarity: truth [1, 11, 11, 1] and prediction [1, 11, 11, 2] differ. Both must be "
            "[n, h, w, c] of one shape.");
  EXPECT_EQ(text_of({11, 11, 1}, {11, 11, 1}),
            "structural_similarity: images [11, 11, 1] have rank 3. Give [n, h, w, c].");
  EXPECT_EQ(text_of(s, s, DType::uint8),
            "structural_similarity: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(text_of(s, s, DType::float32, 0),
            "structural_similarity: peak 0 is not above 0, and finite. 1 is usual for images in 0 to 1, 255 "
            "for bytes.");
}

}  // namespace
}  // namespace trous
