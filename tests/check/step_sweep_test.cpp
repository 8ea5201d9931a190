// The error of central differences by their step, against what is known of it.
#include <autograd/toy_ops.h>
#include <cmath>
#include <core/thrown.h>
#include <sstream>

#include <gtest/gtest.h>

#include <trous/check/step_sweep.h>
#include <trous/core/error.h>

namespace trous {
namespace {

using namespace toy;
using Inputs = std::vector<Variable>;

StepSweep of_sine(const StepSweepOptions& options = {}) {
  return sweep_steps(
      "sine", [](const Inputs& in) { return sine(in[0]); }, {vec({0.7})}, options);
}

// (sin(x + h) - sin(x - h)) / 2h = cos(x) sin(h) / h: relative error h^2 / 6, as long as round-off is less.
TEST(StepSweep, TruncationFallsAsTheSquareOfTheStep) {
  for (const StepSweepPoint& point : of_sine().points) {
    if (point.step < 1e-3) break;
    EXPECT_NEAR(point.error, 1 - std::sin(point.step) / point.step, 1e-12) << point.step;
  }
}

// Either value is off by about half an epsilon of itself.
TEST(StepSweep, RoundOffGrowsAsTheStepFalls) {
  double largest = 0;
  for (const StepSweepPoint& point : of_sine().points) {
    if (point.step > 1e-7) continue;
    EXPECT_LT(point.error, 0x1p-51 / point.step) << point.step;
    largest = std::max(largest, point.error * point.step / 0x1p-53);
  }
  EXPECT_GT(largest, 0.1) << "no round-off was seen";
}

TEST(StepSweep, TheBestStepLiesBetweenAndExtrapolationBeatsIt) {
  const StepSweep sweep = of_sine();
  EXPECT_GT(sweep.best().step, 1e-7);
  EXPECT_LT(sweep.best().step, 1e-4);
  EXPECT_LT(sweep.best().error, 1e-9);
  EXPECT_LT(sweep.extrapolation_error, 1e-12);
  EXPECT_NEAR(sweep.extrapolated, sweep.rule, 1e-12);
}

TEST(StepSweep, TakesTheStepsThatItIsAskedFor) {
  const StepSweep sweep = of_sine({.largest = 0.1, .smallest = 1e-5, .steps_per_decade = 1});
  ASSERT_EQ(sweep.points.size(), 5U);
  for (int i = 0; i < 5; ++i)
    EXPECT_NEAR(sweep.points[static_cast<std::size_t>(i)].step, std::pow(10, -1 - i),
                1e-3 * std::pow(10, -1 - i));
}

TEST(StepSweep, TakesHigherOrders) {
  const StepSweep sweep = of_sine({.order = 2});
  EXPECT_LT(sweep.extrapolation_error, 1e-11);
  EXPECT_NE(sweep.rule, of_sine().rule);
}

TEST(StepSweep, PrintsALinePerStepAndTheBest) {
  std::ostringstream printed;
  printed << of_sine({.largest = 0.1, .smallest = 1e-2, .steps_per_decade = 1});
  const std::string text = printed.str();
  EXPECT_TRUE(
      text.starts_with("sine, order 1, input 0: the error of central differences by their step\n"
                       "     step          difference    error\n"
                       "  1.0e-01"))
      << text;
  EXPECT_NE(
      text.find(
          "The best single step, 1.0e-02, is off by 1.7e-05 of it; several steps, extrapolated to 0, by "),
      std::string::npos)
      << text;
}

TEST(StepSweep, DrawsAPointPerStep) {
  const StepSweep sweep =
      sweep_steps("a < b & c", [](const Inputs& in) { return sine(in[0]); }, {vec({0.7})});
  const std::string svg = sweep.svg();
  std::size_t circles = 0;
  for (std::size_t at = svg.find("<circle"); at != std::string::npos; at = svg.find("<circle", at + 1))
    ++circles;
  EXPECT_EQ(circles, sweep.points.size());
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
  EXPECT_NE(svg.find("a &lt; b &amp; c: relative error"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

// log(-0.3) is no number: such steps are left out.
TEST(StepSweep, LeavesOutStepsThatLeaveTheDomain) {
  const auto f = [](const Inputs& in) {
    return record({"logarithm"}, {in[0]},
                  [](std::span<const Tensor> v) { return map(v[0], [](double x) { return std::log(x); }); },
                  {[](const Vjp& v) {
                    return times(v.grad(), map(v.input(0).value(), [](double x) { return 1 / x; }));
                  }});
  };
  const StepSweep sweep = sweep_steps("logarithm", f, {vec({0.7})});
  EXPECT_LT(sweep.points.front().step, 0.7);
  std::ostringstream printed;
  printed << sweep;
  EXPECT_EQ((printed.str() + sweep.svg()).find("nan"), std::string::npos);
}

TEST(StepSweep, OfAnInputThatIsNotUsed) {
  const StepSweep sweep =
      sweep_steps("sine", [](const Inputs& in) { return sine(in[0]); }, {vec({0.7}), vec({1})}, {.input = 1});
  EXPECT_EQ(sweep.best().error, 0);
  std::ostringstream printed;
  printed << sweep << sweep.svg();
  EXPECT_EQ(printed.str().find("nan"), std::string::npos);
}

TEST(StepSweep, Errors) {
  EXPECT_EQ(thrown<ArgumentError>([] { of_sine({.input = 1}); }),
            "sweep_steps: sine: order 1, input 1 of 1, steps 1 to 1e-14, 2 per decade. Orders count from 1, "
            "inputs from "
            "0; the largest step is above the smallest, which is above 0.");
}

}  // namespace
}  // namespace trous
