// Every line's value is that of its oracle, loops from the definition: on every set of kernels, within the
// bound that the loops derive for float32 and float64; and equal where small integers make every sum exact.
#include <algorithm>
#include <ops/with_kernels.h>
#include <properties/conformance.h>
#include <properties/oracles.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/core/random.h>

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

conformance::Property column(const std::string& set) {
  return set == "reference" ? conformance::Property::value_reference : conformance::Property::value;
}

void expect_loops_to_round_off(const Line& line) {
  for (const std::uint64_t seed : {1, 2}) {
    const std::vector<Tensor> wide = sample(line, DType::float64, seed);
    const std::vector<Tensor> narrow = sample(line, DType::float32, seed);
    const Array loops = expected(line, wide);
    for (const std::string& set : kernel_sets()) {
      const WithKernels on = with(set);
      for (const std::vector<Tensor>* inputs : {&wide, &narrow}) {
        const Tensor y = value(line, *inputs);
        expect_oracle(y, loops, set + (inputs == &wide ? ", float64" : ", float32"));
        conformance::note(line, column(set), share_of_bound(y, loops), y.elements());
      }
    }
  }
}

void expect_loops_on_integers(const Line& line) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const std::vector<Tensor> inputs = integer_sample(line, dtype);
    for (const std::string& set : kernel_sets()) {
      const WithKernels on = with(set);
      expect_equal(value(line, inputs), expected(line, inputs), text(set, ", ", dtype, ", integers"));
    }
  }
}

class Values : public testing::TestWithParam<Line> {};

TEST_P(Values, AreThoseOfTheLoops) {
  const Line& line = GetParam();
  for (const std::int64_t factor : {1, 3}) expect_loops_to_round_off(with_batches(line, factor));
  const bool sums_products = line.kind == Kind::linear || line.kind == Kind::trilinear;
  if (sums_products && line.exact) expect_loops_on_integers(line);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Values, testing::ValuesIn(lines()), LineName());

Tensor small_seed_of(const Line& line, const std::vector<Tensor>& inputs) {
  return uniform(value(line, inputs).shape(), DType::float32, Key{17}, -1, 1);
}

// Rules that are kernels of their own: batch norm's and cross-entropy's.
std::vector<Line> lines_with_gradient_loops() {
  std::vector<Line> found;
  for (const Line& line : differentiable_lines()) {
    const std::vector<Tensor> inputs = sample(line, DType::float64);
    if (!expected_gradients(line, inputs, small_seed_of(line, inputs)).empty()) found.push_back(line);
  }
  return found;
}

class GradientLoops : public testing::TestWithParam<Line> {};

TEST_P(GradientLoops, AreWhatTheRulesGive) {
  const Line line = with_batches(GetParam(), 3);
  for (const DType dtype : {DType::float32, DType::float64}) {
    const std::vector<Tensor> inputs = sample(line, dtype);
    const Tensor seed = small_seed_of(line, inputs);
    const std::vector<Array> loops = expected_gradients(line, inputs, seed);
    for (const std::string& set : kernel_sets()) {
      const WithKernels on = with(set);
      const Tracked at = tracked(line, inputs);
      const std::vector<Variable> gradients = vjp(line.call(at.inputs), at.leaves, seed.cast(dtype));
      ASSERT_EQ(gradients.size(), loops.size());
      for (std::size_t k = 0; k < loops.size(); ++k) {
        const Tensor& g = gradients[k].value();
        expect_oracle(g, loops[k], text(set, ", ", dtype, ", gradient ", k));
        conformance::note(line, conformance::Property::kernels, share_of_bound(g, loops[k]), g.elements());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, GradientLoops, testing::ValuesIn(lines_with_gradient_loops()),
                         LineName());

TEST(Oracles, ThereIsOneForEveryLine) {
  for (const Line& line : lines())
    EXPECT_NE(oracle_of(line), nullptr) << line.name() << ": give it loops in tests/properties/oracles*.cpp";
}

TEST(Oracles, EachIsOfSomeLine) {
  for (const auto& entry : oracles()) {
    const bool used = std::any_of(lines().begin(), lines().end(),
                                  [&](const Line& line) { return oracle_of(line) == &entry.second; });
    EXPECT_TRUE(used) << entry.first;
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
