// No op, no rule and no second rule writes to its inputs, or to the seed.
#include <op_catalogue.h>
#include <properties/conformance.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/core/random.h>

namespace trous::catalogue {
namespace {

// The same elements in memory of their own.
Tensor copy(const Tensor& x) {
  return visit(x.dtype(), [&]<class T> { return Tensor(x.shape(), x.to_vector<T>()); });
}

class InputsUnchanged : public testing::TestWithParam<Line> {};

TEST_P(InputsUnchanged, ByValueAndGradients) {
  const Line& line = GetParam();
  for (const DType dtype : {DType::float32, DType::float64}) {
    std::vector<Tensor> inputs = sample(line, dtype);
    std::vector<Tensor> before;
    for (const Tensor& x : inputs) before.push_back(copy(x));
    const Tracked at = tracked(line, inputs);
    const Variable y = line.call(at.inputs);
    const Tensor value = copy(y.value());
    if (y.tracked()) {
      const Tensor seed = uniform(y.shape(), y.dtype(), Key{3});
      const Tensor seed_before = copy(seed);
      const std::vector<Variable> first = vjp(y, at.leaves, seed, CreateGraph::yes);
      std::vector<Variable> directions;
      for (const Variable& g : first) directions.emplace_back(copy(g.value()));
      vjp(first, at.leaves, directions);
      EXPECT_TRUE(same_bits(seed, seed_before));
    }
    EXPECT_TRUE(same_bits(y.value(), value)) << "the value, after the gradients";
    for (std::size_t i = 0; i < inputs.size(); ++i)
      EXPECT_TRUE(same_bits(inputs[i], before[i])) << "input " << i;
    conformance::note(line, conformance::Property::unchanged, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, InputsUnchanged, testing::ValuesIn(lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
