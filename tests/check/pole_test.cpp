// Next to a pole the first steps of a difference jump over it. A verdict must not rest on what they see
// there.
#include <autograd/toy_ops.h>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <trous/check/check_grad.h>

namespace trous {
namespace {

using namespace toy;
using Inputs = std::vector<Variable>;
using Real = std::function<double(double)>;

struct Curve {
  std::string name;
  Real value, slope;
  double at;
};

std::ostream& operator<<(std::ostream& stream, const Curve& c) { return stream << c.name; }

// f(x), whose rule gives `factor` times its slope.
GradReport check(const Curve& c, double factor = 1, std::vector<double> beside = {}) {
  beside.insert(beside.begin(), c.at);
  const auto f = [&](const Inputs& in) {
    return record({"curve"}, {in[0]}, [&](std::span<const Tensor> x) { return map(x[0], c.value); },
                  {[&](const Vjp& v) {
                    return times(v.grad(),
                                 map(v.input(0).value(), [&](double x) { return factor * c.slope(x); }));
                  }});
  };
  return check_grad(c.name, f, {vec(beside)});
}

const Curve near_reciprocal{"reciprocal", [](double x) { return 1 / x; },
                            [](double x) { return -1 / (x * x); }, 1e-12};
const Curve reciprocal_square{"reciprocal_square", [](double x) { return 1 / (x * x); },
                              [](double x) { return -2 / (x * x * x); }, 1e-12};
const Curve logarithm{"logarithm", [](double x) { return std::log(x); }, [](double x) { return 1 / x; },
                      1e-13};
const Curve near_root{"root", [](double x) { return std::sqrt(x); },
                      [](double x) { return 0.5 / std::sqrt(x); }, 1e-13};
const Curve cube_root{"cube_root", [](double x) { return std::cbrt(x); },
                      [](double x) { return 1 / (3 * std::cbrt(x) * std::cbrt(x)); }, 1e-12};

Curve moved_curve(const Curve& c, const std::string& name, double at) { return {name, c.value, c.slope, at}; }

class NextToAPole : public testing::TestWithParam<Curve> {};

// Steps that are short enough decide: for the rule, and against a wrong one.
TEST_P(NextToAPole, ceres_solver_121_ShortStepsDecide) {
  const GradReport right = check(GetParam());
  EXPECT_TRUE(right.passed()) << right;
  for (const double factor : {-1.0, 0.5, 2.0, 1.001}) {
    const GradReport wrong = check(GetParam(), factor);
    EXPECT_EQ(wrong.verdict(), Verdict::wrong) << factor << '\n' << wrong;
  }
  const GradReport among_others = check(GetParam(), 1, {0.5, 2});
  EXPECT_TRUE(among_others.passed()) << among_others;
  EXPECT_EQ(check(GetParam(), 1.001, {0.5, 2}).verdict(), Verdict::wrong);
}

INSTANTIATE_TEST_SUITE_P(Poles, NextToAPole,
                         testing::Values(near_reciprocal,
                                         moved_curve(near_reciprocal, "reciprocal_of_a_negative", -1e-12),
                                         moved_curve(near_reciprocal, "reciprocal_further", 1e-4),
                                         moved_curve(near_reciprocal, "reciprocal_nearer", 1e-25),
                                         reciprocal_square, logarithm,
                                         moved_curve(logarithm, "logarithm_further", 1e-7),
                                         moved_curve(logarithm, "logarithm_nearer", 1e-30), near_root,
                                         moved_curve(near_root, "root_nearer", 1e-20), cube_root,
                                         Curve{"tangent_far", [](double x) { return std::tan(x); },
                                               [](double x) { return 1 + std::tan(x) * std::tan(x); }, 1.57}),
                         [](const auto& c) { return c.param.name; });

class PoleAmongCoarseNumbers : public testing::TestWithParam<Curve> {};

// Floating-point numbers are too far apart there for steps that stay on one side of the pole.
TEST_P(PoleAmongCoarseNumbers, ceres_solver_225_IsIllConditioned) {
  const GradReport report = check(GetParam());
  EXPECT_EQ(report.verdict(), Verdict::ill_conditioned) << report;
  const GradReport among_others = check(GetParam(), 1, {0.5, 0.25});
  EXPECT_EQ(among_others.verdict(), Verdict::ill_conditioned) << among_others;
}

const Real quotient = [](double x) { return x / (x - 1); };
const Real quotient_slope = [](double x) { return -1 / ((x - 1) * (x - 1)); };
const Real tangent = [](double x) { return std::tan(x); };
const Real tangent_slope = [](double x) { return 1 + std::tan(x) * std::tan(x); };
constexpr double half_pi = 1.57079632679489661923;

INSTANTIATE_TEST_SUITE_P(
    Poles, PoleAmongCoarseNumbers,
    testing::Values(Curve{"quotient", quotient, quotient_slope, 1 + 1e-12},
                    Curve{"quotient_below", quotient, quotient_slope, 1 - 1e-13},
                    Curve{"quotient_next_to_1", quotient, quotient_slope,
                          1 + std::numeric_limits<double>::epsilon()},
                    Curve{"tangent", tangent, tangent_slope, half_pi},
                    Curve{"tangent_near", tangent, tangent_slope, half_pi - 1e-13},
                    Curve{"square_of_the_distance", [](double x) { return 1 / ((x - 1) * (x - 1)); },
                          [](double x) { return -2 / ((x - 1) * (x - 1) * (x - 1)); }, 1 + 1e-13}),
    [](const auto& c) { return c.param.name; });

// The text says how near the pole is, and why no step decides.
TEST(PoleAmongCoarseNumberText, ceres_solver_1206_TellsTheStepsThatWouldDecide) {
  const GradReport report = check(Curve{"quotient", quotient, quotient_slope, 1 + 1e-12});
  EXPECT_EQ(
      report.rows[0].explanation,
      "Differences grow the shorter their steps are, down to 9.1e-13: a pole lies about as near. Only steps "
      "far below that would decide, and the inputs move by no less than 2.2e-16. Move the inputs away from "
      "the pole, or let f take the distance from it as its input.");
}

}  // namespace
}  // namespace trous
