// Every op of the library says what it costs, its gradients' ops too: none may be "unknown" in a table.
#include <op_catalogue.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/observe.h>
#include <trous/autograd/recording.h>

namespace trous::catalogue {
namespace {

class Costs : public testing::TestWithParam<Line> {};

TEST_P(Costs, AreSaidByEveryOp) {
  const Recording everything(Recording::everything);
  const Observe scope(
      [](const OpEvaluation& e) { EXPECT_NE(e.op.pixels.multiply_adds(Taps::all), std::nullopt) << e.op; });
  const Tracked at = tracked(GetParam(), sample(GetParam(), DType::float64));
  const Variable y = GetParam().call(at.inputs);
  if (at.leaves.empty() || !y.tracked()) return;
  for (const CreateGraph graph : {CreateGraph::no, CreateGraph::yes}) {
    const std::vector<Variable> gradients = vjp(y, at.leaves, Tensor::ones(y.shape(), y.dtype()), graph);
    if (graph == CreateGraph::no || !gradients[0].tracked()) continue;
    vjp(gradients[0], at.leaves, Tensor::ones(gradients[0].shape(), y.dtype()));
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Costs, testing::ValuesIn(lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
