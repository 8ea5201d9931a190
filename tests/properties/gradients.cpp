// Every rule against differences, to order 3, each order against differences of the one below, in float64.
// The op is wrapped in tanh, so that a linear map too has a third derivative, and no row of zeros passes for
// a check.
//
// There is no tolerance: a rule may be off by ten times the error that the differences and its own round-off
// are measured to have, and this error must be below 1e-9 of the largest derivative.
#include <algorithm>
#include <cmath>
#include <op_catalogue.h>

#include <gtest/gtest.h>

#include <trous/autograd/check_grad.h>
#include <trous/core/map.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/cast.h>
#include <trous/ops/pointwise.h>

namespace trous::catalogue {
namespace {

class Gradients : public testing::TestWithParam<Line> {};

TEST_P(Gradients, AgreeWithDifferencesToOrder3) {
  const Line& line = GetParam();
  const std::vector<Tensor> inputs = sample(line, DType::float64);
  const double size = std::max(0.5, largest_magnitude(line.call({inputs.begin(), inputs.end()}).value()));
  std::vector<Tensor> differentiated;
  for (const std::size_t i : differentiable(line)) differentiated.push_back(inputs[i]);
  const auto f = [&](const std::vector<Variable>& xs) {
    std::vector<Variable> all(inputs.begin(), inputs.end());
    for (std::size_t k = 0; k < xs.size(); ++k) all[differentiable(line)[k]] = xs[k];
    return tanh(line.call(all) * (1 / size)) * size;
  };
  const GradReport report =
      check_grad(line.name(), f, differentiated, {.order = 3, .tolerance = 0, .sharpness = 1e-9});
  EXPECT_TRUE(report.passed()) << report;
  ASSERT_EQ(report.rows.size(), 3 * differentiated.size());
  for (const GradCheckRow& row : report.rows) {
    EXPECT_GT(row.largest, 1e-3) << "input " << row.input << ", order " << row.order << " proves little";
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Gradients, testing::ValuesIn(differentiable_lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
