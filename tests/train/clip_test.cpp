// The norm of gradients against a loop, on any number of threads, and what clipping makes of them.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/map.h>
#include <trous/core/random.h>
#include <trous/train/clip.h>

#include "core/thrown.h"
#include "core/with_threads.h"

namespace trous {
namespace {

using Tensors = std::vector<Tensor>;

TEST(GlobalNorm, IsTheRootOfAllSquares) {
  EXPECT_EQ(global_norm({}), 0);
  EXPECT_EQ(global_norm({Tensor::zeros({3}, DType::float32)}), 0);
  const Tensors parts{Tensor({2}, std::vector<float>{1, -2}), Tensor({1, 2}, std::vector<double>{4, 10}),
                      Tensor::scalar(-10, DType::float32), Tensor::zeros({0, 3}, DType::float32)};
  EXPECT_EQ(global_norm(parts), std::sqrt(221.0));
  const Tensors random{normal({70, 300}, DType::float32, Key{1}), normal({1001}, DType::float64, Key{2})};
  long double squares = 0;
  for (const Tensor& tensor : random) {
    for (const double v : tensor.cast(DType::float64).to_vector<double>())
      squares += static_cast<long double>(v) * static_cast<long double>(v);
  }
  const auto expected = static_cast<double>(std::sqrt(squares));
  // Sums of n terms over blocks of map_grain: at most that many roundings each, halved by the root.
  EXPECT_NEAR(global_norm(random), expected, expected * static_cast<double>(map_grain) * 0x1p-53);
}

TEST(GlobalNorm, HasTheSameBitsOnAnyNumberOfThreads) {
  const Tensors random{normal({5 * map_grain + 7}, DType::float32, Key{1}),
                       normal({3 * map_grain}, DType::float64, Key{2})};
  std::vector<double> norms;
  for (const int count : {1, 2, 3}) {
    const WithThreads some(count);
    norms.push_back(global_norm(random));
  }
  EXPECT_EQ(norms[0], norms[1]);
  EXPECT_EQ(norms[0], norms[2]);
}

TEST(GlobalNorm, TellsWhatIsNotFinite) {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(global_norm({Tensor({2}, std::vector<float>{1, -inf})}), inf);
  EXPECT_TRUE(std::isnan(global_norm({Tensor({2}, std::vector<float>{1, std::nanf("")})})));
  const float large = std::numeric_limits<float>::max();
  EXPECT_FLOAT_EQ(static_cast<float>(global_norm({Tensor({1}, std::vector<float>{large})})), large)
      << "its square is beyond float32";
  EXPECT_EQ(thrown<DTypeError>([] { global_norm({Tensor::zeros({1}, DType::int32)}); }),
            "global_norm: int32 is not a floating type. Cast it: cast(x, DType::float32).");
}

TEST(Clipped, ScalesWhatIsTooLong) {
  const Tensors gradients{Tensor({2}, std::vector<float>{3, 0}), Tensor({1}, std::vector<double>{-4})};
  const double norm = global_norm(gradients);
  EXPECT_EQ(norm, 5);
  const Tensors half = clipped(gradients, norm, 2.5);
  EXPECT_EQ(half[0].to_vector<float>(), (std::vector<float>{1.5F, 0}));
  EXPECT_EQ(half[1].to_vector<double>(), (std::vector<double>{-2}));
  EXPECT_EQ(gradients[0].to_vector<float>(), (std::vector<float>{3, 0})) << "what others hold stays";
  for (const double enough : {5.0, 6.0, std::numeric_limits<double>::infinity()}) {
    const Tensors same = clipped(gradients, norm, enough);
    EXPECT_TRUE(same[0].same_storage(gradients[0]) && same[1].same_storage(gradients[1])) << enough;
  }
  const Tensors random{normal({40, 30}, DType::float32, Key{1}), normal({50}, DType::float64, Key{2})};
  // One rounding of float32 for every element, and a few of float64.
  EXPECT_NEAR(global_norm(clipped(random, global_norm(random), 0.5)), 0.5, 0.5 * 0x1p-23);
}

TEST(Clipped, RefusesALengthThatIsNone) {
  const auto refused = [](double norm, double max_norm) {
    return thrown<ArgumentError>([=] { clipped({}, norm, max_norm); });
  };
  EXPECT_EQ(refused(1, 0), "clipped: max_norm 0 is not above 0. 1 is usual.");
  EXPECT_EQ(refused(1, std::nan("")), "clipped: max_norm nan is not above 0. 1 is usual.");
  EXPECT_EQ(refused(std::numeric_limits<double>::infinity(), 1),
            "clipped: norm inf is not 0 or more, and finite. Look for the gradient that went bad first.");
  EXPECT_EQ(refused(-1, 1),
            "clipped: norm -1 is not 0 or more, and finite. Look for the gradient that went bad first.");
}

}  // namespace
}  // namespace trous
