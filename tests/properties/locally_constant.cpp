// A locally constant op has derivative exactly zero and ends the path: nothing behind it is computed, so
// that a NaN in the cotangent does not come through.
#include <cmath>
#include <limits>
#include <op_catalogue.h>
#include <properties/conformance.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/cast.h>
#include <trous/ops/reduce.h>

namespace trous::catalogue {
namespace {

class LocallyConstant : public testing::TestWithParam<Line> {};

TEST_P(LocallyConstant, HasZeroGradientAndEndsThePath) {
  const Line& line = GetParam();
  const Tracked at = tracked(line, sample(line, DType::float64));
  const Variable y = line.call(at.inputs);
  EXPECT_EQ(y.tracked(), is_floating(y.dtype()) && !at.leaves.empty()) << "integers are never tracked";
  if (y.tracked()) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<Variable> zeros = vjp(y, at.leaves, Tensor::full(y.shape(), y.dtype(), nan));
    for (const Variable& g : zeros) EXPECT_TRUE(same_bits(g.value(), Tensor::zeros(g.shape(), g.dtype())));
  }
  if (at.leaves.empty()) return;  // whole numbers only: there is nothing to ask a gradient of
  // Beside a path that goes on, it adds nothing.
  const Variable loss = sum(at.leaves[0]) + sum(cast(y, DType::float64));
  const Tensor g = grad(loss, {at.leaves[0]})[0].value();
  EXPECT_TRUE(same_bits(g, Tensor::ones(g.shape(), g.dtype())));
  conformance::note(line, conformance::Property::order_1, 0);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, LocallyConstant, testing::ValuesIn(lines_of({Kind::locally_constant})),
                         LineName());

}  // namespace
}  // namespace trous::catalogue
