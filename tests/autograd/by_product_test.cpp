// By-products and other values that a rule computes with are constants of the next differentiation: refused,
// unless the rule says so, and named by the check where it says so wrongly.
#include <autograd/toy_ops.h>
#include <core/thrown.h>
#include <functional>
#include <regex>

#include <gtest/gtest.h>

#include <trous/autograd/composite.h>
#include <trous/check/check_grad.h>
#include <trous/core/error.h>

namespace trous {
namespace {

using namespace toy;
using Inputs = std::vector<Variable>;
using List = std::vector<double>;
using RuleFunction = std::function<Variable(const Vjp&)>;

// exp(-x^2), which keeps its value for the rule.
Variable bell(const Variable& x, const RuleFunction& rule) {
  return record({"bell"}, {x},
                [](std::span<const Tensor> in) {
                  const Tensor value = map(in[0], [](auto v) { return std::exp(-v * v); });
                  return Computed(value, {value});
                },
                {Rule(rule)});
}

Variable slope(const Vjp& v, const Variable& value) {
  return times(v.grad(), times(scale(v.input(0), -2), value));
}
const RuleFunction by_kept = [](const Vjp& v) { return slope(v, v.kept(0)); };
const RuleFunction by_detached = [](const Vjp& v) { return slope(v, v.detached().kept(0)); };

const std::string refusal =
    "bell: the rule of input 0 reads by-product 0, f64[2], for a gradient that is differentiated again "
    "(CreateGraph::yes, hvp, order 2 of a check). It is a value, which the next "
    "differentiation would take for a constant. Compute it with ops from v.input(i); read "
    "v.detached().kept(0) where it does not depend on the inputs; or take first derivatives alone.";

TEST(ByProduct, AFloatingOneServesTheFirstOrder) {
  const Variable x = track(vec({0.5, -1}));
  const std::vector<double> g = list(grad(sum(bell(x, by_kept)), {x})[0]);
  EXPECT_DOUBLE_EQ(g[0], -std::exp(-0.25));
  EXPECT_DOUBLE_EQ(g[1], 2 * std::exp(-1.0));
}

// The Hessian would be wrong without a word.
TEST(ByProduct, AFloatingOneIsRefusedAtTheSecond) {
  const Variable x = track(vec({0.5, -1}));
  const Variable y = sum(bell(x, by_kept));
  EXPECT_EQ(thrown<GraphError>([&] { grad(y, {x}, CreateGraph::yes); }), refusal);
  EXPECT_EQ(thrown<GraphError>([&] { hvp(y, {x}, {vec({1, 1})}); }), refusal);
  const auto f = [](const Inputs& in) { return bell(in[0], by_kept); };
  EXPECT_TRUE(check_grad("bell", f, {vec({0.5, -1})}).passed());
  EXPECT_EQ(thrown<GraphError>([&] { check_grad("bell", f, {vec({0.5, -1})}, {.order = 2}); }), refusal);
}

// A jvp differentiates the gradient in its cotangent alone, in which the by-product is a constant.
TEST(ByProduct, AFloatingOneServesAJvp) {
  const Variable x = track(vec({0.5, -1}));
  const Variable y = bell(x, by_kept);
  const std::vector<double> moved = list(jvp(y, {x}, {vec({3, 5})}));
  EXPECT_DOUBLE_EQ(moved[0], -3 * std::exp(-0.25));
  EXPECT_DOUBLE_EQ(moved[1], 10 * std::exp(-1.0));
  EXPECT_EQ(thrown<GraphError>([&] { jvp(y, {x}, {vec({3, 5})}, CreateGraph::yes); }), refusal);
}

TEST(ByProduct, SharedValuesAreNoOtherThanByProducts) {
  const Variable x = track(vec({0.5, -1}));
  const auto with = [&](bool detached) {
    return sum(bell(x, [detached](const Vjp& v) {
      const Tensor value = v.detached().kept(0);
      const auto compute = [&] { return std::vector<Tensor>{value}; };
      return slope(v, (detached ? v.detached().shared(compute) : v.shared(compute))[0]);
    }));
  };
  EXPECT_NO_THROW(grad(with(false), {x}));
  EXPECT_NO_THROW(grad(with(true), {x}, CreateGraph::yes));
  EXPECT_EQ(
      thrown<GraphError>([&] { grad(with(false), {x}, CreateGraph::yes); }),
      "bell: the rule of input 0 reads shared values for a gradient that is differentiated again "
      "(CreateGraph::yes, hvp, order 2 of a check). It is a value, which the next "
      "differentiation would take for a constant. Compute it with ops from v.input(i); read "
      "v.detached().shared(f) where it does not depend on the inputs; or take first derivatives alone.");
}

// x^3 with the sign of x as a by-product, whole or floating: it does not move with x.
TEST(ByProduct, WholeNumbersAndWhatIsSaidToBeConstantServeEveryOrder) {
  for (const DType dtype : {DType::int32, DType::uint8, DType::float64}) {
    const auto cube = [dtype](const Inputs& in) {
      return record({"cube"}, {in[0]},
                    [dtype](std::span<const Tensor> x) {
                      return Computed(map(x[0], [](auto v) { return v * v * v; }),
                                      {map(x[0], [](auto v) { return v > 0 ? 1 : 0; }).cast(dtype)});
                    },
                    {[dtype](const Vjp& v) {
                      const Tensor sign = dtype == DType::float64 ? v.detached().kept(0) : v.kept(0);
                      const Variable square_of_x = square(v.input(0));
                      // 3 x^2 on either side, as two terms that the by-product chooses from.
                      const Tensor one = sign.cast(DType::float64);
                      const Tensor other = map(one, [](auto s) { return 1 - s; });
                      return times(
                          v.grad(),
                          scale(add_same_shape(times(square_of_x, one), times(square_of_x, other)), 3));
                    }});
    };
    const GradReport report = check_grad("cube", cube, {vec({0.5, -1})}, {.order = 3});
    EXPECT_TRUE(report.passed()) << report;
  }
}

// Orders two and up of a composite come from its definition, whatever its fused rule reads.
TEST(ByProduct, OfACompositeServesEveryOrder) {
  const auto f = [](const Inputs& in) {
    return composite(
        {"whole"}, {in[0]},
        [](std::span<const Tensor> x) {
          const Tensor value = map(x[0], [](auto v) { return std::sin(v); });
          return Computed(value, {map(x[0], [](auto v) { return std::cos(v); })});
        },
        [](const Inputs& x) { return sine(x[0]); }, {{.fused_rule = [](const FirstOrder& at) {
          return zip(at.kept[0], at.grad, [](auto a, auto b) { return a * b; });
        }}});
  };
  const GradReport report = check_grad("whole", f, {vec({0.5, -1})}, {.order = 3});
  EXPECT_TRUE(report.passed()) << report;
}

// ---- What is said to be constant, and is not, has a name in the report.

std::string why_at_order_two(const Function& f, const std::vector<Tensor>& inputs, int input) {
  const GradReport report = check_grad("f", f, inputs, {.order = 2});
  for (const GradCheckRow& row : report.rows) {
    EXPECT_TRUE(row.order > 1 || row.passed()) << report;
  }
  const GradCheckRow& row = report.rows[inputs.size() + static_cast<std::size_t>(input)];
  EXPECT_EQ(row.verdict, Verdict::wrong) << report;
  return row.explanation.substr(0, row.explanation.find(" The difference may be off by"));
}

const std::string remedy =
    ". A value ends the path of derivatives: write the rule with ops on v.input(i) and v.output().";

TEST(MovingConstant, IsNamedWithItsRule) {
  const auto f = [](const RuleFunction& rule) {
    return [rule](const Inputs& in) { return sine(bell(in[0], rule)); };
  };
  const std::string expected =
      "Input 1 of times, in the rule of input 0 of bell, is a constant on the tape, but moves with input 0" +
      remedy;
  EXPECT_EQ(why_at_order_two(f(by_detached), {vec({0.5, -1})}, 0), expected) << "a by-product";
  EXPECT_EQ(
      why_at_order_two(f([](const Vjp& v) { return slope(v, v.output().value()); }), {vec({0.5, -1})}, 0),
      expected)
      << "the output's value";
  EXPECT_EQ(
      why_at_order_two(f([](const Vjp& v) { return slope(v, detach(v.output())); }), {vec({0.5, -1})}, 0),
      expected)
      << "a detached output";
}

TEST(MovingConstant, IsNamedWhereAForwardCapturedIt) {
  const auto f = [](const Inputs& in) {
    return bell(in[0], [](const Vjp& v) {
      const Variable value = record({"captured"}, {v.input(0)},
                                    [k = v.detached().kept(0)](std::span<const Tensor>) { return k; },
                                    {[](const Vjp& inner) { return scale(inner.grad(), 0); }});
      return slope(v, value);
    });
  };
  EXPECT_EQ(why_at_order_two(f, {vec({0.5, -1})}, 0),
            "The value of captured, in the rule of input 0 of bell, is made with a tensor that its forward "
            "captured, which moves with input 0" +
                remedy);
}

// x sin(y), the rule of x holding sin(y) for a constant: the gradient in x is right, and its derivative in y
// is not, so the row is that of y. The rule at fault is that of x.
TEST(MovingConstant, TheRuleAtFaultIsNotThatOfTheInputThatMoves) {
  const auto f = [](const Inputs& in) {
    return record({"product"}, {in[0], in[1]},
                  [](std::span<const Tensor> v) {
                    const Tensor wave = map(v[1], [](auto e) { return std::sin(e); });
                    return Computed(zip(v[0], wave, [](auto a, auto b) { return a * b; }), {wave});
                  },
                  {[](const Vjp& v) { return times(v.grad(), v.detached().kept(0)); },
                   [](const Vjp& v) { return times(v.grad(), times(v.input(0), sine(v.input(1), 1))); }});
  };
  EXPECT_EQ(why_at_order_two(f, {vec({0.5, -1}), vec({0.3, 0.7})}, 1),
            "Input 1 of times, in the rule of input 0 of product, is a constant on the tape, but moves with "
            "input 1" +
                remedy);
}

}  // namespace
}  // namespace trous
