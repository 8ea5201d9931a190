// First values: a pure function of the key, with the variance that each rule promises.
//
// Bounds are five standard deviations of the estimate that the sample gives: for a normal sample of n the
// sample variance deviates by s^2 sqrt(2 / n), for a uniform one on +-L by L^2 sqrt((1/5 - 1/9) / n).
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <trous/layers/conv.h>
#include <trous/layers/dense.h>
#include <trous/layers/norm.h>
#include <trous/layers/sequential.h>

#include "layers/toys.h"

namespace trous {
namespace {

struct Moments {
  double mean, variance, largest;
  double n;
};

Moments moments_of(const Tensor& t) {
  const std::vector<double> values = t.cast(DType::float64).to_vector<double>();
  Moments m{0, 0, 0, static_cast<double>(values.size())};
  for (const double v : values) {
    m.mean += v / m.n;
    m.variance += v * v / m.n;  // around zero, which is the mean that is promised
    m.largest = std::max(m.largest, std::abs(v));
  }
  return m;
}

void expect_normal(const Tensor& t, double variance) {
  const Moments m = moments_of(t);
  ASSERT_GT(m.n, 4000);
  EXPECT_NEAR(m.mean, 0, 5 * std::sqrt(variance / m.n));
  EXPECT_NEAR(m.variance, variance, 5 * variance * std::sqrt(2 / m.n));
  EXPECT_GT(m.largest, 3 * std::sqrt(variance)) << "no tail: this is not normal";
}

void expect_uniform(const Tensor& t, double limit) {
  const Moments m = moments_of(t);
  ASSERT_GT(m.n, 4000);
  EXPECT_NEAR(m.mean, 0, 5 * limit / std::sqrt(3 * m.n));
  EXPECT_NEAR(m.variance, limit * limit / 3, 5 * limit * limit * std::sqrt((1.0 / 5 - 1.0 / 9) / m.n));
  // float32 rounds the limit itself.
  EXPECT_LE(m.largest, static_cast<double>(static_cast<float>(limit)));
  EXPECT_GT(m.largest, limit * (1 - 20 / m.n)) << "probability e^-20";
}

template <class Layer>
Tensor first_weights(Layer layer) {
  initialize(layer, Key{11});
  return parameters(layer)[0].part->get().value();
}

TEST(Initialize, HeHasVarianceTwoOverFanInInBothFilterLayouts) {
  const testing::ScopedTrace trace(__FILE__, __LINE__, "he_normal for Conv2d and the atrous layers");
  expect_normal(first_weights(Conv2d{{.in_channels = 16, .out_channels = 48}}), 2.0 / (9 * 16));
  expect_normal(first_weights(AtrousConv2d{{.in_channels = 48, .out_channels = 16, .rate = 4}}),
                2.0 / (9 * 48));
  // [kh, kw, out, in]: the fan is that of `in` all the same.
  expect_normal(first_weights(AtrousConv2dTranspose{{.in_channels = 16, .out_channels = 48}}),
                2.0 / (9 * 16));
}

TEST(Initialize, TheFansOfGroupsAreThoseOfOneGroup) {
  const testing::ScopedTrace trace(__FILE__, __LINE__, "he_normal and glorot_uniform for Conv2d with groups");
  expect_normal(first_weights(Conv2d{{.in_channels = 32, .out_channels = 96, .groups = 4}}), 2.0 / (9 * 8));
  expect_normal(first_weights(AtrousConv2dTranspose{{.in_channels = 32, .out_channels = 96, .groups = 4}}),
                2.0 / (9 * 8));
  expect_uniform(first_weights(Conv2d{
                     {.in_channels = 32, .out_channels = 96, .groups = 4, .initializer = glorot_uniform()}}),
                 std::sqrt(6.0 / (9 * 8 + 9 * 24)));
}

TEST(Initialize, GlorotIsUniformWithinItsLimit) {
  expect_uniform(first_weights(Dense{{.in_features = 96, .out_features = 64}}), std::sqrt(6.0 / (96 + 64)));
  expect_uniform(
      first_weights(
          Conv2d{{.in_channels = 16, .out_channels = 64, .kernel = {1, 5}, .initializer = glorot_uniform()}}),
      std::sqrt(6.0 / (5 * 16 + 5 * 64)));
}

// max |Q^T Q - gain^2 I| over the shorter side of the parameter seen as a matrix.
double orthogonality_gap(const Tensor& t, double gain) {
  const std::int64_t columns = t.shape()[t.shape().rank() - 1], rows = t.elements() / columns;
  const auto values = t.values<double>();
  const auto at = [&](std::int64_t i, std::int64_t j) {  // always tall
    return values[static_cast<std::size_t>(rows >= columns ? i * columns + j : j * columns + i)];
  };
  double gap = 0;
  for (std::int64_t a = 0; a < std::min(rows, columns); ++a) {
    for (std::int64_t b = 0; b < std::min(rows, columns); ++b) {
      double product = a == b ? -gain * gain : 0;
      for (std::int64_t i = 0; i < std::max(rows, columns); ++i) product += at(i, a) * at(i, b);
      gap = std::max(gap, std::abs(product));
    }
  }
  return gap;
}

TEST(Initialize, OrthogonalColumnsOrRowsAreOrthonormal) {
  for (const Shape& shape : {Shape{3, 3, 2, 5}, Shape{40, 7}, Shape{7, 40}, Shape{1, 2, 3, 30}, Shape{9, 9},
                             Shape{6}, Shape{1, 1}}) {
    for (const double gain : {1.0, 1.5}) {
      const Tensor q = orthogonal(gain)({shape}, DType::float64, Key{3});
      EXPECT_EQ(q.shape(), shape);
      EXPECT_LE(orthogonality_gap(q, gain), 1e-12) << shape;
      // float32 is that matrix, rounded.
      EXPECT_TRUE(same_bits(orthogonal(gain)({shape}, DType::float32, Key{3}), q.cast(DType::float32)));
    }
  }
}

// Householder's Q has a sign of its own liking: without the correction every 1x1 matrix would be +1.
TEST(Initialize, OrthogonalHasBothSigns) {
  int positive = 0;
  for (std::uint64_t k = 0; k < 200; ++k) {
    const double q = orthogonal()({Shape{1, 1}}, DType::float64, Key{k}).item<double>();
    EXPECT_TRUE(q == 1 || q == -1);
    positive += q > 0;
  }
  EXPECT_NEAR(positive, 100, 5 * std::sqrt(200 * 0.25));
}

Sequential two_equal_convs() {
  return Sequential{Conv2d{{.in_channels = 2, .out_channels = 2}}, BatchNorm{{.channels = 2}},
                    Conv2d{{.in_channels = 2, .out_channels = 2}}};
}

TEST(Initialize, DependsOnTheKeyAlone) {
  Sequential a = two_equal_convs(), b = two_equal_convs(), other = two_equal_convs();
  initialize(a, Key{5});
  initialize(b, Key{6});
  EXPECT_FALSE(same_network(a, b));
  initialize(b, Key{5});  // also where values were before
  EXPECT_TRUE(same_network(a, b));
}

TEST(Initialize, ParametersDrawFromKeysOfTheirOwn) {
  Sequential net = two_equal_convs();
  initialize(net, Key{5});
  const auto all = parameters(net);
  EXPECT_FALSE(same_bits(all[0].part->get().value(), all[4].part->get().value()));
  for (std::size_t k = 0; k < all.size(); ++k) {
    const Parameter& p = *all[k].part;
    EXPECT_TRUE(same(p.get(), p.initializer(p.spec, DType::float32, fold_in(Key{5}, k)))) << all[k].path;
  }
}

TEST(Initialize, BiasesStartAtZeroScalesAtOneAndTheDTypeIsAsAsked) {
  Sequential net = two_equal_convs();
  initialize(net, Key{5}, DType::float64);
  for (const auto& [path, p] : parameters(net)) {
    EXPECT_EQ(p->get().dtype(), DType::float64) << path;
    EXPECT_FALSE(p->get().tracked()) << path;
    if (path.ends_with("bias") || path.ends_with("offset")) {
      EXPECT_TRUE(same(p->get(), Tensor::zeros(p->spec.shape, DType::float64))) << path;
    }
    if (path.ends_with("scale")) {
      EXPECT_TRUE(same(p->get(), Tensor::ones(p->spec.shape, DType::float64))) << path;
    }
  }
  EXPECT_EQ(buffers(net)[0].part->get().to_vector<double>(), (std::vector<double>{0, 0}));
  EXPECT_EQ(buffers(net)[1].part->get().to_vector<double>(), (std::vector<double>{1, 1}));
}

}  // namespace
}  // namespace trous
