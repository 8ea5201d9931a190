// Every rule against differences, to order 3, each order against differences of the one below, in float64.
// The op is wrapped in tanh, so that a linear map too has a third derivative, and no row of zeros passes for
// a check.
//
// There is no tolerance: a rule may be off by ten times the error that the differences and its own round-off
// are measured to have, and this error must be below 1e-9 of the largest derivative.
#include <op_catalogue.h>
#include <properties/conformance.h>
#include <properties/curved.h>

#include <gtest/gtest.h>

#include <trous/check/check_grad.h>

namespace trous::catalogue {
namespace {

using conformance::Property;
constexpr Property orders[] = {Property::order_1, Property::order_2, Property::order_3};

class Gradients : public testing::TestWithParam<Line> {};

TEST_P(Gradients, AgreeWithDifferencesToOrder3) {
  const Line& line = GetParam();
  const Curved f = curved(line);
  const GradReport report =
      check_grad(line.name(), f.function, f.at, {.order = 3, .tolerance = 0, .sharpness = 1e-9});
  EXPECT_TRUE(report.passed()) << report;
  ASSERT_EQ(report.rows.size(), 3 * f.at.size());
  for (const GradCheckRow& row : report.rows) {
    EXPECT_GT(row.largest, 1e-3) << "input " << row.input << ", order " << row.order << " proves little";
    conformance::note(line, orders[row.order - 1], row.error, row.checked);
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Gradients, testing::ValuesIn(differentiable_lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
