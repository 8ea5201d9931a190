// A wrong gradient on a tape of many ops is found where it is, at the values that the op had there.
#include <autograd/toy_ops.h>
#include <cmath>
#include <core/thrown.h>
#include <regex>

#include <gtest/gtest.h>

#include <trous/autograd/composite.h>
#include <trous/autograd/recording.h>
#include <trous/check/check_tape.h>
#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;

// sin(x), but beyond 2 its rule is wrong: there alone.
Variable sine_wrong_beyond_two(const Variable& x, std::string name) {
  return record({"sine", {}, std::move(name)}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](double v) { return std::sin(v); }); },
                {[](const Vjp& v) {
                  const Variable cosine = sine(v.input(0), 1);
                  const bool large = v.input(0).value().values<double>()[0] > 2;
                  return times(v.grad(), large ? scale(cosine, -1) : cosine);
                }});
}

// Fifty ops, of which number 31, fed with what is larger than 2, is wrong.
Variable deep(const Variable& x) {
  Variable y = x;
  for (int i = 0; i < 24; ++i) y = scale(sine(y), 1.1);
  y = scale(y, 10);
  y = sine_wrong_beyond_two(y, "twentyfifth");
  return sum(times(y, y));
}

TEST(CheckTape, NamesTheWrongOpAmongFifty) {
  const Recording everything(Recording::everything);
  const TapeReport report = check_tape(Tape::of(deep(track(draw({5}, 1)))));
  EXPECT_EQ(report.verdict(), Verdict::wrong);
  EXPECT_EQ(report.rows.size(), 52U);
  for (const TapeCheckRow& row : report.rows) {
    EXPECT_EQ(row.verdict(), row.op.name == "twentyfifth" ? Verdict::wrong : Verdict::pass) << row.number;
  }
  const std::regex text(
      "check_grad: %51 = sine \"twentyfifth\", input 0, order 1, direction [0-9], element [^:]*: "
      "[^\n]*\n  WRONG\\. The rule is -1 times the difference everywhere: a sign\\. [^\n]*\n");
  const std::regex contracted(
      "check_grad: %51 = sine \"twentyfifth\", input 0, order 1, direction [0-9]: "
      "[^\n]*\n  WRONG\\. The rule is -1 times the difference everywhere: a sign\\. [^\n]*\n");
  EXPECT_TRUE(std::regex_match(report.failures(), text) || std::regex_match(report.failures(), contracted))
      << report.failures();
}

// The same op passes where its values are small: it is checked where it is, not where it is easy.
TEST(CheckTape, ChecksAtTheValuesOfTheTape) {
  const Recording everything(Recording::everything);
  const Variable x = track(draw({5}, 1));
  EXPECT_TRUE(check_tape(Tape::of(sine_wrong_beyond_two(x, "small"))).passed());
  EXPECT_FALSE(check_tape(Tape::of(sine_wrong_beyond_two(scale(x, 20), "large"))).passed());
}

TEST(CheckTape, PassesOverWhatHasNoDerivative) {
  const Recording everything(Recording::everything);
  const Variable x = track(draw({3}, 1));
  const Variable weighed = weigh(x, draw({3}, 2)), bits = step(x);
  const Variable picked = gather(x, Tensor(Shape{3}, {2, 0, 2}));
  const Variable product = times(bits, picked), y = times(weighed, product);
  const TapeReport report = check_tape(Tape::of(y));
  EXPECT_TRUE(report.passed()) << report;
  std::vector<std::string> checked;
  for (const TapeCheckRow& row : report.rows) {
    checked.push_back(row.op.kind);
    for (const GradCheckRow& input : row.gradients.rows) {
      if (row.op.kind != "times") {
        EXPECT_EQ(input.input, 0) << row.op.kind;
      }
    }
  }
  EXPECT_EQ(checked, (std::vector<std::string>{"weigh", "step", "gather", "times", "times"}));
}

// A composite whose fused value is not its definition, though each has the right gradient of its own.
TEST(CheckTape, ComparesFusedValuesWithTheirDefinitions) {
  const auto cube = [](double off) {
    return [off](const Variable& x) {
      return composite(
          {"cube"}, {x},
          [off](std::span<const Tensor> in) {
            return map(in[0], [off](double v) { return v * v * v + off; });
          },
          [](const std::vector<Variable>& in) { return times(in[0], square(in[0])); }, {{}});
    };
  };
  const Recording everything(Recording::everything);
  const Variable x = track(draw({40}, 1));
  EXPECT_TRUE(check_tape(Tape::of(cube(0)(x)), {.order = 3}).passed());
  const TapeReport report = check_tape(Tape::of(cube(1e-9)(x)));
  EXPECT_EQ(report.verdict(), Verdict::wrong);
  EXPECT_TRUE(report.rows[0].gradients.passed());
  EXPECT_TRUE(report.failures().starts_with("check_tape: %2 = cube: the fused value is "))
      << report.failures();
}

TEST(CheckTape, PrintsALinePerOp) {
  const Recording everything(Recording::everything);
  std::ostringstream printed;
  printed << check_tape(Tape::of(sum(sine(track(draw({2}, 1))), "loss")));
  const std::regex shape(
      "2 ops at the values they had: rules against differences, float64\n"
      "  op +checked     error  verdict\n"
      "  %2 = sine +4   [0-9.e-]+  PASS\n"
      "  %3 = sum \"loss\" +2   [0-9.e+]+  PASS\n");
  EXPECT_TRUE(std::regex_match(printed.str(), shape)) << printed.str();
}

TEST(CheckTapeErrors, ATapeThatKeptOnlyWhatItNeeded) {
  EXPECT_EQ(
      thrown<GraphError>([] { check_tape(Tape::of(sum(track(draw({2}, 1))))); }),
      "check_tape: %2 = sum did not keep input 0. Record the tape in a scope of Recording::everything.");
}

TEST(CheckTapeErrors, ATapeOfFloat32) {
  const Recording everything(Recording::everything);
  EXPECT_EQ(thrown<DTypeError>([] { check_tape(Tape::of(sum(track(Tensor::ones({2}, DType::float32))))); }),
            "check_tape: %2 = sum is float32 of float32. Differences need float64: initialize or cast the "
            "network to "
            "it.");
}

TEST(CheckTapeErrors, Options) {
  EXPECT_EQ(thrown<ArgumentError>([] { check_tape(Tape::of(num(1)), {.directions = 0}); }),
            "check_tape: order 1, directions 0, tolerance 1e-06, sharpness 1e-06. Orders and directions "
            "count from 1, "
            "the sharpness is above 0, the tolerance 0 or more.");
}

}  // namespace
}  // namespace trous
