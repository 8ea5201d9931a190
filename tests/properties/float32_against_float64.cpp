// float32 results lie within round-off of the float64 ones at the same inputs. The bounds are derived: of
// values by the oracle's loops, operation for operation; of gradients of linear lines by n roundings on the
// way to an element, which change it by at most gamma_n = n u / (1 - n u), u = 2^-24, times the sum of its
// absolute terms. Terms and their number are counted on the map's matrix, column by column.
#include <algorithm>
#include <cmath>
#include <op_catalogue.h>
#include <properties/conformance.h>
#include <properties/oracles.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous::catalogue {
namespace {

double gamma(double n) {
  constexpr double u = 0x1p-24;
  return n * u / (1 - n * u);
}

// Per element of a result: how many terms it sums, and the sum of their absolute values.
struct Terms {
  std::vector<double> count, size;
};

Tensor unit(const Shape& shape, std::int64_t i) {
  Tensor e = Tensor::zeros(shape, DType::float64);
  e.mutable_values<double>()[static_cast<std::size_t>(i)] = 1;
  return e;
}

// The terms of f(x) = sum over elements of column * element, f linear.
template <class F>
Terms terms_of(const F& f, const Tensor& x, std::size_t result_elements) {
  Terms terms{std::vector<double>(result_elements), std::vector<double>(result_elements)};
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    const Tensor column = f(unit(x.shape(), i));
    const double element = x.values<double>()[static_cast<std::size_t>(i)];
    for (std::size_t k = 0; k < result_elements; ++k) {
      const double weight = column.values<double>()[k];
      terms.count[k] += weight != 0;
      terms.size[k] += std::abs(weight * element);
    }
  }
  return terms;
}

void expect_close(const Line& line, const Tensor& single, const Tensor& exact, const Terms& terms,
                  double more) {
  ASSERT_EQ(single.shape(), exact.shape());
  const Tensor wide = single.cast(DType::float64);
  for (std::size_t k = 0; k < terms.count.size(); ++k) {
    const double bound = gamma(terms.count[k] + more) * terms.size[k];
    const double gap = std::abs(wide.values<double>()[k] - exact.values<double>()[k]);
    ASSERT_LE(gap, bound) << "element " << k;
    conformance::note(line, conformance::Property::float32, conformance::share(gap, bound));
  }
}

class Float32 : public testing::TestWithParam<Line> {};

TEST_P(Float32, ValueIsWithinRoundOffOfFloat64) {
  const Line& line = GetParam();
  const std::vector<Tensor> single = sample(line, DType::float32), exact = sample(line, DType::float64);
  const Tensor y32 = evaluate(line, single).value.cast(DType::float64), y64 = evaluate(line, exact).value;
  const Array loops = expected(line, exact);
  ASSERT_EQ(y32.shape(), y64.shape());
  for (std::size_t i = 0; i < loops.values.size(); ++i) {
    const double allowed = bound(loops.values[i], DType::float32) + bound(loops.values[i]);
    const double gap = std::abs(y32.values<double>()[i] - y64.values<double>()[i]);
    ASSERT_LE(gap, allowed) << "element " << i;
    conformance::note(line, conformance::Property::float32, conformance::share(gap, allowed));
  }
}

// The gradients of what is linear are linear maps of the seed, and are bounded in the same way.
// Those of other ops are made of ops that have lines of their own.
class Float32Gradient : public testing::TestWithParam<Line> {};

TEST_P(Float32Gradient, IsWithinRoundOffOfFloat64) {
  const Line& line = GetParam();
  const std::vector<Tensor> single = sample(line, DType::float32), exact = sample(line, DType::float64);
  const auto gradients = [&](const std::vector<Tensor>& inputs, const Tensor& seed) {
    const Tracked leaves = tracked(line, inputs);
    const Variable y = line.call(leaves.inputs);
    return vjp(y, leaves.leaves, Variable(seed.cast(y.dtype())));
  };
  const Shape shape = evaluate(line, exact).value.shape();
  const Tensor seed = uniform(shape, DType::float32, Key{8}, -1, 1).cast(DType::float64);
  const auto g32 = gradients(single, seed), g64 = gradients(exact, seed);
  for (std::size_t k = 0; k < g64.size(); ++k) {
    const auto column = [&](const Tensor& e) { return gradients(exact, e)[k].value(); };
    const Terms terms = terms_of(column, seed, static_cast<std::size_t>(g64[k].value().elements()));
    // Each term is a product with a weight that may itself be rounded twice.
    expect_close(line, g32[k].value(), g64[k].value(), terms, 3);
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Float32, testing::ValuesIn(differentiable_lines()), LineName());

INSTANTIATE_TEST_SUITE_P(Catalogue, Float32Gradient,
                         testing::ValuesIn(lines_of({Kind::linear, Kind::trilinear})), LineName());

}  // namespace
}  // namespace trous::catalogue
