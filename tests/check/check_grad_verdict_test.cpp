// The verdicts beside PASS and WRONG.
#include <autograd/toy_ops.h>
#include <cmath>
#include <functional>
#include <regex>
#include <string>

#include <gtest/gtest.h>

#include <trous/autograd/add.h>
#include <trous/check/check_grad.h>
#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;
using Inputs = std::vector<Variable>;

const std::string out_of_domain =
    "No difference could be taken: the values are not finite at the inputs or right beside them, or the step "
    "is too small to move them. Move the inputs into the domain, or take a larger step.";

// max(x, 0), whose rule asks a locally constant op.
Variable rectified(const Variable& x, std::string name = {}) {
  return record(
      {"rectified", {}, std::move(name)}, {x},
      [](std::span<const Tensor> in) { return map(in[0], [](double v) { return std::max(v, 0.0); }); },
      {Rule(Reads::input(0), [](const Vjp& v) { return times(v.grad(), step(v.input(0))); })});
}

// f(x), of which `slope` is the derivative that the rule gives. It is made of values: no tape tells of kinks.
using Real = std::function<double(double)>;
Variable curve(const Variable& x, const Real& f, const Real& slope) {
  return record({"curve"}, {x}, [f](std::span<const Tensor> in) { return map(in[0], f); },
                {[slope](const Vjp& v) { return times(v.grad(), map(v.input(0).value(), slope)); }});
}

// |x|, its rule times a factor.
Variable modulus(const Variable& x, double factor = 1) {
  return curve(
      x, [](double v) { return std::abs(v); }, [factor](double v) { return v < 0 ? -factor : factor; });
}

TEST(CheckGradVerdict, NonSmoothOnAKinkNamesTheOpAndTheElement) {
  const GradReport report =
      check_grad("net", [](const Inputs& in) { return rectified(in[0], "hidden"); }, {vec({0.5, 0, -0.3})});
  EXPECT_EQ(report.verdict(), Verdict::non_smooth);
  EXPECT_EQ(report.rows[0].where, "element [1], element [1] of the result");
  EXPECT_EQ(
      report.rows[0].explanation,
      "The inputs lie on a kink of step of %1 = leaf, element [1], where it reads 0. Move them off it, by "
      "another seed for example.");
}

TEST(CheckGradVerdict, NonSmoothIsNoExcuseForAWrongRuleElsewhere) {
  const auto f = [](const Inputs& in) { return times(rectified(in[0]), watched(in[0], [](const Vjp&) {})); };
  EXPECT_TRUE(check_grad("f", f, {vec({0.5, 0.7, -0.3})}).passed());
  const auto wrong = [](const Inputs& in) { return scale(times(rectified(in[0]), detach(in[0])), 3); };
  EXPECT_EQ(check_grad("f", wrong, {vec({0.5, 0, -0.3})}).verdict(), Verdict::wrong);
}

// However close a kink is, there are steps that do not reach it, until they are too small for the digits
// asked.
TEST(CheckGradVerdict, PassesCloseToAKink) {
  const auto check = [](double distance, double sharpness) {
    return check_grad("net", [](const Inputs& in) { return sine(rectified(in[0])); },
                      {vec({distance, -distance, 1})}, {.order = 2, .sharpness = sharpness});
  };
  for (const double distance : {1e-2, 1e-4, 1e-6, 1e-7})
    EXPECT_TRUE(check(distance, 1e-6).passed()) << check(distance, 1e-6);
  EXPECT_TRUE(check(1e-9, 1e-3).passed()) << check(1e-9, 1e-3);
  const GradReport too_close = check(1e-9, 1e-6);
  EXPECT_EQ(too_close.verdict(), Verdict::ill_conditioned);
  const std::regex why(
      ".* The nearest kink is that of step of %1 = leaf, element \\[[01]\\], where it reads -?1e-09: "
      "move the inputs, or take another seed\\.");
  EXPECT_TRUE(std::regex_match(too_close.rows[0].explanation, why)) << too_close;
}

// sin(x), which says that its derivative is zero everywhere: its value moves as far as the step does.
TEST(CheckGradVerdict, WrongWhereWhatMovesIsDeclaredLocallyConstant) {
  const auto frozen = [](const Inputs& in) {
    return record({"frozen"}, {in[0]},
                  [](std::span<const Tensor> x) { return map(x[0], [](auto v) { return std::sin(v); }); },
                  {Rule::locally_constant()});
  };
  const GradReport report = check_grad(
      "f", [&](const Inputs& in) { return add_same_shape(in[0], frozen(in)); }, {vec({0.5, -0.25})});
  EXPECT_EQ(report.verdict(), Verdict::wrong);
  EXPECT_EQ(
      report.rows[0].explanation,
      "It is declared locally constant, and its value moves with the input: frozen of %1 = leaf, element "
      "[1], where it reads -0.25. Such an op has a derivative: give it a rule.");
}

// Where round-off hides a slope of 2e8, wider steps show it.
TEST(CheckGradVerdict, DecidesAtInputsOfAnySize) {
  const auto squared = [](double factor) {
    return [factor](const Inputs& in) {
      return add_same_shape(square(in[0]), scale(times(in[0], detach(in[0])), factor));
    };
  };
  for (const double size : {1e-8, 1.0, 1e4, 1e8, 1e12}) {
    const Tensor x = map(draw({3}, 1), [size](double v) { return size * v; });
    const GradReport right = check_grad("square", squared(0), {x}, {.order = 2});
    EXPECT_TRUE(right.passed()) << right;
    EXPECT_EQ(check_grad("square", squared(0.1), {x}).verdict(), Verdict::wrong) << size;
    EXPECT_FALSE(check_grad("square", squared(1e-5), {x}).passed()) << size;
  }
}

// A wave on large inputs: wide steps pass over it, and must not condemn a rule that saw it.
TEST(CheckGradVerdict, WideStepsCondemnNothingThatNarrowOnesDoNot) {
  const auto wave = [](double factor) {
    return [factor](const Inputs& in) { return add_same_shape(square(in[0]), scale(sine(in[0]), factor)); };
  };
  for (const double size : {1e2, 1e4, 1e6, 1e8, 1e10}) {
    Tensor x = draw({40}, 3);
    x.mutable_values<double>()[0] = size;
    for (const double factor : {0.0, 1.0, size}) {
      const GradReport report = check_grad("wave", wave(factor), {x});
      EXPECT_NE(report.verdict(), Verdict::wrong) << size << ' ' << factor << '\n' << report;
    }
  }
}

// A wave that even the smallest steps are too wide for has no slope that differences could see.
TEST(CheckGradVerdict, IllConditionedOnWavesThatNoStepSees) {
  for (const double frequency : {1e6, 1e7, 1e8, 1e9}) {
    const auto f = [frequency](const Inputs& in) { return sine(scale(in[0], frequency)); };
    const GradReport report = check_grad("wave", f, {vec({0.3})});
    EXPECT_EQ(report.verdict(), Verdict::ill_conditioned) << frequency << '\n' << report;
  }
}

// log(1 + exp(-40 x)) is 0 to the last bit, and its slope 1e-17: no rule is wrong there.
TEST(CheckGradVerdict, PassesWhereNumbersNearOneAbsorbASlope) {
  const auto absorbed = [](double factor) {
    return [factor](const Inputs& in) {
      return curve(
          in[0], [](double x) { return std::log(1 + std::exp(-x)); },
          [factor](double x) { return -factor / (1 + std::exp(x)); });
    };
  };
  EXPECT_TRUE(check_grad("absorbed", absorbed(1), {vec({40, 0.5})}).passed());
  EXPECT_TRUE(check_grad("absorbed", absorbed(1), {vec({40})}).passed());
  EXPECT_EQ(check_grad("absorbed", absorbed(2), {vec({40, 0.5})}).verdict(), Verdict::wrong);
  EXPECT_EQ(check_grad("absorbed", absorbed(1e15), {vec({40})}).verdict(), Verdict::wrong);
}

// One element on a kink says nothing of the others.
TEST(CheckGradVerdict, AKinkDoesNotHideAWrongRuleElsewhere) {
  const auto f = [](double factor) { return [factor](const Inputs& in) { return modulus(in[0], factor); }; };
  EXPECT_EQ(check_grad("modulus", f(1), {vec({0.5, 0, -2})}).verdict(), Verdict::non_smooth);
  EXPECT_EQ(check_grad("modulus", f(0.9), {vec({0.5, 0, -2})}).verdict(), Verdict::wrong);
}

// 100,000 rectified numbers: every step of a size that round-off likes crosses the kinks of many.
TEST(CheckGradVerdict, PassesAHundredThousandKinks) {
  const Tensor x = normal({100000}, DType::float64, Key{4});
  const auto f = [](const Inputs& in) { return sum(square(rectified(sine(in[0])))); };
  const GradReport report = check_grad("wide", f, {x}, {.max_coordinates = 4});
  EXPECT_TRUE(report.passed()) << report;
  const auto wrong = [](const Inputs& in) { return sum(times(rectified(in[0]), detach(rectified(in[0])))); };
  EXPECT_EQ(check_grad("wide", wrong, {x}, {.max_coordinates = 4}).verdict(), Verdict::wrong);
}

TEST(CheckGradVerdict, NonSmoothWhereNoTapeTells) {
  const GradReport report =
      check_grad("modulus", [](const Inputs& in) { return modulus(in[0]); }, {vec({0.5, 0})});
  EXPECT_EQ(report.verdict(), Verdict::non_smooth);
  EXPECT_EQ(
      report.rows[0].explanation,
      "The slope is -1 from below and 1 from above, however small the step. Move the inputs off the kink; "
      "no op on the tape tells which one it is.");
}

// f = 1e10 + x: the round-off of the difference exceeds the derivative, so a rule that halves it must not
// pass.
TEST(CheckGradVerdict, IllConditionedWhereRoundOffHidesTheDerivative) {
  const auto offset = [](double by) {
    return [by](const Inputs& in) {
      return record({"offset"}, {in[0]},
                    [](std::span<const Tensor> x) { return map(x[0], [](auto v) { return v + 1e13; }); },
                    {[by](const Vjp& v) { return scale(v.grad(), by); }});
    };
  };
  for (const double by : {1.0, 0.999}) {
    const GradReport report = check_grad("offset", offset(by), {draw({3}, 1)});
    EXPECT_EQ(report.verdict(), Verdict::ill_conditioned) << report;
    const std::string number = R"([0-9.e+-]+)";
    const std::regex why(
        "The difference may be off by " + number + " by truncation and " + number +
        " by round-off, the rule by " + number + "; the largest derivative is " + number +
        "\\. Leave out of f what cancels or does not depend on this input, take another step, or "
        "raise the sharpness\\.");
    EXPECT_TRUE(std::regex_match(report.rows[0].explanation, why)) << report.rows[0].explanation;
  }
}

// (1e10 + x) - 1e10: no value is large, but each has lost ten digits on the way.
TEST(CheckGradVerdict, IllConditionedWhereDigitsAreLostInside) {
  const auto f = [](const Inputs& in) {
    return record(
        {"there and back"}, {in[0]},
        [](std::span<const Tensor> x) { return map(x[0], [](auto v) { return (v + 1e10) - 1e10; }); },
        {[](const Vjp& v) { return v.grad(); }});
  };
  EXPECT_EQ(check_grad("f", f, {draw({3}, 1)}).verdict(), Verdict::ill_conditioned);
}

// Over whole periods a wave has no slope, and wide steps agree on that.
TEST(CheckGradVerdict, SeesWavesAndPeaksMuchNarrowerThanTheFirstStep) {
  constexpr double pi = 3.14159265358979323846;
  const auto wave = [](double x) { return std::sin(32 * pi * x); };
  const auto wave_slope = [](double x) { return 32 * pi * std::cos(32 * pi * x); };
  const auto peak = [](double x) { return std::exp(-x * x / 2e-5); };
  const auto peak_slope = [](double x) { return -x / 1e-5 * std::exp(-x * x / 2e-5); };
  EXPECT_TRUE(
      check_grad("wave", [&](const Inputs& in) { return curve(in[0], wave, wave_slope); }, {vec({0.1})})
          .passed());
  EXPECT_TRUE(
      check_grad("peak", [&](const Inputs& in) { return curve(in[0], peak, peak_slope); }, {vec({2e-3})})
          .passed());
  const auto lost = [](double) { return 1.0; };
  for (const double at : {0.1, 0.2, 0.37}) {
    const auto f = [](double x) { return x + std::sin(32 * pi * x); };
    EXPECT_EQ(
        check_grad("wave", [&](const Inputs& in) { return curve(in[0], f, lost); }, {vec({at})}).verdict(),
        Verdict::wrong);
  }
}

TEST(CheckGradVerdict, PassesWhereTheDomainEndsNearby) {
  const auto root = [](double x) { return std::sqrt(x); };
  const auto root_slope = [](double x) { return 0.5 / std::sqrt(x); };
  const GradReport report =
      check_grad("root", [&](const Inputs& in) { return curve(in[0], root, root_slope); }, {vec({1e-7, 1})});
  EXPECT_TRUE(report.passed()) << report;
}

// What is small is not what is zero.
TEST(CheckGradVerdict, DoesNotTakeASmallDerivativeForNone) {
  const auto f = [](const Inputs& in) {
    return record(
        {"tiny"}, {in[0]},
        [](std::span<const Tensor> v) { return map(v[0], [](double x) { return 1e6 + 1e-9 * x; }); },
        {[](const Vjp& v) { return scale(v.grad(), -3e-9); }});
  };
  EXPECT_EQ(check_grad("tiny", f, {vec({1})}).verdict(), Verdict::ill_conditioned);
}

TEST(CheckGradVerdict, HugeInputsAreNoKink) {
  const auto huge = [](double step) {
    const auto f = [](const Inputs& in) { return scale(sine(scale(in[0], 1e-15)), 2); };
    return check_grad("huge", f, {vec({1e15})}, {.step = step});
  };
  EXPECT_TRUE(huge(1.0 / 16).passed()) << huge(1.0 / 16);
  EXPECT_EQ(huge(1e-15).verdict(), Verdict::ill_conditioned);
}

// At the end of a domain a slope is infinite, and a rule that multiplies it with 0 gives NaN: neither is its
// fault.
TEST(CheckGradVerdict, IllConditionedAtTheEndOfTheDomain) {
  const auto root = [](const Inputs& in) {
    return curve(
        in[0], [](double x) { return std::sqrt(x); }, [](double x) { return 0.5 / std::sqrt(x); });
  };
  const GradReport report = check_grad("root", root, {vec({0, 1})});
  EXPECT_EQ(report.verdict(), Verdict::ill_conditioned);
  EXPECT_EQ(report.rows[0].explanation, out_of_domain);
  const auto broken = [](const Inputs& in) {
    return curve(
        in[0], [](double x) { return x; }, [](double) { return std::nan(""); });
  };
  EXPECT_EQ(check_grad("broken", broken, {vec({0, 1})}).verdict(), Verdict::wrong);
}

TEST(CheckGradVerdict, IllConditionedOutsideTheDomain) {
  const auto f = [](const Inputs& in) {
    return record({"root"}, {in[0]},
                  [](std::span<const Tensor> v) { return map(v[0], [](double e) { return std::sqrt(e); }); },
                  {[](const Vjp& v) { return v.grad(); }});
  };
  const GradReport report = check_grad("root", f, {vec({-1})});
  EXPECT_EQ(report.verdict(), Verdict::ill_conditioned);
  EXPECT_EQ(report.rows[0].explanation, out_of_domain);
}

TEST(CheckGradVerdict, NotDeterministic) {
  int calls = 0;
  const GradReport report = check_grad("noisy", [&](const Inputs& in) { return scale(in[0], ++calls); },
                                       {vec({1, 2})}, {.order = 2});
  EXPECT_EQ(report.verdict(), Verdict::not_deterministic);
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].explanation,
            "Two calls with the same inputs gave 3 and 4. Let what is random take a key or a seed "
            "that stays the same.");
}

// Two numbers that differ are printed so.
TEST(CheckGradVerdict, NotDeterministicInALateDigit) {
  int calls = 0;
  const auto f = [&](const Inputs& in) { return scale(in[0], ++calls <= 2 ? 1 : 1 + 1e-12); };
  const GradReport report = check_grad("noisy", f, {vec({1, 2})});
  EXPECT_EQ(report.verdict(), Verdict::not_deterministic);
  EXPECT_EQ(
      report.rows[0].explanation,
      "Two gradients with the same inputs gave 1 and 1.000000000001. Let what is random take a key or a seed "
      "that stays the same.");
}

TEST(CheckGradVerdict, WrongInALateDigitShowsIt) {
  const auto f = [](const Inputs& in) {
    return record({"identity"}, {in[0]}, [](std::span<const Tensor> x) { return x[0]; },
                  {[](const Vjp& v) { return scale(v.grad(), 1 + 1e-8); }});
  };
  const GradReport report = check_grad("identity", f, {vec({0.5})}, {.tolerance = 0});
  EXPECT_EQ(report.verdict(), Verdict::wrong);
  EXPECT_NE(report.failures().find(": rule 1.00000001, difference 1"), std::string::npos)
      << report.failures();
}

TEST(CheckGradVerdict, NotDeterministicWhereOnlyTheRuleIsNot) {
  int calls = 0;
  const auto f = [&](const Inputs& in) {
    return record(
        {"sine"}, {in[0]},
        [](std::span<const Tensor> v) { return map(v[0], [](double e) { return std::sin(e); }); },
        {[&](const Vjp& v) { return scale(times(v.grad(), sine(v.input(0), 1)), 1 + 1e-14 * ++calls); }});
  };
  const GradReport report = check_grad("sine", f, {vec({1, 2})});
  EXPECT_EQ(report.verdict(), Verdict::not_deterministic);
  EXPECT_TRUE(
      report.failures().starts_with("check_grad: sine, input 0, order 1, element [0]:\n"
                                    "  NOT DETERMINISTIC. Two gradients with the same inputs gave "))
      << report.failures();
}

TEST(CheckGradVerdict, TheGravestIsTheReports) {
  GradReport report{.name = "f"};
  EXPECT_EQ(report.verdict(), Verdict::pass);
  for (const Verdict worse : {Verdict::pass, Verdict::ill_conditioned, Verdict::non_smooth,
                              Verdict::not_deterministic, Verdict::wrong}) {
    report.rows.push_back({.verdict = worse});
    EXPECT_EQ(report.verdict(), worse);
    EXPECT_EQ(report.passed(), worse == Verdict::pass);
  }
}

}  // namespace
}  // namespace trous
