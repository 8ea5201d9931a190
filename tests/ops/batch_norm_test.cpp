// Batch normalisation against a two-pass loop in float64, and where a channel is constant.
#include <cmath>
#include <ops/support.h>

#include <trous/check/check_grad.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/batch_norm.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;
constexpr double epsilon = 1e-5;

struct Statistics {
  Numbers mean, variance, normalized;  // per channel; and (x - mean) / sqrt(variance + epsilon)
};

Statistics two_pass(const Tensor& x) {
  const Numbers values = numbers(x);
  const auto channels = static_cast<std::size_t>(x.shape()[x.shape().rank() - 1]);
  const std::size_t whole = values.size() / channels;
  const auto rows = static_cast<double>(whole);
  Statistics s{Numbers(channels), Numbers(channels), values};
  for (std::size_t i = 0; i < values.size(); ++i) s.mean[i % channels] += values[i] / rows;
  for (std::size_t i = 0; i < values.size(); ++i)
    s.variance[i % channels] += std::pow(values[i] - s.mean[i % channels], 2) / rows;
  for (std::size_t i = 0; i < values.size(); ++i)
    s.normalized[i] = (values[i] - s.mean[i % channels]) / std::sqrt(s.variance[i % channels] + epsilon);
  return s;
}

// Images of several chunks of rows, with channels of unlike size and centre.
Tensor unlike_channels(DType dtype) {
  Tensor x = normal({4, 20, 25, 3}, DType::float64, Key{1});
  const double centre[] = {0, 100, -3}, size[] = {1, 5, 0.01};
  std::size_t i = 0;
  for (double& v : x.mutable_values<double>()) {
    v = centre[i % 3] + size[i % 3] * v;
    ++i;
  }
  return x.cast(dtype);
}

TEST(BatchNorm, EqualsATwoPassLoop) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const double u = dtype == DType::float32 ? 0x1p-24 : 0x1p-53;
    const Tensor x = unlike_channels(dtype), scale = f64({3}, {2, -1, 0.5}).cast(dtype),
                 offset = f64({3}, {1, 0, -1}).cast(dtype);
    const Statistics s = two_pass(x);
    const BatchNormResult r = batch_norm(x, scale, offset, epsilon);
    EXPECT_EQ(r.value.dtype(), dtype);
    const double sums = 2000 * 0x1p-53;  // the sums are made in float64, of 2000 rows
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(numbers(r.mean)[c], s.mean[c],
                  (u + 2 * sums) * (std::abs(s.mean[c]) + std::sqrt(s.variance[c])))
          << c;
      EXPECT_NEAR(numbers(r.variance)[c], s.variance[c],
                  (2 * u + 8 * sums) * (s.variance[c] + sums * std::pow(s.mean[c], 2)))
          << c;
    }
    // (x - mean) slope + offset: the mean is rounded, and eight roundings follow.
    const Numbers y = numbers(r.value), v = numbers(x);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t c = i % 3;
      const double slope = numbers(scale)[c] / std::sqrt(s.variance[c] + epsilon);
      const double expected = s.normalized[i] * numbers(scale)[c] + numbers(offset)[c];
      const double bound =
          (8 * u + 4 * sums) * ((std::abs(v[i]) + 2 * std::abs(s.mean[c])) * std::abs(slope) + 1);
      ASSERT_LE(std::abs(y[i] - expected), bound) << dtype << ", element " << i;
    }
  }
}

// A constant channel has no variance; epsilon keeps it finite, and it comes out as its offset.
TEST(BatchNorm, OfAConstantChannelIsItsOffset) {
  for (const double constant : {0.0, 1.0, 3.5, -1e6}) {
    const Tensor x = Tensor::full({7, 3, 2}, DType::float32, constant);
    const Tensor scale = f32({2}, {2, 3}), offset = f32({2}, {0.5, -4});
    const BatchNormResult r = batch_norm(x, scale, offset);
    for (std::size_t i = 0; i < 42; ++i) ASSERT_EQ(numbers(r.value)[i], i % 2 ? -4 : 0.5) << constant;
    EXPECT_EQ(numbers(r.variance), (Numbers{0, 0}));
    EXPECT_EQ(numbers(r.mean), (Numbers{constant, constant}));
  }
}

// The gradient in x of anything is orthogonal to constants and to the normalised x itself, but for epsilon.
TEST(BatchNorm, GradientOfTheSumIsZero) {
  const Variable x = track(unlike_channels(DType::float64)), scale = track(ones({3}, DType::float64)),
                 offset = track(zeros({3}, DType::float64));
  const std::vector<Variable> g = grad(sum(batch_norm(x, scale, offset).value), {x, scale, offset});
  const Numbers slopes{1, 0.2, 100};
  const Numbers values = numbers(g[0]);
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_LE(std::abs(values[i]), 1e-12 * slopes[i % 3]);
  EXPECT_EQ(numbers(g[2]), (Numbers{2000, 2000, 2000}));
}

// mlpack#2549: a wrong gradient hidden by a tolerance of 0.1.
TEST(BatchNorm, mlpack_2549_GradientsToOrder3) {
  for (const Shape& shape : {Shape{2, 3}, Shape{5, 2}, Shape{2, 2, 3, 2}}) {
    const std::int64_t channels = shape[shape.rank() - 1];
    const GradReport report = check_grad(
        "batch_norm",
        [](const std::vector<Variable>& in) { return tanh(batch_norm(in[0], in[1], in[2], 0.1).value); },
        {random64(shape, 1), random64({channels}, 2), random64({channels}, 3)}, {.order = 3});
    EXPECT_TRUE(report.passed()) << report;
    for (const GradCheckRow& row : report.rows) EXPECT_GT(row.largest, 1e-3) << report;
  }
}

TEST(BatchNormInference, UsesTheGivenStatistics) {
  const Variable y = batch_norm_inference(f64({1, 2}, {5, 7}), f64({2}, {2, 3}), f64({2}, {1, 0}),
                                          f64({2}, {3, 7}), f64({2}, {4 - 0.5, 1}), 0.5);
  EXPECT_EQ(numbers(y), (Numbers{3, 0}));
  const Tensor x = random64({6, 4, 3}, 1), scale = random64({3}, 2), offset = random64({3}, 3);
  const BatchNormResult r = batch_norm(x, scale, offset);
  const Numbers trained = numbers(r.value),
                used = numbers(batch_norm_inference(x, scale, offset, r.mean, r.variance));
  for (std::size_t i = 0; i < used.size(); ++i) EXPECT_NEAR(used[i], trained[i], 64 * 0x1p-53);
}

TEST(BatchNormErrors, Texts) {
  const Tensor x = zeros({4, 3}), three = zeros({3}), two = zeros({2}), wide = zeros({3}, DType::float64);
  const auto text_of = [](const Tensor& t, const Tensor& scale, const Tensor& offset, double eps = 1e-5) {
    return refused<Error>([&] { batch_norm(t, scale, offset, eps); });
  };
  EXPECT_EQ(text_of(three, three, three),
            "batch_norm: x has rank 1, needs 2 or more. x [3] must be [batch, ..., channels].");
  EXPECT_EQ(text_of(x, three, two),
            "batch_norm: x [4, 3] has 3 channels, a parameter has shape [2]. Each needs shape [3].");
  EXPECT_EQ(text_of(x, wide, three),
            "batch_norm: float32 and float64 do not mix. Cast one side: cast(x, DType::float32).");
  EXPECT_EQ(text_of(zeros({4, 3}, DType::int32), three, three),
            "batch_norm: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  for (const double eps : {0.0, -1.0}) {
    EXPECT_EQ(text_of(x, three, three, eps),
              text("batch_norm: epsilon ", eps,
                   " is not above 0. It keeps a constant channel finite; 1e-5 is usual."));
  }
  EXPECT_EQ(text_of(zeros({1, 1, 3}), three, three),
            "batch_norm: x [1, 1, 3] has 1 value per channel, and a variance needs 2. Use a larger batch, or "
            "evaluation "
            "mode.");
  EXPECT_EQ(
      refused<ShapeError>([&] { batch_norm_inference(x, three, three, two, three); }),
      "batch_norm_inference: x [4, 3] has 3 channels, a parameter has shape [2]. Each needs shape [3].");
}

}  // namespace
}  // namespace trous
