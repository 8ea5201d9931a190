// A wrong rule is told what it looks like, and what it is not is not claimed.
#include <autograd/toy_ops.h>
#include <core/thrown.h>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include <trous/check/check_grad_shrinking.h>
#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;
using Inputs = std::vector<Variable>;

// x^2 element by element, whose cotangent then goes through `slip`.
using Slip = std::function<Tensor(const Tensor&)>;
Variable squared(const Variable& x, Slip slip) {
  return record(
      {"squared"}, {x}, [](std::span<const Tensor> in) { return map(in[0], [](double v) { return v * v; }); },
      {[slip](const Vjp& v) { return Variable(slip(times(scale(v.input(0), 2), v.grad()).value())); }});
}

std::string cause(const Shape& shape, const Slip& slip) {
  const GradReport report =
      check_grad("squared", [&](const Inputs& in) { return squared(in[0], slip); }, {draw(shape, 1)});
  EXPECT_EQ(report.verdict(), Verdict::wrong);
  const std::string& why = report.rows[0].explanation;
  return why.substr(0, why.find(" The difference may be off by"));
}

// Element i of the result is element from(i) of x; a negative number is a zero.
Tensor rearranged(const Tensor& x, const std::function<std::int64_t(std::int64_t)>& from) {
  Tensor y = Tensor::zeros(x.shape(), DType::float64);
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    if (from(i) >= 0)
      y.mutable_values<double>()[static_cast<std::size_t>(i)] =
          x.values<double>()[static_cast<std::size_t>(from(i))];
  }
  return y;
}

TEST(Diagnosis, OfFactors) {
  const auto times_of = [](double k) {
    return [k](const Tensor& g) { return map(g, [k](double v) { return k * v; }); };
  };
  EXPECT_EQ(cause({2, 3}, times_of(-1)), "The rule is -1 times the difference everywhere: a sign.");
  EXPECT_EQ(cause({2, 3}, times_of(2)),
            "The rule is 2 times the difference everywhere: a cotangent that is added twice, or a factor "
            "left over?");
  EXPECT_EQ(cause({2, 3}, times_of(0.5)),
            "The rule is 0.5 times the difference everywhere: one of 2 uses of the input whose cotangent is "
            "missing, or a factor?");
  EXPECT_EQ(
      cause({5, 2}, times_of(5)),
      "The rule is 5 times the difference everywhere, which is the batch: a mean whose 1/5 is missing?");
  EXPECT_EQ(
      cause({2, 3}, times_of(1.0 / 6)),
      "The rule is 0.166667 times the difference everywhere, 1 / the number of elements of the input: a mean "
      "where a sum is due?");
  EXPECT_EQ(cause({2, 3}, times_of(1.7)), "The rule is 1.7 times the difference everywhere: a factor.");
}

TEST(Diagnosis, OfNothing) {
  EXPECT_EQ(
      cause({2, 3}, [](const Tensor& g) { return Tensor::zeros(g.shape(), DType::float64); }),
      "The rule gives zero: does every use of the input reach the result through ops that are recorded?");
}

TEST(Diagnosis, OfAFlip) {
  EXPECT_EQ(cause({1, 2, 4},
                  [](const Tensor& g) {
                    return rearranged(g, [](std::int64_t i) { return i / 4 * 4 + 3 - i % 4; });
                  }),
            "The rule is the gradient in reverse along axis 2 of [1, 2, 4]: a flip.");
}

TEST(Diagnosis, OfExchangedAxes) {
  EXPECT_EQ(
      cause({3, 3},
            [](const Tensor& g) { return rearranged(g, [](std::int64_t i) { return i % 3 * 3 + i / 3; }); }),
      "The rule is the gradient with axes 0 and 1 of [3, 3] exchanged.");
  // A [4, 2] tensor filled with the numbers of its [2, 4] transpose.
  EXPECT_EQ(
      cause({4, 2},
            [](const Tensor& g) { return rearranged(g, [](std::int64_t i) { return i % 4 * 2 + i / 4; }); }),
      "The rule is the gradient with axes 0 and 1 of [4, 2] exchanged.");
}

TEST(Diagnosis, OfAShift) {
  EXPECT_EQ(cause({2, 5},
                  [](const Tensor& g) {
                    return rearranged(g, [](std::int64_t i) { return i % 5 < 2 ? -1 : i - 2; });
                  }),
            "The rule is the gradient shifted by 2 along axis 1 of [2, 5], zeros moving in.");
  EXPECT_EQ(cause({2, 5},
                  [](const Tensor& g) {
                    return rearranged(g, [](std::int64_t i) { return i / 5 * 5 + (i + 1) % 5; });
                  }),
            "The rule is the gradient shifted by -1 along axis 1 of [2, 5], around the end.");
}

TEST(Diagnosis, OfWrongElementsAlone) {
  const auto doubled_where = [](const std::function<bool(std::int64_t)>& here) {
    return [here](const Tensor& g) {
      Tensor y = map(g, [](double v) { return v; });
      for (std::int64_t i = 0; i < y.elements(); ++i) {
        if (here(i)) y.mutable_values<double>()[static_cast<std::size_t>(i)] *= 1.5;
      }
      return y;
    };
  };
  EXPECT_EQ(cause({4, 4},
                  doubled_where([](std::int64_t i) { return i < 4 || i >= 12 || i % 4 == 0 || i % 4 == 3; })),
            "12 of 16 elements of [4, 4] differ, all of them on the border.");
  EXPECT_EQ(cause({1, 2, 2, 3}, doubled_where([](std::int64_t i) { return i % 3 == 1; })),
            "4 of 12 elements of [1, 2, 2, 3] differ, all of them at index 1 of axis 3.");
  EXPECT_EQ(cause({3, 3}, doubled_where([](std::int64_t i) { return i == 0 || i == 4; })),
            "2 of 9 elements of [3, 3] differ.");
}

TEST(Diagnosis, OfAnotherInput) {
  const auto f = [](const Inputs& in) {
    return record(
        {"product"}, {in[0], in[1]},
        [](std::span<const Tensor> v) { return zip(v[0], v[1], [](auto a, auto b) { return a * b * b; }); },
        {[](const Vjp& v) { return scale(times(v.grad(), times(v.input(0), v.input(1))), 2); },
         [](const Vjp& v) { return scale(times(v.grad(), times(v.input(0), v.input(1))), 2); }});
  };
  const GradReport report = check_grad("product", f, {draw({3}, 1), draw({3}, 2)});
  EXPECT_TRUE(report.rows[0].explanation.starts_with("The rule is the gradient in input 1.")) << report;
  EXPECT_TRUE(report.rows[1].passed());
}

TEST(Diagnosis, OfACandidateBeforeAllElse) {
  const auto f = [](const Inputs& in) {
    return squared(in[0], [](const Tensor& g) { return map(g, [](double v) { return 3 * v; }); });
  };
  const GradReport report = check_grad(
      "squared", f, {draw({3}, 1)},
      {.candidates = {{"a cube", [](const Inputs& in) { return times(in[0], square(in[0])); }},
                      {"three squares", [](const Inputs& in) { return scale(square(in[0]), 3); }}}});
  EXPECT_TRUE(report.rows[0].explanation.starts_with("The rule is the gradient of: three squares."))
      << report;
}

// A large input is looked at element by element, too, once it is known to be wrong.
TEST(Diagnosis, OfALargeInput) {
  EXPECT_EQ(cause({20, 20}, [](const Tensor& g) { return map(g, [](double v) { return -v; }); }),
            "The rule is -1 times the difference everywhere: a sign.");
  EXPECT_EQ(cause({40, 40}, [](const Tensor& g) { return map(g, [](double v) { return -v; }); }),
            "The input has 1600 elements: check a smaller one to learn more.");
}

// ---- Shrinking.

// Wrong only where there are three columns or more.
Variable wrong_from_three(const Variable& x) {
  return squared(
      x, [](const Tensor& g) { return g.shape()[1] < 3 ? g : map(g, [](double v) { return 2 * v; }); });
}
InputGenerator matrices(std::vector<std::int64_t> sizes) {
  return {std::move(sizes), [](std::span<const std::int64_t> s, Key key) {
            return std::vector{uniform({s[0], s[1]}, DType::float64, key, 0.2, 1)};
          }};
}

TEST(CheckGradShrinking, FindsTheSmallestInput) {
  const GradReport report = check_grad_shrinking(
      "squared", [](const Inputs& in) { return wrong_from_three(in[0]); }, matrices({7, 20}));
  EXPECT_EQ(report.name, "squared at sizes [1, 3]");
  EXPECT_EQ(report.verdict(), Verdict::wrong);
}

TEST(CheckGradShrinking, LeavesARightGradientAlone) {
  const GradReport report = check_grad_shrinking(
      "squared", [](const Inputs& in) { return square(in[0]); }, matrices({4, 5}));
  EXPECT_EQ(report.name, "squared at sizes [4, 5]");
  EXPECT_TRUE(report.passed());
}

TEST(CheckGradShrinking, TakesNoSizesThatDoNotGoTogether) {
  const InputGenerator even{{4, 8}, [](std::span<const std::int64_t> s, Key key) {
                              if (s[1] != 2 * s[0]) throw ShapeError("the second is twice the first");
                              return std::vector{uniform({s[0], s[1]}, DType::float64, key, 0.2, 1)};
                            }};
  const GradReport report = check_grad_shrinking(
      "squared", [](const Inputs& in) { return wrong_from_three(in[0]); }, even);
  EXPECT_EQ(report.name, "squared at sizes [4, 8]");
}

TEST(CheckGradShrinking, NeedsSizes) {
  EXPECT_EQ(thrown<ArgumentError>([] {
              check_grad_shrinking(
                  "f", [](const Inputs& in) { return in[0]; }, matrices({}));
            }),
            "check_grad: f: the generator has 0 sizes. Give sizes of 1 or more, and a function from sizes to "
            "inputs.");
}

}  // namespace
}  // namespace trous
