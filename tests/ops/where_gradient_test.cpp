// What a mask keeps out of a value it does not keep out of a gradient, in which 0 times infinity is NaN: the
// recipe of `where`, and the names that the checks give to the cause.
#include <cmath>
#include <ops/support.h>

#include <trous/check/check_grad.h>
#include <trous/check/not_finite.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;
using Pointwise = Variable (*)(const Variable&);

Variable masked_outside(const Variable& x, Pointwise f) { return where(greater(x, 0), f(x), 0); }

// The docstring's.
Variable masked_inside(const Variable& x, Pointwise f) {
  const Variable inside = greater(x, 0);
  return where(inside, f(where(inside, x, 1)), 0);
}

const std::string sqrt_remedy =
    " Give sqrt an input inside its domain, as in where(mask, sqrt(where(mask, x, 1)), 0).";

// tinygrad#12409, jax#347, ml-explore/mlx#3668, stan-dev/math#3033: the docstring promised what the first
// form does not keep.
TEST(Where, jax_347_ChoosesTheInputOfAFunctionWithoutASlope) {
  const Variable x = track(f64({4}, {0, 4, -1, 0.25}));
  const Numbers outside = numbers(grad(sum(masked_outside(x, sqrt)), {x})[0]);
  EXPECT_TRUE(std::isnan(outside[0])) << "what the docstring says of this form";
  EXPECT_TRUE(std::isnan(outside[2]));
  EXPECT_EQ(outside[1], 0.25);
  const Variable y = masked_inside(x, sqrt);
  EXPECT_EQ(numbers(y), (Numbers{0, 2, 0, 0.5}));
  const Variable g = grad(sum(y), {x}, CreateGraph::yes)[0];
  EXPECT_EQ(numbers(g), (Numbers{0, 0.25, 0, 1}));
  EXPECT_EQ(numbers(grad(sum(g), {x})[0]), (Numbers{0, -0.03125, 0, -2}));
}

TEST(Where, stan_3033_TheRecipeHoldsForALogarithmAndAPower) {
  const Variable x = track(f64({3}, {0, 2, -1}));
  EXPECT_EQ(numbers(grad(sum(masked_inside(x, log)), {x})[0]), (Numbers{0, 0.5, 0}));
  const Pointwise power = [](const Variable& v) { return pow(v, -0.5); };
  const Numbers slope = numbers(grad(sum(masked_inside(x, power)), {x})[0]);
  EXPECT_EQ(slope[0], 0);
  EXPECT_NEAR(slope[1], -0.5 * std::pow(2, -1.5), 1e-16);
  EXPECT_EQ(slope[2], 0);
}

std::string traced(const Variable& x, const std::function<Variable(const Variable&)>& f) {
  const auto bad = trace_not_finite([&] { grad(sum(f(x)), {x}); });
  return bad ? text(*bad) : "(nothing)";
}

TEST(Where, tinygrad_12409_TheTraceNamesTheFunctionAndTheMask) {
  const Variable x = track(f64({3}, {0, 4, 9}));
  EXPECT_EQ(
      traced(x, [](const Variable& v) { return masked_outside(v, sqrt); }),
      "div, in the rule of sqrt: the output, f64[3], is NaN at [0], and 1 of 3 elements is bad, though all "
      "that it read is finite. Input 0, f64[3] within 0 .. 0.5, is 0 there. Input 1, f64[3] within 0 .. 3, "
      "is 0 there. where made the cotangent 0 there, and 0 times infinity is NaN." +
          sqrt_remedy);
  EXPECT_EQ(traced(x, [](const Variable& v) { return masked_inside(v, sqrt); }), "(nothing)");
}

// Here the value that is masked is bad itself.
TEST(Where, mlx_3668_TheTraceNamesTheMaskOfABadValue) {
  const Variable x = track(f64({2}, {-1, 4}));
  EXPECT_EQ(
      traced(x, [](const Variable& v) { return masked_outside(v, sqrt); }),
      "sqrt: the output, f64[2], is NaN at [0], and 1 of 2 elements is bad, though all that it read is "
      "finite. Input 0, f64[2] within -1 .. 4, is -1 there. where keeps that out of its value, but in a "
      "gradient 0 times infinity is NaN." +
          sqrt_remedy);
}

// A power's slope is infinite first, and meets the cotangent in another op; relu masks as where does.
TEST(Where, TheTraceNamesOtherMasksAndOtherFunctions) {
  const Variable x = track(f64({2}, {0, 4}));
  const std::string power = traced(x, [](const Variable& v) { return where(greater(v, 0), pow(v, 0.5), 0); });
  EXPECT_EQ(power.substr(0, power.find(':')), "pow (exponent -0.5), in the rule of pow (exponent 0.5)")
      << power;
  EXPECT_NE(power.find(" where made the cotangent 0 there, and 0 times infinity is NaN. Give pow an input"),
            std::string::npos)
      << power;
  const std::string rectified = traced(x, [](const Variable& v) { return relu(sqrt(v)); });
  EXPECT_NE(rectified.find(" relu made the cotangent 0 there,"), std::string::npos) << rectified;
  // A factor behind the root passes a 0 on, and makes none; nor does a comparison hide a bad value.
  const std::string scaled = traced(x, [](const Variable& v) {
    return where(greater(v, 0), sqrt(v) * f64({2}, {2, 3}), 0);
  });
  EXPECT_NE(scaled.find(" where made the cotangent 0 there,"), std::string::npos) << scaled;
  const std::string compared = traced(x, [](const Variable& v) {
    const Variable y = log(v);
    return where(greater(y, -5), y, -5);
  });
  EXPECT_NE(compared.find(" where keeps that out of its value,"), std::string::npos) << compared;
  const std::string plain = traced(x, [](const Variable& v) { return pow(v, 0.5); });
  EXPECT_EQ(plain.find("cotangent"), std::string::npos) << plain;
}

std::string why(double x, const std::function<Variable(const Variable&)>& f, Verdict verdict) {
  const GradReport report =
      check_grad("f", [&](const std::vector<Variable>& in) { return f(in[0]); }, {f64({2}, {x, 4})});
  EXPECT_EQ(report.verdict(), verdict) << report;
  return report.rows[0].explanation;
}

TEST(Where, jax_347_TheGradientCheckNamesTheFunctionAndTheMask) {
  const auto root = [](const Variable& v) { return masked_outside(v, sqrt); };
  for (const auto& [x, verdict] : {std::pair{0.0, Verdict::non_smooth}, std::pair{-1.0, Verdict::wrong}}) {
    const std::string reason = why(x, root, verdict);
    EXPECT_NE(reason.find("sqrt: the output"), std::string::npos) << reason;
    EXPECT_NE(reason.find(" where "), std::string::npos) << reason;
    EXPECT_NE(reason.find("0 times infinity is NaN." + sqrt_remedy), std::string::npos) << reason;
  }
  // Where the masked function has no edge, so that a difference can tell.
  const auto square_root_of_square = [](const Variable& v) {
    return where(greater(abs(v), 0), sqrt(v * v) * v, 0);
  };
  const std::string reason = why(0, square_root_of_square, Verdict::non_smooth);
  EXPECT_NE(reason.find("where made the cotangent 0 there, and 0 times infinity is NaN." + sqrt_remedy),
            std::string::npos)
      << reason;
  why(
      -1, [](const Variable& v) { return masked_inside(v, sqrt); }, Verdict::pass);
}

}  // namespace
}  // namespace trous
