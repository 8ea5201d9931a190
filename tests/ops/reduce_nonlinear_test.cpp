// Log sum exp, variance and norm: values and gradients of PyTorch, far out, at 0, and what is refused.
#include <algorithm>
#include <functional>
#include <ops/support.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reduce_nonlinear.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

const Shape reduced_shape_of_x{2, 3, 2};
const Numbers reduced_x{1.0, -2.0, 3.0, 0.5, 2.5, -1.5, 0.25, 4.0, -3.0, 1.0, 2.0, -0.75};

struct ReductionReference {
  std::string name;
  std::function<Variable(const Variable&)> function;
  Tensor seed;
  Numbers values, gradient, second;  // the last is the gradient of the sum of squares of the first
};

// PyTorch 1.13.0a0, float64.
std::vector<ReductionReference> reductions() {
  const Tensor seed = f64({2, 2}, {1, -2, 3, 0.5});
  return {
      {"logsumexp(x, {1})",
       [](const Variable& x) { return logsumexp(x, {1}); },
       seed,
       {3.554956919641991, 0.6967340969196172, 2.1659481498768898, 4.05679495783708},
       {0.07769557914857057, -0.1348507164649058, 0.5740969929676945, -1.6428180389302518, 0.3482074278837348,
        -0.2223312446048422, 0.4416065899622744, 0.4723938854176966, 0.017122945699055273,
        0.02351910666985175, 2.5412704643386697, 0.004087007912451804},
       {-0.058920721225057156, -0.33669062652085496, 0.13459660343554103, 0.8529003147110599,
        -0.0756758822104838, -0.5162096881902043, -1.5687471694020838, 0.023565100118821847,
        -0.07536374956353441, -0.01994103035484199, 1.6441109189656196, -0.0036240697639799983}},
      {"var(x, {1})",
       [](const Variable& x) { return var(x, {1}); },
       seed,
       {1.0833333333333335, 1.75, 6.4375, 5.770833333333334},
       {-1.1666666666666665, 2.0, 0.8333333333333335, -3.0, 0.3333333333333335, 1.0, 1.5, 1.2916666666666665,
        -8.25, -0.20833333333333337, 6.75, -1.0833333333333335},
       {-2.3333333333333335, -8.0, 1.6666666666666667, 12.0, 0.6666666666666666, -4.0, 9.0,
        1.2916666666666667, -49.5, -0.20833333333333323, 40.5, -1.0833333333333333}},
      {"var(x, {1, 2}, {.correction = 0})",
       [](const Variable& x) {
         return var(x, {1, 2}, {.correction = 0});
       },
       f64({2}, {1, -2}),
       {3.451388888888889, 4.763888888888888},
       {0.13888888888888887, -0.8611111111111112, 0.8055555555555555, -0.02777777777777779,
        0.6388888888888888, -0.6944444444444444, 0.22222222222222224, -2.2777777777777777, 2.388888888888889,
        -0.27777777777777773, -0.9444444444444443, 0.888888888888889},
       {0.09259259259259257, -0.5740740740740741, 0.537037037037037, -0.018518518518518517,
        0.4259259259259259, -0.4629629629629629, -0.2962962962962962, 3.0370370370370368, -3.185185185185185,
        0.37037037037037035, 1.259259259259259, -1.1851851851851851}},
      {"norm(x, {1})",
       [](const Variable& x) { return norm(x, {1}); },
       seed,
       {4.031128874149275, 2.5495097567963922, 3.61420807370024, 4.190763653560053},
       {0.24806946917841693, 1.5689290811054724, 0.7442084075352507, -0.3922322702763681, 0.6201736729460423,
        1.1766968108291043, 0.2075143391598224, 0.47723998901751485, -2.4901720699178687, 0.11930999725437871,
        1.6601147132785792, -0.08948249794078403},
       {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
  };
}

// The largest number on the way is 50, and each passes some ten roundings.
void expect_reference(const Variable& got, const Numbers& expected, const std::string& what) {
  const Numbers values = numbers(got);
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(values[i], expected[i], 10 * 50 * 0x1p-53) << what << ", element " << i;
}

TEST(NonlinearReductions, HaveTheValuesAndGradientsOfPyTorch) {
  for (const ReductionReference& reference : reductions()) {
    const Variable x = track(f64(reduced_shape_of_x, reduced_x));
    const Variable y = reference.function(x);
    expect_reference(y, reference.values, reference.name);
    const Variable g = vjp(y, {x}, Variable(reference.seed), CreateGraph::yes)[0];
    expect_reference(g, reference.gradient, reference.name + ", gradient");
    expect_reference(grad(sum(g * g), {x})[0], reference.second, reference.name + ", second");
  }
}

TEST(NonlinearReductions, KeepAxesAndReduceAll) {
  const Tensor x = f64(reduced_shape_of_x, reduced_x);
  EXPECT_EQ(logsumexp(x, {-1}, true).shape(), (Shape{2, 3, 1}));
  EXPECT_EQ(var(x, {0, 2}, {.keep_axes = true}).shape(), (Shape{1, 3, 1}));
  EXPECT_EQ(norm(x, {0, 1, 2}).shape(), Shape{});
  EXPECT_EQ(numbers(norm(f64({2, 2}, {1, 4, 8, 0}), {1, 0})), Numbers{9});
  EXPECT_EQ(numbers(norm(f64({3}, {-1, 0, 2}), {})), (Numbers{1, 0, 2})) << "along no axis: the sizes";
}

TEST(Logsumexp, IsHarmlessFarOutAndKeepsInfinitiesAndNaN) {
  EXPECT_EQ(numbers(logsumexp(f64({2, 2}, {1000, 1000, -1000, -1000}), {1})),
            (Numbers{1000 + std::log(2.0), -1000 + std::log(2.0)}));
  EXPECT_EQ(numbers(logsumexp(f64({2, 2}, {infinity, 0, -infinity, -infinity}), {1})),
            (Numbers{infinity, -infinity}));
  EXPECT_EQ(numbers(logsumexp(f64({1, 2}, {-infinity, 3}), {1})), Numbers{3});
  const Numbers bad = numbers(logsumexp(f64({3, 2}, {nan, 1, 1, nan, -infinity, nan}), {1}));
  for (const double v : bad) EXPECT_TRUE(std::isnan(v));
}

// In float32, adding ones to 2^24 changes nothing.
TEST(Logsumexp, OfManyFloatsIsAddedInFloat64) {
  constexpr std::int64_t count = (1 << 24) + 4096;
  const double got = numbers(logsumexp(Tensor::zeros({count}, DType::float32), {0}))[0];
  const double exact = std::log(static_cast<double>(count));
  EXPECT_LE(std::abs(got - exact), exact * 0x1p-24);
}

TEST(Norm, HasDerivativesOfZeroAtZeroToEveryOrder) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable x = track(f64({2, 3}, {0, 0, 0, 3, 0, 4}).cast(dtype));
    Variable g = sum(norm(x, {1}));
    EXPECT_EQ(numbers(g), Numbers{5});
    for (int order = 1; order <= 4; ++order) {
      // A weight that depends on the element, so that no derivative vanishes by symmetry.
      g = grad(order == 1 ? g : sum(g * f64({2, 3}, {1, 2, 3, 1, 2, 3}).cast(dtype)), {x},
               CreateGraph::yes)[0];
      const Numbers values = numbers(g);
      EXPECT_EQ((Numbers{values[0], values[1], values[2]}), (Numbers{0, 0, 0})) << "order " << order;
      EXPECT_TRUE(std::isfinite(values[3]) && values[4] != values[5]) << "order " << order;
    }
  }
}

TEST(Norm, NeitherOverflowsNorVanishes) {
  EXPECT_EQ(numbers(norm(f64({2}, {3 * 0x1p1000, 4 * 0x1p1000}), {0})), Numbers{5 * 0x1p1000});
  EXPECT_EQ(numbers(norm(f64({2}, {3 * 0x1p-1070, 4 * 0x1p-1070}), {0})), Numbers{5 * 0x1p-1070});
  EXPECT_EQ(numbers(norm(f32({2}, {3 * 0x1p100F, 4 * 0x1p100F}), {0})), Numbers{5 * 0x1p100});
  EXPECT_EQ(numbers(norm(f64({2}, {-infinity, 1}), {0})), Numbers{infinity});
  EXPECT_TRUE(std::isnan(numbers(norm(f64({2}, {infinity, nan}), {0}))[0]));
  EXPECT_TRUE(std::isnan(numbers(norm(f64({2}, {nan, 1}), {0}))[0]));
  const Variable x = track(f64({2}, {nan, 1}));
  EXPECT_TRUE(std::isnan(numbers(grad(norm(x, {0}), {x})[0])[1])) << "a NaN is no 0";
}

TEST(NonlinearReductionErrors, Texts) {
  const Tensor x = zeros({2, 3}), none = zeros({0, 3});
  EXPECT_EQ(refused<ArgumentError>([&] { logsumexp(x, {2}); }),
            "logsumexp: axis 2 does not exist. x [2, 3] has rank 2; axes are -2 to 1.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              norm(x, {1, -1});
            }),
            "norm: axis -1 of x [2, 3] is named twice. Name each axis once.");
  EXPECT_EQ(refused<ShapeError>([&] { logsumexp(none, {0}); }),
            "logsumexp: x [0, 3] has no elements to reduce. Skip empty batches.");
  EXPECT_EQ(refused<ShapeError>([&] { norm(none, {0}); }),
            "norm: x [0, 3] has no elements to reduce. Skip empty batches.");
  EXPECT_EQ(refused<ShapeError>([&] { var(none, {0}, {.correction = 0}); }),
            "var: x [0, 3] has no elements to reduce. Skip empty batches.");
  EXPECT_EQ(refused<ShapeError>([&] {
              var(zeros({4, 1}), {1});
            }),
            "var: x [4, 1] has 1 elements in each sum, correction 1 leaves nothing to divide by. Give more "
            "elements, or correction 0.");
  EXPECT_EQ(refused<ArgumentError>([&] { var(x, {1}, {.correction = -1}); }),
            "var: correction -1 is below 0. Give 1, or 0 for the mean square.");
  EXPECT_EQ(refused<DTypeError>([&] {
              norm(i32({2}, {1, 2}), {0});
            }),
            refused<DTypeError>([&] {
              sum(i32({2}, {1, 2}), {0});
            }).replace(0, 3, "norm"));
}

}  // namespace
}  // namespace trous
