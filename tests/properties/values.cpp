// Every line's value is that of its oracle, loops from the definition: on every set of kernels, within the
// bound that the loops derive for float64; and equal where small integers make every sum exact.
#include <algorithm>
#include <ops/with_kernels.h>
#include <properties/oracles.h>

#include <gtest/gtest.h>

namespace trous::catalogue {
namespace {

std::vector<std::string> kernel_sets() {
  std::vector<std::string> sets = simd_targets();
  sets.emplace_back("reference");
  return sets;
}

WithKernels with(const std::string& set) {
  return set == "reference" ? WithKernels(KernelSet::reference) : WithKernels(set);
}

Tensor value(const Line& line, const std::vector<Tensor>& inputs) {
  return line.call({inputs.begin(), inputs.end()}).value();
}

class Values : public testing::TestWithParam<Line> {};

TEST_P(Values, AreThoseOfTheLoops) {
  for (const std::int64_t factor : {1, 3}) {
    const Line line = with_batches(GetParam(), factor);
    for (const std::uint64_t seed : {1, 2}) {
      const std::vector<Tensor> inputs = sample(line, DType::float64, seed);
      const Array loops = expected(line, inputs);
      for (const std::string& set : kernel_sets()) {
        const WithKernels on = with(set);
        expect_oracle(value(line, inputs), loops, set);
      }
    }
  }
}

TEST_P(Values, AreEqualOnIntegers) {
  const Line& line = GetParam();
  const bool moves_numbers = line.kind == Kind::linear || line.kind == Kind::trilinear;
  if (!moves_numbers || !line.exact) return;
  for (const DType dtype : {DType::float32, DType::float64}) {
    const std::vector<Tensor> inputs = integer_sample(line, dtype);
    for (const std::string& set : kernel_sets()) {
      const WithKernels on = with(set);
      // Not of sums, but of dropout: which elements are dropped depends on the dtype too.
      if (line.op == "dropout" && dtype == DType::float32) continue;
      expect_equal(value(line, inputs), expected(line, inputs), set);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Values, testing::ValuesIn(lines()), LineName());

TEST(Oracles, ThereIsOneForEveryLine) {
  for (const Line& line : lines())
    EXPECT_NE(oracle_of(line), nullptr) << line.name() << ": give it loops in tests/properties/oracles*.cpp";
}

TEST(Oracles, EachIsOfSomeLine) {
  for (const auto& [key, oracle] : oracles()) {
    const bool used = std::any_of(lines().begin(), lines().end(),
                                  [&](const Line& line) { return oracle_of(line) == &oracle; });
    EXPECT_TRUE(used) << key;
  }
}

// A bound of nothing would compare bits, one of everything nothing.
TEST(Oracles, BoundAFewRoundings) {
  const Rounded third = Rounded(1) / Rounded(3);
  EXPECT_EQ(bound(third), static_cast<double>(1.001L * 0x1p-53L * (1 / 3.0L)));
  Sum sum;
  for (int i = 0; i < 5; ++i) sum += Rounded(i % 2 ? -2 : 2);
  EXPECT_EQ(Rounded(sum).value, 2);
  EXPECT_EQ(Rounded(sum).error, 4 * 10);
  EXPECT_EQ(bound(Rounded(7)), 0);
}

}  // namespace
}  // namespace trous::catalogue
