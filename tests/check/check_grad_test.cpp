// The checker is what every other gradient is trusted on, so it must pass what is right, at every order, and
// fail what is wrong in each of the ways that rules go wrong.
#include <autograd/toy_ops.h>
#include <cmath>
#include <core/thrown.h>
#include <limits>
#include <regex>

#include <gtest/gtest.h>

#include <trous/autograd/recording.h>
#include <trous/check/check_grad.h>
#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;
using Inputs = std::vector<Variable>;

// sin(x) whose rule is `rule`.
Variable sine_with(const Variable& x, std::function<Variable(const Vjp&)> rule) {
  return record({"sine"}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](double v) { return std::sin(v); }); },
                {Rule(std::move(rule))});
}
Variable right_rule(const Vjp& v) { return times(v.grad(), sine(v.input(0), 1)); }

GradReport check_sine(std::function<Variable(const Vjp&)> rule, const GradCheckOptions& options = {}) {
  return check_grad(
      "sine", [rule](const Inputs& in) { return sine_with(in[0], rule); }, {draw({4}, 1)}, options);
}

// "-0.123", "4.5e-07", "nan": any number as a stream prints it.
const std::string number = R"((-?[0-9.]+(e[+-][0-9]+)?|-?nan|-?inf))";

// One row of the report, and no other, is wrong: there, by that much, and for that reason.
void expect_one_failure(const GradReport& report, int input, int order, const std::string& error,
                        const std::string& cause = "[^\n]*") {
  const std::regex line("check_grad: " + report.name + ", input " + std::to_string(input) + ", order " +
                        std::to_string(order) + ", (element|direction) [^:\n]*: rule " + number +
                        ", difference " + number + ", relative error " + error +
                        " > 1e-06\\. float64, step " + number + ", seed 7\\.\n  WRONG\\. " + cause +
                        " The difference may be off by " + number + "\\.\n");
  EXPECT_EQ(report.verdict(), Verdict::wrong);
  EXPECT_TRUE(std::regex_match(report.failures(), line)) << report.failures();
}

TEST(CheckGrad, PassesARightOpToOrderThree) {
  const GradReport report = check_sine(right_rule, {.order = 3});
  EXPECT_TRUE(report.passed()) << report;
  EXPECT_EQ(report.failures(), "");
  ASSERT_EQ(report.rows.size(), 3U);
  for (int order = 1; order <= 3; ++order) {
    const GradCheckRow& row = report.rows[static_cast<std::size_t>(order - 1)];
    EXPECT_EQ(row.order, order);
    EXPECT_EQ(row.checked, 16) << "the full Jacobian";
    EXPECT_GT(row.largest, 1e-2);
    EXPECT_LE(row.error, 1e-11);
  }
}

TEST(CheckGrad, HasARowPerOrderAndInput) {
  const auto f = [](const Inputs& in) { return times(sine(in[0]), exponential(in[1])); };
  const GradReport report = check_grad("f", f, {draw({3}, 1), draw({3}, 2)}, {.order = 2});
  EXPECT_TRUE(report.passed()) << report;
  ASSERT_EQ(report.rows.size(), 4U);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(report.rows[static_cast<std::size_t>(i)].order, i / 2 + 1);
    EXPECT_EQ(report.rows[static_cast<std::size_t>(i)].input, i % 2);
  }
}

TEST(CheckGrad, FailsAWrongSign) {
  expect_one_failure(check_sine([](const Vjp& v) { return scale(right_rule(v), -1); }), 0, 1, "2\\.0e\\+00",
                     "The rule is -1 times the difference everywhere: a sign\\.");
}

TEST(CheckGrad, FailsAFactorOfTwo) {
  expect_one_failure(check_sine([](const Vjp& v) { return scale(right_rule(v), 2); }), 0, 1, "5\\.0e-01");
}

TEST(CheckGrad, FailsAnErrorOfOneInAHundredThousand) {
  expect_one_failure(check_sine([](const Vjp& v) { return scale(right_rule(v), 1 + 1e-5); }), 0, 1,
                     "1\\.0e-05");
}

// Without a tolerance what counts is what can be told, which is eleven digits here.
TEST(CheckGrad, TellsElevenDigits) {
  const auto off_by = [](double relative) {
    return check_sine([relative](const Vjp& v) { return scale(right_rule(v), 1 + relative); },
                      {.tolerance = 0})
        .verdict();
  };
  EXPECT_EQ(off_by(0), Verdict::pass);
  EXPECT_EQ(off_by(1e-10), Verdict::wrong);
}

// x used twice, and the cotangent of one use forgotten.
TEST(CheckGrad, FailsAMissingAccumulation) {
  const auto f = [](const Inputs& in) { return times(in[0], detach(in[0])); };
  expect_one_failure(check_grad("product", f, {draw({4}, 1)}), 0, 1, "5\\.0e-01");
}

// The first derivative is right to the bit; only the path that differentiates it again is not.
TEST(CheckGrad, FailsAtOrderTwoWhatIsWrongOnlyThere) {
  const auto rule = [](const Vjp& v) {
    const Variable slope = record(
        {"cosine"}, {v.input(0)},
        [](std::span<const Tensor> in) { return map(in[0], [](double e) { return std::cos(e); }); },
        {[](const Vjp& inner) { return times(inner.grad(), sine(inner.input(0))); }});  // the sign is lost
    return times(v.grad(), slope);
  };
  const GradReport report = check_sine(rule, {.order = 2});
  ASSERT_EQ(report.rows.size(), 2U);
  EXPECT_TRUE(report.rows[0].passed()) << report;
  expect_one_failure(report, 0, 2, "2\\.0e\\+00");
}

TEST(CheckGrad, FailsOnlyTheInputWhoseRuleIsWrong) {
  const auto f = [](const Inputs& in) {
    return times(in[0], sine_with(in[1], [](const Vjp& v) { return scale(right_rule(v), 2); }));
  };
  expect_one_failure(check_grad("f", f, {draw({3}, 1), draw({3}, 2)}), 1, 1, "5\\.0e-01");
}

TEST(CheckGrad, ReportsTheNumbersOfTheWorstCoordinate) {
  const auto f = [](const Inputs& in) {
    return record({"identity"}, {in[0]}, [](std::span<const Tensor> values) { return values[0]; },
                  {[](const Vjp& v) {
                    return times(v.grad(), Variable(vec({1, 1, 5, 2})));
                  }});
  };
  const GradReport report = check_grad("identity", f, {vec({0.1, 0.2, 0.3, 0.4})});
  ASSERT_EQ(report.rows.size(), 1U);
  const GradCheckRow& row = report.rows[0];
  EXPECT_EQ(row.where, "element [2], element [2] of the result");
  EXPECT_EQ(row.rule, 5);
  EXPECT_NEAR(row.difference, 1, 1e-11);
  EXPECT_EQ(row.error, 0.8);
}

TEST(CheckGrad, FailsNaNInARule) {
  const GradReport report =
      check_sine([](const Vjp& v) { return scale(v.grad(), std::numeric_limits<double>::quiet_NaN()); });
  expect_one_failure(report, 0, 1, "inf");
  EXPECT_TRUE(std::isnan(report.rows[0].rule));
}

TEST(CheckGrad, FailsAnInfiniteRule) {
  const auto rule = [](const Vjp& v) { return scale(v.grad(), std::numeric_limits<double>::infinity()); };
  expect_one_failure(check_sine(rule), 0, 1, "inf");
}

TEST(CheckGrad, TakesRandomDirectionsThroughALargeInput) {
  const auto f = [](double factor) {
    return [factor](const Inputs& in) {
      return record({"sine"}, {in[0]},
                    [](std::span<const Tensor> v) { return map(v[0], [](double e) { return std::sin(e); }); },
                    {[factor](const Vjp& v) {
                      Tensor mask = Tensor::ones({500}, DType::float64);
                      mask.mutable_values<double>()[417] = factor;
                      return times(right_rule(v), Variable(mask));
                    }});
    };
  };
  const GradReport right = check_grad("sine", f(1), {draw({500}, 1)}, {.order = 2});
  EXPECT_TRUE(right.passed()) << right;
  EXPECT_EQ(right.rows[0].checked, 24);
  // One element of 500 is enough: every direction has a part of it.
  EXPECT_FALSE(check_grad("sine", f(1.1), {draw({500}, 1)}).passed());
  EXPECT_EQ(check_grad("sine", f(1), {draw({500}, 1)}, {.max_coordinates = 5}).rows[0].checked, 5);
}

// What checks nothing must not pass.
TEST(CheckGrad, RefusesToCheckNothing) {
  const auto f = [](const Inputs& in) { return sine(in[0]); };
  EXPECT_EQ(thrown<ShapeError>([&] {
              check_grad("sine", f, {Tensor::zeros({0, 3}, DType::float64)});
            }),
            "check_grad: sine, input 0 is [0, 3], which has no element to vary. Give a batch of 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([&] { check_grad("sine", f, {}); }),
            "check_grad: sine has no inputs. Give at least one.");
  EXPECT_EQ(
      thrown<ArgumentError>([&] { check_grad("sine", f, {draw({3}, 1)}, {.order = 0}); }),
      "check_grad: sine: order 0, max_coordinates 24, step 0.0625, tolerance 1e-06 and 0 of the largest, "
      "sharpness 1e-06. Orders and coordinates count from 1, step and sharpness are above 0, tolerances 0 or "
      "more.");
  EXPECT_EQ(thrown<ArgumentError>([&] {
              check_grad("sine", f, {draw({3}, 1)}, {.negligible = {0, 0}});
            }),
            "check_grad: sine: negligible has 2 numbers for 1 inputs. Give one for each, or none.");
  EXPECT_EQ(thrown<ArgumentError>([&] { check_grad("sine", f, {draw({3}, 1)}, {.negligible = {-1}}); }),
            "check_grad: sine: negligible -1. Give 0 or more.");
}

TEST(CheckGrad, ARowOfZerosSaysSo) {
  const GradReport report = check_grad("step", [](const Inputs& in) { return step(in[0]); }, {draw({3}, 1)});
  EXPECT_TRUE(report.passed()) << report;
  EXPECT_EQ(report.rows[0].largest, 0);
}

TEST(CheckGrad, PrintsATableAndThenTheFailures) {
  const GradReport report = check_sine([](const Vjp& v) { return scale(right_rule(v), 2); });
  const std::regex shape(
      "sine: rules against differences, float64\n"
      "  order  input    checked          rule    difference       largest     error  verdict\n"
      "      1  input 0 +16 +" +
      number + " +" + number + " +" + number +
      "   5\\.0e-01  WRONG\n"
      "check_grad: sine, input 0, order 1, [^\n]*\n  WRONG\\. [^\n]*\n");
  EXPECT_TRUE(std::regex_match(text(report), shape)) << report;
}

TEST(CheckGrad, PrintsTheOptionsItWasGiven) {
  const GradReport report =
      check_sine([](const Vjp& v) { return scale(right_rule(v), 2); }, {.tolerance = 2.5e-7, .seed = 11});
  const std::regex shape("[^\n]*5\\.0e-01 > 2\\.5e-07\\. float64, step " + number + ", seed 11\\.\n[^\n]*\n");
  EXPECT_TRUE(std::regex_match(report.failures(), shape)) << report.failures();
}

TEST(CheckGrad, RepeatsItself) {
  const GradReport a = check_sine(right_rule, {.order = 2}), b = check_sine(right_rule, {.order = 2});
  EXPECT_EQ(text(a), text(b));
}

TEST(CheckGrad, NeedsFloat64) {
  const auto f = [](const Inputs& in) { return times(in[0], in[1]); };
  EXPECT_EQ(thrown<DTypeError>([&] {
              check_grad("product", f, {draw({2}, 1), Tensor::ones({2}, DType::float32)});
            }),
            "check_grad: product, input 1 is float32. Differences need float64: cast it.");
}

TEST(CheckGrad, OfARuleWithoutASecondOrderIsAGraphErrorAtOrderTwo) {
  const auto rule = [](const Vjp& v) {
    return Variable(
        zip(v.input(0).value(), v.grad().value(), [](double x, double g) { return std::cos(x) * g; }));
  };
  EXPECT_TRUE(check_sine(rule).passed());
  EXPECT_EQ(thrown<GraphError>([&] { check_sine(rule, {.order = 2}); }),
            "sine: the rule of input 0 is computed from values, not from ops; it has no second order. Write "
            "it with ops, or differentiate once with CreateGraph::no.");
}

TEST(CheckGrad, WorksWhereTheCallerEvaluates) {
  const Recording evaluation(Recording::nothing);
  EXPECT_TRUE(check_sine(right_rule, {.order = 2}).passed());
  EXPECT_EQ(Recording::mode(), Recording::nothing);
}

}  // namespace
}  // namespace trous
