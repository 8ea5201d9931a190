// Linear maps: the transpose of the transpose is the map, by construction; that the two functions given are
// transposes of each other is what a dot test shows, here exactly, on small integers.
#include <autograd/toy_ops.h>
#include <core/thrown.h>

#include <gtest/gtest.h>

#include <trous/autograd/tape.h>
#include <trous/check/check_grad.h>
#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;

// Running sums, and one more output that repeats the last: R^n -> R^(n + 1), so that no shape fits by luck.
LinearMap running_sum(std::int64_t n) {
  const auto length = static_cast<std::size_t>(n);
  return {.op = "running_sum",
          .transpose_op = "running_sum_transpose",
          .attributes = {{"length", n}},
          .domain = {Shape{n}, DType::float64},
          .codomain = {Shape{n + 1}, DType::float64},
          .forward =
              [length](const Tensor& x, std::span<const Tensor>) {
                List out(length + 1);
                double total = 0;
                for (std::size_t i = 0; i < length; ++i) out[i] = total += x.values<double>()[i];
                out[length] = total;
                return vec(out);
              },
          .backward =
              [length](const Tensor& y, std::span<const Tensor>) {
                List out(length);
                double total = y.values<double>()[length];
                for (std::size_t i = length; i-- > 0;) out[i] = total += y.values<double>()[i];
                return vec(out);
              }};
}

TEST(LinearMap, TransposeOfTransposeIsTheMap) {
  const LinearMap map = running_sum(4), transpose = map.transpose(), twice = transpose.transpose();
  EXPECT_EQ(transpose.op, "running_sum_transpose");
  EXPECT_EQ(transpose.transpose_op, "running_sum");
  EXPECT_EQ(transpose.domain.shape, Shape{5});
  EXPECT_EQ(transpose.codomain.shape, Shape{4});
  EXPECT_EQ(twice.op, map.op);
  EXPECT_EQ(twice.transpose_op, map.transpose_op);
  EXPECT_EQ(twice.domain.shape, map.domain.shape);
  EXPECT_EQ(twice.codomain.shape, map.codomain.shape);
  EXPECT_EQ(text(twice.attributes), text(map.attributes));
  const Tensor x = vec({1, 2, -5, 7});
  EXPECT_TRUE(same_bits(twice(x).value(), map(x).value()));
  EXPECT_EQ(list(map(x)), (List{1, 3, -2, 5, 5}));
  EXPECT_EQ(list(transpose(Variable(vec({1, 2, -5, 7, 1})))), (List{6, 5, 3, 8}));
}

TEST(LinearMap, DotTest) {
  const LinearMap map = running_sum(4);
  const Tensor x = vec({1, 2, -5, 7}), y = vec({3, -4, 5, 6, -2});
  EXPECT_EQ(dot(map(x).value(), y), dot(x, map.transpose()(y).value()));
  const LinearMap total = sum_of({2, 3});
  const Tensor image(Shape{2, 3}, List{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(dot(total(image).value(), num(7)), dot(image, total.transpose()(num(7)).value()));
}

TEST(LinearMap, ItsGradientIsTheTransposeOnTheTape) {
  const Variable x = track(vec({1, 2, -5, 7}));
  const Variable seed = vec({3, -4, 5, 6, -2});
  const Variable g = vjp(running_sum(4)(x), {x}, seed, CreateGraph::yes)[0];
  EXPECT_EQ(list(g), list(running_sum(4).transpose()(seed)));
  EXPECT_EQ(Tape::of(g).count("running_sum_transpose"), 1U);
  EXPECT_EQ(Tape::of(g).count("running_sum"), 0U) << "a linear map's gradient does not depend on x";
}

TEST(LinearMap, TheTransposesGradientIsTheMap) {
  const Variable y = track(vec({3, -4, 5, 6, -2}));
  const Variable g =
      vjp(running_sum(4).transpose()(y), {y}, Variable(vec({1, 2, -5, 7})), CreateGraph::yes)[0];
  EXPECT_EQ(list(g), (List{1, 3, -2, 5, 5}));
  EXPECT_EQ(Tape::of(g).count("running_sum"), 1U);
}

TEST(LinearMap, HasEveryOrderInsideANonlinearFunction) {
  const auto f = [](const std::vector<Variable>& in) { return sine(running_sum(4)(sine(in[0]))); };
  const GradReport report =
      check_grad("running_sum", f, {uniform({4}, DType::float64, Key{1}, -1, 1)}, {.order = 3});
  EXPECT_TRUE(report.passed()) << report;
  for (const GradCheckRow& row : report.rows) EXPECT_GT(row.largest, 1e-3) << "order " << row.order;
}

TEST(LinearMap, RefusesWhatIsNotInItsDomain) {
  const LinearMap map = running_sum(4);
  EXPECT_EQ(thrown<ShapeError>([&] {
              map(Variable(vec({1, 2, 3})));
            }),
            "running_sum: x is [3], the map takes [4]. Reshape x, or make the map anew.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              map.transpose()(Variable(vec({1, 2, 3, 4})));
            }),
            "running_sum_transpose: x is [4], the map takes [5]. Reshape x, or make the map anew.");
  EXPECT_EQ(thrown<DTypeError>([&] { map(Variable(Tensor::zeros({4}, DType::float32))); }),
            "running_sum: x is float32, the map takes float64. Cast x.");
}

TEST(LinearMap, ParametersChooseTheMap) {
  const Variable x = track(vec({10, 20, 30}));
  const Variable index = Tensor(Shape{4}, std::vector<std::int32_t>{2, 0, 2, 1});
  const Variable y = gather(x, index);
  EXPECT_EQ(list(y), (List{30, 10, 30, 20}));
  EXPECT_EQ(list(vjp(y, {x}, Variable(vec({1, 2, 3, 4})))[0]), (List{2, 4, 4}));
}

TEST(LinearMap, ParametersHaveNoDerivative) {
  const Variable x = track(vec({1, 2})), k = track(vec({3, 4}));
  const auto apply = [](const Tensor& v, std::span<const Tensor> parameters) {
    return zip(v, parameters[0], [](auto a, auto b) { return a * b; });
  };
  const Domain same{x.shape(), DType::float64};
  const LinearMap diagonal{.op = "diagonal",
                           .transpose_op = "diagonal",
                           .attributes = {},
                           .domain = same,
                           .codomain = same,
                           .forward = apply,
                           .backward = apply,
                           .parameters = {k}};
  EXPECT_EQ(list(grad(sum(diagonal(x)), {x})[0]), (List{3, 4}));
  const std::string message =
      "diagonal: input 1 has no derivative, but a gradient was asked through it. Detach it: detach(x).";
  EXPECT_EQ(thrown<GraphError>([&] { grad(sum(diagonal(x)), {k}); }), message);
  // Nor does the gradient, where the parameter is an input again.
  const Variable g = grad(sum(square(diagonal(x))), {x}, CreateGraph::yes)[0];
  EXPECT_EQ(thrown<GraphError>([&] { grad(sum(g), {k}); }), message);
  EXPECT_EQ(list(grad(sum(g), {x})[0]), (List{18, 32}));
}

TEST(LinearMap, NamesItsResult) {
  const Variable y = sum_of({2})(track(vec({1, 2})), "total");
  EXPECT_EQ(y.node()->op.name, "total");
}

}  // namespace
}  // namespace trous
