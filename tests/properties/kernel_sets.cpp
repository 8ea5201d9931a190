// Every line on the fast kernels, for each instruction set, gives what it gives on the reference kernels.
#include <cmath>
#include <op_catalogue.h>
#include <ops/with_kernels.h>

#include <gtest/gtest.h>

namespace trous::catalogue {
namespace {

// float64 has 29 bits more than the float32 that the inputs come from; sums of at most some thousand terms
// lose few.
void expect_near(const Tensor& got, const Tensor& expected, const std::string& what) {
  ASSERT_EQ(got.shape(), expected.shape()) << what;
  const std::vector<double> a = got.cast(DType::float64).to_vector<double>();
  const std::vector<double> b = expected.cast(DType::float64).to_vector<double>();
  double largest = 1;
  for (const double value : b) largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : largest;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (a[i] == b[i]) continue;
    ASSERT_LE(std::abs(a[i] - b[i]), 1e-12 * largest) << what << ", element " << i;
  }
}

class KernelSets : public testing::TestWithParam<Line> {};

TEST_P(KernelSets, GiveTheSameOnEveryInstructionSet) {
  const Line line = with_batches(GetParam(), 3);
  const std::vector<Tensor> inputs = sample(line, DType::float64);
  const auto on_reference = [&] {
    const WithKernels reference(KernelSet::reference);
    return evaluate(line, inputs);
  };
  const Evaluation expected = on_reference();
  for (const std::string& target : simd_targets()) {
    const WithKernels fast(target);
    const Evaluation got = evaluate(line, inputs);
    expect_near(got.value, expected.value, target + ", value");
    ASSERT_EQ(got.gradients.size(), expected.gradients.size());
    for (std::size_t k = 0; k < got.gradients.size(); ++k)
      expect_near(got.gradients[k], expected.gradients[k], text(target, ", gradient ", k));
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, KernelSets, testing::ValuesIn(lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
