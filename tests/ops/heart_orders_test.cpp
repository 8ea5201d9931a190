// What "done" means for the heart: orders 1 to 3 of sum(c tanh(op(value, filters))), with random c, against
// central differences of the order below, in float64, to 1e-6; and no case counts whose reference is small.
#include <cmath>
#include <functional>
#include <ops/support.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

constexpr double tolerance = 1e-6, min_magnitude = 1e-3;

struct Point {
  Tensor value, filters;
};
using HeartOp = std::function<Variable(const Variable& value, const Variable& filters)>;

// The order-n directional derivative along the fixed direction d, as a function of the point:
// D_0 = sum(c tanh(op)), D_n = <d D_(n-1) / d(value, filters), d>.
Variable derivative(const HeartOp& op, const Tensor& c, const Point& d, int order, const Variable& value,
                    const Variable& filters) {
  if (order == 0) return sum(tanh(op(value, filters)) * c);
  const Variable below = derivative(op, c, d, order - 1, value, filters);
  const std::vector<Variable> g = grad(below, {value, filters}, CreateGraph::yes);
  return sum(g[0] * d.value) + sum(g[1] * d.filters);
}

double derivative_at(const HeartOp& op, const Tensor& c, const Point& d, int order, const Point& at) {
  return derivative(op, c, d, order, track(at.value), track(at.filters)).value().item<double>();
}

// A direction of length 3, in both inputs together: long enough that no order is small.
Point direction(const Point& at, std::uint64_t seed) {
  const Tensor v = normal(at.value.shape(), DType::float64, Key{seed});
  const Tensor f = normal(at.filters.shape(), DType::float64, Key{seed + 1});
  const double length = std::sqrt(dot(v, v) + dot(f, f));
  const auto scaled = [length](double x) { return 3 * x / length; };
  return {map(v, scaled), map(f, scaled)};
}

Point moved(const Point& at, const Point& d, double h) {
  const auto along = [h](double x, double step) { return x + h * step; };
  return {zip(at.value, d.value, along), zip(at.filters, d.filters, along)};
}

// Truncation is h^2 / 6 times the derivative two orders up, round-off epsilon / h times the derivative below;
// with steps of 3 h both are near 1e-10 of numbers of size 1.
void expect_orders(const HeartOp& op, const Point& at, const std::string& what, double& worst) {
  constexpr double h = 1.0 / (1 << 17);
  const Shape result = op(at.value, at.filters).shape();
  const Tensor c = uniform(result, DType::float64, Key{3}, -2, 2);
  const Point d = direction(at, 31);
  for (int order = 1; order <= 3; ++order) {
    const double by_rules = derivative_at(op, c, d, order, at);
    const double difference = (derivative_at(op, c, d, order - 1, moved(at, d, h)) -
                               derivative_at(op, c, d, order - 1, moved(at, d, -h))) /
                              (2 * h);
    const double error = std::abs(by_rules - difference) / std::abs(difference);
    EXPECT_GE(std::abs(difference), min_magnitude) << what << ", order " << order << ": too small to count";
    EXPECT_LE(error, tolerance) << what << ", order " << order << ": " << by_rules << " and " << difference;
    worst = std::max(worst, error);
  }
}

struct HeartCase {
  Shape filters;  // [kh, kw, in, out] of atrous_conv2d
  Rate rate;
  Padding padding;
  std::string text() const { return trous::text("filters ", filters, ", rate ", rate, ", ", name(padding)); }
};

std::vector<HeartCase> heart_cases() {
  std::vector<HeartCase> all;
  for (const Padding padding : {Padding::same, Padding::valid}) {
    for (const Rate rate : {Rate(1), Rate(2), Rate(3), Rate(1, 2), Rate(3, 1)}) {
      for (const Shape& filters :
           {Shape{3, 3, 2, 3}, Shape{2, 2, 3, 2}, Shape{4, 3, 2, 1}, Shape{1, 2, 1, 3}}) {
        all.push_back({filters, rate, padding});
      }
    }
  }
  return all;
}

TEST(HeartOrders, AtrousConv2d) {
  double worst = 0;
  for (const HeartCase& c : heart_cases()) {
    const std::int64_t h = (c.filters[0] - 1) * c.rate.height, w = (c.filters[1] - 1) * c.rate.width;
    const bool same = c.padding == Padding::same;
    const Point at{random64({2, same ? 6 : h + 3, same ? 5 : w + 2, c.filters[2]}, 1),
                   random64(c.filters, 2)};
    expect_orders(
        [&](const Variable& x, const Variable& f) { return atrous_conv2d(x, f, c.rate, c.padding); }, at,
        c.text(), worst);
  }
  RecordProperty("worst_relative_error", text(worst));
}

TEST(HeartOrders, AtrousConv2dTranspose) {
  double worst = 0;
  for (const HeartCase& c : heart_cases()) {
    const Point at{random64({2, 5, 4, c.filters[3]}, 1), random64(c.filters, 2)};
    expect_orders([&](const Variable& x,
                      const Variable& f) { return atrous_conv2d_transpose(x, f, c.rate, c.padding); },
                  at, c.text(), worst);
  }
  RecordProperty("worst_relative_error", text(worst));
}

}  // namespace
}  // namespace trous
