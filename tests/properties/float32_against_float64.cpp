// float32 results lie within round-off of the float64 ones at the same inputs. The bound is derived: n
// roundings on the way to an element change it by at most gamma_n = n u / (1 - n u), u = 2^-24, times the
// sum of its absolute terms. For what is linear in an input, terms and their number are counted on the
// map's matrix, column by column; other lines say how many roundings they make, and relative to what.
#include <algorithm>
#include <cmath>
#include <op_catalogue.h>

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

// The terms of f(x) = sum over slots and elements of column * element, f linear in the slots together.
template <class F>
Terms terms_of(const F& f, const std::vector<Tensor>& xs, std::size_t result_elements) {
  Terms terms{std::vector<double>(result_elements), std::vector<double>(result_elements)};
  for (std::size_t slot = 0; slot < xs.size(); ++slot) {
    for (std::int64_t i = 0; i < xs[slot].elements(); ++i) {
      const Tensor column = f(slot, unit(xs[slot].shape(), i));
      const double x = xs[slot].values<double>()[static_cast<std::size_t>(i)];
      for (std::size_t k = 0; k < result_elements; ++k) {
        const double weight = column.values<double>()[k];
        terms.count[k] += weight != 0;
        terms.size[k] += std::abs(weight * x);
      }
    }
  }
  return terms;
}

void expect_close(const Tensor& single, const Tensor& exact, const Terms& terms, double more) {
  ASSERT_EQ(single.shape(), exact.shape());
  const Tensor wide = single.cast(DType::float64);
  for (std::size_t k = 0; k < terms.count.size(); ++k) {
    const double bound = gamma(terms.count[k] + more) * terms.size[k];
    ASSERT_LE(std::abs(wide.values<double>()[k] - exact.values<double>()[k]), bound) << "element " << k;
  }
}

// The line with slot `i` at x and, where it is linear in all slots together, the others at 0.
Tensor at(const Line& line, const std::vector<Tensor>& inputs, std::size_t i, const Tensor& x) {
  std::vector<Variable> all(inputs.begin(), inputs.end());
  if (line.kind == Kind::linear) {
    for (const std::size_t k : differentiable(line))
      all[k] = Tensor::zeros(inputs[k].shape(), DType::float64);
  }
  all[i] = x;
  return line.call(all).value();
}

class Float32 : public testing::TestWithParam<Line> {};

TEST_P(Float32, ValueIsWithinRoundOffOfFloat64) {
  const Line& line = GetParam();
  const std::vector<Tensor> single = sample(line, DType::float32), exact = sample(line, DType::float64);
  const Tensor y32 = evaluate(line, single).value, y64 = evaluate(line, exact).value;
  const auto elements = static_cast<std::size_t>(y64.elements());
  std::vector<Tensor> slots;
  const std::vector<std::size_t> which = differentiable(line);
  if (line.kind == Kind::linear) {
    for (const std::size_t i : which) slots.push_back(exact[i]);
  } else if (line.kind == Kind::trilinear) {
    slots.push_back(exact[which[0]]);
  } else {
    const Tensor size = line.magnitude ? line.magnitude({exact.begin(), exact.end()}).value() : y64;
    Terms terms{std::vector<double>(elements), std::vector<double>(elements)};
    for (std::size_t k = 0; k < elements; ++k) terms.size[k] = std::abs(size.values<double>()[k]);
    return expect_close(y32, y64, terms, line.roundings);
  }
  // Each term is a product with a weight that may itself be rounded twice.
  const auto column = [&](std::size_t slot, const Tensor& e) { return at(line, exact, which[slot], e); };
  expect_close(y32, y64, terms_of(column, slots, elements), 3);
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
    const auto column = [&](std::size_t, const Tensor& e) { return gradients(exact, e)[k].value(); };
    const Terms terms = terms_of(column, {seed}, static_cast<std::size_t>(g64[k].value().elements()));
    expect_close(g32[k].value(), g64[k].value(), terms, 3);
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Float32, testing::ValuesIn(differentiable_lines()), LineName());

INSTANTIATE_TEST_SUITE_P(Catalogue, Float32Gradient,
                         testing::ValuesIn(lines_of({Kind::linear, Kind::trilinear})), LineName());

}  // namespace
}  // namespace trous::catalogue
