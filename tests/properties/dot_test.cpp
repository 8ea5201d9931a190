// <A x, y> = <x, A^T y> for everything linear, with A^T y as vjp gives it: to round-off on random numbers,
// and bit for bit on small integers, where every sum is exact.
#include <cmath>
#include <op_catalogue.h>
#include <properties/conformance.h>
#include <properties/pairing.h>

#include <gtest/gtest.h>

#include <trous/core/random.h>

namespace trous::catalogue {
namespace {

Tensor seed_for(const Line& line, const std::vector<Tensor>& inputs) {
  const Variable y = line.call({inputs.begin(), inputs.end()});
  return uniform(y.shape(), y.dtype(), Key{11}, -4.5, 4.5);
}

class DotTest : public testing::TestWithParam<Line> {};

TEST_P(DotTest, HoldsToRoundOff) {
  const Line& line = GetParam();
  for (const std::uint64_t seed : {1, 2, 3}) {
    for (const auto& slots : linear_slots(line)) {
      const std::vector<Tensor> inputs = sample(line, DType::float64, seed);
      const Pairing p = paired(line, inputs, slots, seed_for(line, inputs));
      EXPECT_GT(p.size, 1e-3);
      EXPECT_LE(std::abs(p.out - p.in), p.bound) << p.out << " and " << p.in;
      // What trous promises of every line, whatever its size.
      EXPECT_LE(std::abs(p.out - p.in), 1e-12 * p.size) << p.out << " and " << p.in;
      conformance::note(line, conformance::Property::dot_test, std::abs(p.out - p.in) / p.size);
    }
  }
}

TEST_P(DotTest, HoldsExactlyOnIntegers) {
  const Line& line = GetParam();
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const auto& slots : linear_slots(line)) {
      const std::vector<Tensor> inputs = integer_sample(line, dtype);
      const Tensor y = map(seed_for(line, inputs), [](auto v) { return std::round(v); });
      const Pairing p = paired(line, inputs, slots, y);
      EXPECT_GT(p.size, 0);
      // Weights such as 1/3 are rounded.
      EXPECT_LE(std::abs(p.out - p.in), line.exact ? 0 : p.bound) << dtype;
      if (dtype == DType::float64)
        conformance::note(line, conformance::Property::dot_test, std::abs(p.out - p.in) / p.size);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, DotTest, testing::ValuesIn(lines_of({Kind::linear, Kind::trilinear})),
                         LineName());

}  // namespace
}  // namespace trous::catalogue
