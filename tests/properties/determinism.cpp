// Two runs give the same bits, value and gradients.
#include <op_catalogue.h>
#include <properties/conformance.h>

#include <gtest/gtest.h>

namespace trous::catalogue {
namespace {

class Determinism : public testing::TestWithParam<Line> {};

TEST_P(Determinism, TwoRunsGiveTheSameBits) {
  const Line line = with_batches(GetParam(), 50);
  for (const DType dtype : {DType::float32, DType::float64}) {
    const std::vector<Tensor> inputs = sample(line, dtype);
    const Evaluation first = evaluate(line, inputs), second = evaluate(line, inputs);
    EXPECT_TRUE(same_bits(first.value, second.value));
    conformance::note(line, conformance::Property::determinism, 0);
    ASSERT_EQ(first.gradients.size(), second.gradients.size());
    for (std::size_t k = 0; k < first.gradients.size(); ++k) {
      EXPECT_TRUE(same_bits(first.gradients[k], second.gradients[k])) << "gradient " << k;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Determinism, testing::ValuesIn(lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
