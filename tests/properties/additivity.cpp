// f(x + e) - f(x) = f(e) for everything linear, slot by slot, with e each unit of the slot: a difference with
// step 1, which needs no small step where there is nothing to truncate. Exact on small integers.
#include <algorithm>
#include <cmath>
#include <op_catalogue.h>
#include <properties/conformance.h>
#include <properties/oracles.h>

#include <gtest/gtest.h>

namespace trous::catalogue {
namespace {

std::vector<double> numbers(const Line& line, const std::vector<Tensor>& inputs) {
  return line.call({inputs.begin(), inputs.end()}).value().to_vector<double>();
}

Tensor with_added(const Tensor& x, std::size_t place, double term) {
  std::vector<double> values = x.to_vector<double>();
  values[place] += term;
  return {x.shape(), values};
}

Tensor zeros_like(const Tensor& x) { return Tensor::zeros(x.shape(), x.dtype()); }

// How far after - base may lie from alone: not at all, or where weights such as 1/3 are rounded, as far as
// each of the three from its oracle.
std::vector<double> allowed(const Line& line, std::initializer_list<std::vector<Tensor>> three,
                            std::size_t elements) {
  std::vector<double> sum(elements);
  if (line.exact) return sum;
  for (const std::vector<Tensor>& inputs : three) {
    const Array loops = expected(line, inputs);
    for (std::size_t i = 0; i < elements; ++i) sum[i] += bound(loops.values[i]);
  }
  return sum;
}

class Additivity : public testing::TestWithParam<Line> {};

TEST_P(Additivity, HoldsInEverySlotWithStep1) {
  const Line& line = GetParam();
  const std::vector<Tensor> x = integer_sample(line, DType::float64);
  const std::vector<double> base = numbers(line, x);
  for (const std::size_t slot : differentiable(line)) {
    double largest = 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(x[slot].elements()); ++k) {
      std::vector<Tensor> stepped = x, unit = x;
      stepped[slot] = with_added(x[slot], k, 1);
      // What is linear in all its slots together is f(e) where the others are 0.
      if (line.kind == Kind::linear) {
        for (const std::size_t other : differentiable(line)) unit[other] = zeros_like(x[other]);
      }
      unit[slot] = with_added(zeros_like(x[slot]), k, 1);
      const std::vector<double> after = numbers(line, stepped), alone = numbers(line, unit);
      const std::vector<double> most = allowed(line, {x, stepped, unit}, base.size());
      for (std::size_t i = 0; i < base.size(); ++i) {
        const long double gap = static_cast<long double>(after[i]) - base[i] - alone[i];
        ASSERT_LE(std::abs(gap), most[i]) << "slot " << slot << ", element " << k << ", result " << i;
        largest = std::max(largest, std::abs(alone[i]));
        conformance::note(line, conformance::Property::additivity,
                          conformance::share(static_cast<double>(std::abs(gap)), most[i]));
      }
    }
    EXPECT_GT(largest, 0) << "slot " << slot << ": a map to zero is additive too";
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Additivity, testing::ValuesIn(lines_of({Kind::linear, Kind::trilinear})),
                         LineName());

}  // namespace
}  // namespace trous::catalogue
