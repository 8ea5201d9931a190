// The transpose of functions: values against plain loops and the dot test, its own gradient and transpose,
// and every way not to be linear refused by the name of the op.
#include <autograd/toy_ops.h>
#include <core/thrown.h>

#include <gtest/gtest.h>

#include <trous/autograd/composite.h>
#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/autograd/transpose.h>
#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;

const Domain three{Shape{3}, DType::float64};

std::string refused(const LinearFunction& f, const Domain& domain = three) {
  return thrown<GraphError>([&] { transpose(f, domain); });
}

// Rows 2, 0, 2, 1 of 3 x: written as a matrix, the columns are (0 3 0 0), (0 0 0 3), (3 0 3 0).
Variable picked(const Variable& x) {
  return scale(gather(x, Tensor(Shape{4}, std::vector<std::int32_t>{2, 0, 2, 1})), 3);
}

Variable relu(const Variable& x) {
  return record({"relu"}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return v > 0 ? v : 0; }); },
                {Rule(Reads::input(0), [](const Vjp& v) { return times(v.grad(), step(v.input(0))); })});
}

Variable floor_of(const Variable& x, std::string_view name = {}) {
  return record({.kind = "floor", .name = std::string(name)}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return std::floor(v); }); },
                {Rule::locally_constant()});
}

Variable shift(const Variable& x, double by) {
  return record({"shift", {{"by", by}}}, {x},
                [by](std::span<const Tensor> in) { return map(in[0], [by](auto v) { return v + by; }); },
                {Rule(Reads::nothing(), [](const Vjp& v) { return v.grad(); })});
}

Variable converted(const Variable& x, DType to) {
  return LinearMap{
      .op = "cast",
      .transpose_op = "cast",
      .attributes = {},
      .domain = {x.shape(), x.dtype()},
      .codomain = {x.shape(), to},
      .forward = [to](const Tensor& v, std::span<const Tensor>) { return v.cast(to); },
      .backward = [from = x.dtype()](const Tensor& v, std::span<const Tensor>) { return v.cast(from); }}(x);
}

TEST(Transpose, OfAMatrixIsItsTranspose) {
  const LinearFunction t = transpose(picked, three);
  EXPECT_EQ(list(t(vec({1, 10, 100, 1000}))), (List{30, 3000, 303}));
}

TEST(Transpose, IsCalledAtAnyValueAndKeepsNothingOfThoseBefore) {
  const LinearFunction t = transpose(picked, three);
  const Variable first = t(vec({1, 2, 3, 4}));
  t(vec({9, 9, 9, 9}));
  EXPECT_EQ(list(t(vec({1, 2, 3, 4}))), list(first));
  EXPECT_FALSE(first.tracked()) << "of a constant a constant";
}

TEST(Transpose, PassesTheDotTestExactlyInBothDtypes) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Tensor w = Tensor(Shape{3}, List{2, -3, 4}).cast(dtype);
    const auto f = [&](const Variable& x) {
      const Variable y = times(x, w);
      return add_same_shape(scale(y, 2), times(x, sum_of({3}, dtype).transpose()(sum(Variable(w)))));
    };
    const LinearFunction t = transpose(f, {Shape{3}, dtype});
    const Tensor x = Tensor(Shape{3}, List{1, -2, 3}).cast(dtype),
                 y = Tensor(Shape{3}, List{4, 1, -3}).cast(dtype);
    EXPECT_EQ(t(y).dtype(), dtype);
    EXPECT_EQ(dot(f(x).value(), y), dot(x, t(y).value())) << dtype;
    EXPECT_NE(dot(f(x).value(), y), 0);
  }
}

TEST(Transpose, TwiceIsTheFunction) {
  const LinearFunction back = transpose(transpose(picked, three), {Shape{4}, DType::float64});
  const Tensor x = vec({1, -2, 7});
  EXPECT_TRUE(same_bits(back(x).value(), picked(x).value()));
  const LinearFunction thrice = transpose(back, three);
  EXPECT_EQ(list(thrice(vec({1, 10, 100, 1000}))), (List{30, 3000, 303}));
}

TEST(Transpose, IsRecordedByOpsAndHasAGradientOfEveryOrder) {
  const LinearFunction t = transpose(picked, three);
  const Variable y = track(vec({1, 2, 3, 4}));
  const Variable x = t(y);
  const Tape tape = Tape::of(x);
  EXPECT_EQ(tape.count("scatter_add"), 1U);
  EXPECT_EQ(tape.count("gather"), 0U) << "f itself is on no tape of the transpose";
  EXPECT_TRUE(tape.find(y.node().get()));
  // d <v, T y> / dy = f(v).
  const Tensor v = vec({5, 6, 7});
  EXPECT_EQ(list(vjp(x, {y}, v)[0]), list(picked(v)));
  // The second derivative of (sum of (T y)^2) is 2 T^T T.
  const Variable energy = sum(square(t(y)));
  const Variable along = hvp(energy, {y}, {Variable(vec({1, 0, 0, 0}))})[0];
  EXPECT_EQ(list(along), (List{18, 0, 18, 0}));
}

TEST(Transpose, PassesGradientsToWhatFReads) {
  const Variable w = track(vec({2, 3, 4}));
  const LinearFunction t = transpose([&](const Variable& x) { return times(x, square(w)); }, three);
  const Variable y = t(vec({1, 1, 1}));
  EXPECT_EQ(list(y), (List{4, 9, 16}));
  EXPECT_TRUE(y.tracked());
  EXPECT_EQ(list(grad(sum(y), {w})[0]), (List{4, 6, 8}));
  const auto inside = [](const Variable& x) { return times(x, track(vec({2, 3, 4}))); };
  EXPECT_TRUE(transpose(inside, three)(vec({1, 1, 1})).tracked());
  const Recording scope(Recording::nothing);
  EXPECT_FALSE(t(vec({1, 1, 1})).tracked());
}

TEST(Transpose, WorksWhereNothingIsRecordedAndRecordsWhereEverythingIs) {
  {
    const Recording scope(Recording::nothing);
    EXPECT_EQ(list(transpose(picked, three)(vec({1, 10, 100, 1000}))), (List{30, 3000, 303}));
  }
  const LinearFunction t = transpose(picked, three);
  const Recording scope(Recording::everything);
  EXPECT_EQ(Tape::of(t(vec({1, 10, 100, 1000}))).count("scatter_add"), 1U);
}

TEST(Transpose, OfTheZeroMapIsZeroAndOnTheTape) {
  const auto nothing = [](const Variable& x) { return Variable(Tensor::zeros({2}, x.dtype())); };
  const LinearFunction t = transpose(nothing, three);
  EXPECT_EQ(list(t(vec({1, 2}))), (List{0, 0, 0}));
  const Variable y = track(vec({1, 2}));
  EXPECT_EQ(list(grad(sum(t(y)), {y})[0]), (List{0, 0}));
  EXPECT_EQ(list(transpose(t, {Shape{2}, DType::float64})(vec({1, 2, 3}))), (List{0, 0}));
}

TEST(Transpose, OfABatchOfNoneAndOfAScalar) {
  const auto f = [](const Variable& x) { return scale(x, 2); };
  const LinearFunction t = transpose(f, {Shape{0, 3}, DType::float32});
  EXPECT_EQ(t(Tensor::zeros({0, 3}, DType::float32)).shape(), (Shape{0, 3}));
  EXPECT_EQ(transpose(f, {Shape{}, DType::float64})(num(4)).value().to_double(), 8);
}

TEST(Transpose, CrossesDtypesWithTheDigitsOfTheCoarsest) {
  const auto f = [](const Variable& x) {
    return converted(scale(converted(scale(x, 0.1), DType::float32), 0.3), DType::float64);
  };
  const Variable x = transpose(f, three)(vec({1, 2, 3}));
  EXPECT_EQ(x.dtype(), DType::float64);
  EXPECT_NEAR(list(x)[2], 0.09, 1e-7);
  // The derivative adds in another order, in float32.
  const auto sums = [](const Variable& v) {
    const Variable single = converted(v, DType::float32);
    const Variable a = scale(single, 0.1), b = scale(single, 0.3), c = scale(single, 0.7);
    return converted(add_same_shape(add_same_shape(c, b), a), DType::float64);
  };
  const Domain many{Shape{64}, DType::float64};
  EXPECT_NEAR(list(transpose(sums, many)(Tensor::ones({64}, DType::float64)))[5], 1.1, 1e-6);
}

TEST(Transpose, OfACompositeByItsDefinition) {
  const auto f = [](const Variable& x) {
    return composite(
        {"doubled"}, {x}, [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return 2 * v; }); },
        [](const std::vector<Variable>& in) { return scale(in[0], 2); }, {{}});
  };
  EXPECT_EQ(list(transpose(f, three)(vec({1, 2, 3}))), (List{2, 4, 6}));
}

TEST(Transpose, RefusesASquareByName) {
  EXPECT_EQ(refused([](const Variable& x) { return sum(square(scale(x, 3))); }),
            "transpose: f is not linear, because of square: the gradient through it reads x, in scale (by 2) "
            "f64[3], by way of scale (by 3) f64[3]. The gradient of a linear function is the same "
            "everywhere. Leave that "
            "op out, or transpose the derivative at one x: v -> jvp(f(x), {x}, {v}).");
  EXPECT_EQ(
      refused([](const Variable& x) { return times(x, x, "energy"); }).substr(0, 107),
      "transpose: f is not linear, because of times \"energy\": the gradient through it reads x, in times "
      "f64[3]. Th");
}

// Its value is its derivative applied to x, so only the tape tells.
TEST(Transpose, RefusesReluByName) {
  EXPECT_EQ(refused([](const Variable& x) { return relu(x); }).substr(0, 54),
            "transpose: f is not linear, because of relu: the gradi");
}

// argmax is locally constant and gives integers; what is gathered there is homogeneous, as relu is.
TEST(Transpose, RefusesAMaximumByName) {
  const auto largest = [](const Variable& x) {
    const Variable index =
        record({"argmax"}, {x},
               [](std::span<const Tensor> in) {
                 const List v = in[0].to_vector<double>();
                 const auto at = std::max_element(v.begin(), v.end()) - v.begin();
                 return Tensor(Shape{1}, std::vector<std::int32_t>{static_cast<std::int32_t>(at)});
               },
               {Rule::locally_constant()});
    return gather(x, index);
  };
  EXPECT_EQ(
      refused(largest),
      "transpose: f is not linear, because of gather: the gradient through it reads x, in scatter_add "
      "f64[3], by "
      "way of argmax i32[1]. The gradient of a linear function is the same everywhere. Leave that op out, or "
      "transpose the derivative at one x: v -> jvp(f(x), {x}, {v}).");
}

TEST(Transpose, RefusesWhatIsNotZeroAtZero) {
  EXPECT_EQ(
      refused([](const Variable& x) { return scale(shift(scale(x, 2), 0.5), 3); }),
      "transpose: f(0) is 1.5 at [0], so f is not linear, but affine at best. The first op that gives more "
      "than zeros there is shift (by 0.5) f64[3]. If f is affine, transpose x -> f(x) - f(0).");
  EXPECT_EQ(
      refused([](const Variable& x) {
        return add_same_shape(x, vec({0, 7, 0}));
      }),
      "transpose: f(0) is 7 at [1], so f is not linear, but affine at best. The first op that gives more "
      "than zeros there is add f64[3]. If f is affine, transpose x -> f(x) - f(0).");
  EXPECT_EQ(
      refused([](const Variable&) {
        return Variable(vec({0, 7}));
      }),
      "transpose: f(0) is 7 at [1], so f is not linear, but affine at best. No op of it that reads x gives "
      "more than zeros there. A linear function is 0 where x is.");
  const auto inverse = [](const Variable& x) {
    return record({"inverse"}, {x},
                  [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return 0 / v; }); },
                  {Rule(Reads::nothing(), [](const Vjp& v) { return v.grad(); })});
  };
  const std::string message = refused(inverse);
  EXPECT_EQ(message,
            "transpose: f(0) is NaN at [0], so f is not linear, but affine at best. The first op that gives "
            "more than "
            "zeros there is inverse f64[3]. If f is affine, transpose x -> f(x) - f(0).");
}

TEST(Transpose, RefusesWhatIsLocallyConstant) {
  EXPECT_EQ(refused([](const Variable& x) { return sum(floor_of(scale(x, 2), "levels")); },
                    {Shape{}, DType::float64}),
            "transpose: f is not linear: at a random x it is 5, and its derivative applied to x is 0. The "
            "first op where that is so is floor \"levels\" f64[], which is locally constant: its derivative "
            "is 0. Leave it out.");
  EXPECT_EQ(
      refused([](const Variable& x) { return add_same_shape(x, floor_of(x)); }, {Shape{}, DType::float32}),
      "transpose: f is not linear: at a random x it is 4.56104, and its derivative applied to x is 2.56104. "
      "The first op where that is so is floor f32[], which is locally constant: its derivative is 0. Leave "
      "it out.");
}

TEST(Transpose, RefusesWhatPassesThroughIntegers) {
  EXPECT_EQ(
      refused([](const Variable& x) { return converted(truncated(x), DType::float64); }),
      "transpose: f is not linear: at a random x it is 2 at [0], and its derivative applied to x is 0. The "
      "first op where that is so is truncated i32[3], whose integers have no gradient. Cast them outside f.");
  EXPECT_EQ(thrown<DTypeError>([] { transpose(truncated, three); }),
            "transpose: f gives int32, which has no gradient. Cast its result in f.");
}

TEST(Transpose, RefusesWhatPassesByTheTape) {
  EXPECT_EQ(refused([](const Variable& x) { return add_same_shape(x, detach(x)); }),
            "transpose: f is not linear: at a random x it is 5.12207 at [0], and its derivative applied to x "
            "is 2.56104. The first op where that is so is add f64[3]. Its rule is wrong, or x comes into it "
            "untracked. Compute with ops, without detach and value().");
  EXPECT_EQ(refused([](const Variable& x) { return detach(x); }),
            "transpose: f is not linear: at a random x it is 2.56104 at [0], and its derivative applied to x "
            "is 0. No op on its tape makes the difference, so x comes into it untracked. Compute with ops, "
            "without detach and value().");
}

TEST(Transpose, RefusesAWrongRuleByName) {
  const auto wrong = [](const Variable& x) {
    return record({"triple"}, {x},
                  [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return 3 * v; }); },
                  {Rule(Reads::nothing(), [](const Vjp& v) { return scale(v.grad(), 2); })});
  };
  EXPECT_EQ(refused([&](const Variable& x) { return scale(wrong(scale(x, 5)), 7); }),
            "transpose: f is not linear: at a random x it is 268.909 at [0], and its derivative applied to x "
            "is 179.273. The first op where that is so is triple f64[3]. Its rule is wrong, or x comes into "
            "it untracked. Compute with ops, without detach and value().");
}

TEST(Transpose, RefusesWhatChoosesByValues) {
  // At 0 the first is like x on one side, the second on the other.
  const auto upper = [](const Variable& x) { return scale(x, x.value().to_double() >= 0 ? 1 : -1); };
  const auto lower = [](const Variable& x) { return scale(x, x.value().to_double() > 0 ? 1 : -1); };
  EXPECT_EQ(refused(upper, {Shape{}, DType::float64}),
            "transpose: f is not linear: its gradient is -1.29821 at 0, and 1.29821 at a random x. It "
            "chooses its ops "
            "by the values of x, or by chance. Let them follow from x's shape alone.");
  EXPECT_EQ(refused(lower, {Shape{}, DType::float64}),
            "transpose: f is not linear: its gradient is 1.29821 at 0, and -1.29821 at a random x. It "
            "chooses its ops "
            "by the values of x, or by chance. Let them follow from x's shape alone.");
  const auto size = [](const Variable& x) { return dot(x.value(), x.value()) > 0 ? scale(x, 1) : sum(x); };
  EXPECT_EQ(refused(size),
            "transpose: f is not linear: its result is f64[] at 0, and f64[3] at a random x. Let the size of "
            "the result follow from x's shape alone.");
}

TEST(Transpose, RefusesWhatIsRandom) {
  std::uint64_t calls = 0;
  const auto noisy = [&](const Variable& x) {
    return add_same_shape(x, normal({3}, DType::float64, Key{++calls}));
  };
  EXPECT_EQ(
      thrown<ArgumentError>([&] { transpose(noisy, three); }),
      "transpose: f gives two results for one x, so it is not deterministic. Draw what is random outside f.");
  const auto dropped = [&](const Variable& x) { return times(x, normal({3}, DType::float64, Key{++calls})); };
  EXPECT_EQ(refused(dropped).substr(0, 43), "transpose: f is not linear: its gradient is");
}

TEST(Transpose, RefusesWhatItCannotTake) {
  EXPECT_EQ(thrown<ArgumentError>([] { transpose(nullptr, three); }),
            "transpose: f is an empty function. Give one that can be called.");
  EXPECT_EQ(thrown<DTypeError>([] {
              transpose(picked, {Shape{3}, DType::int32});
            }),
            "transpose: the domain is int32, which has no gradient. Take float32 or float64, and cast in f.");
  const LinearFunction t = transpose(picked, three);
  EXPECT_EQ(thrown<ShapeError>([&] {
              t(vec({1, 2, 3}));
            }),
            "transpose: y is [3], f gives [4]. The transpose takes what f gives.");
  EXPECT_EQ(thrown<DTypeError>([&] { t(Tensor::zeros({4}, DType::float32)); }),
            "transpose: y is float32, f gives float64. Cast y.");
}

TEST(Transpose, CallsFThreeTimesAndNeverAgain) {
  int calls = 0;
  const LinearFunction t = transpose(
      [&](const Variable& x) {
        ++calls;
        return picked(x);
      },
      three);
  EXPECT_EQ(calls, 3);
  t(vec({1, 2, 3, 4}));
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace trous
