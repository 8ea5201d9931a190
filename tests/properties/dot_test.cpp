// <A x, y> = <x, A^T y> for everything linear, with A^T y as vjp gives it: to round-off on random numbers,
// and bit for bit on small integers, where every sum is exact.
#include <cmath>
#include <op_catalogue.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/core/map.h>
#include <trous/core/random.h>
#include <trous/ops/cast.h>

namespace trous::catalogue {
namespace {

struct Sides {
  double out, in;  // <A x, y> and <x, A^T y>
  double size;     // |A x| |y|
};

// Differentiates in the inputs `slots`, in which the line must be linear together.
Sides dot_both(const Line& line, const std::vector<Tensor>& inputs, const std::vector<std::size_t>& slots,
               bool integers) {
  std::vector<Variable> all(inputs.begin(), inputs.end()), leaves;
  for (const std::size_t i : slots) {
    all[i] = track(inputs[i]);
    leaves.push_back(all[i]);
  }
  const Variable y = line.call(all);
  Tensor seed = uniform(y.shape(), y.dtype(), Key{11}, -4.5, 4.5);
  if (integers) seed = map(seed, [](auto v) { return std::round(v); });
  const std::vector<Variable> gradients = vjp(y, leaves, seed);
  Sides result{dot(y.value(), seed), 0, std::sqrt(dot(y.value(), y.value()) * dot(seed, seed))};
  for (std::size_t k = 0; k < slots.size(); ++k) result.in += dot(inputs[slots[k]], gradients[k].value());
  return result;
}

// The sets of inputs in which the line is linear.
std::vector<std::vector<std::size_t>> linear_slots(const Line& line) {
  if (line.kind == Kind::linear) return {differentiable(line)};
  std::vector<std::vector<std::size_t>> sets;
  for (const std::size_t i : differentiable(line)) sets.push_back({i});
  return sets;
}

class DotTest : public testing::TestWithParam<Line> {};

TEST_P(DotTest, HoldsToRoundOff) {
  const Line& line = GetParam();
  for (const std::uint64_t seed : {1, 2, 3}) {
    for (const auto& slots : linear_slots(line)) {
      const Sides s = dot_both(line, sample(line, DType::float64, seed), slots, false);
      EXPECT_GT(s.size, 1e-3);
      EXPECT_LE(std::abs(s.out - s.in), 1e-12 * s.size) << s.out << " and " << s.in;
    }
  }
}

TEST_P(DotTest, HoldsExactlyOnIntegers) {
  const Line& line = GetParam();
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const auto& slots : linear_slots(line)) {
      const Sides s = dot_both(line, integer_sample(line, dtype), slots, true);
      EXPECT_GT(s.size, 0);
      if (line.exact) {
        EXPECT_EQ(s.out, s.in) << dtype;
      } else {  // weights such as 1/3, each rounded: two roundings a product, and the sums
        EXPECT_NEAR(s.out, s.in, s.size * (dtype == DType::float32 ? 64 * 0x1p-24 : 64 * 0x1p-53)) << dtype;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, DotTest, testing::ValuesIn(lines_of({Kind::linear, Kind::trilinear})),
                         LineName());

}  // namespace
}  // namespace trous::catalogue
