// vjp, jvp and hvp: linear where they must be, and held against differences of values, since agreement of
// one derivative with another is no evidence.
#include <autograd/toy_ops.h>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;

constexpr std::int64_t count = 12;
constexpr double h = 1.0 / (1 << 17);  // a power of two: x + h d and 2 h are as exact as can be
constexpr double epsilon = std::numeric_limits<double>::epsilon();

Tensor draw(std::uint64_t key) { return uniform({count}, DType::float64, Key{key}, -1, 1); }
Tensor moved(const Tensor& x, const Tensor& direction, double by) {
  return zip(x, direction, [by](double a, double d) { return a + by * d; });
}

TEST(Vjp, WeighsTheRowsOfTheJacobian) {
  const Variable x = track(vec({1, 2, 3}));
  EXPECT_EQ(list(vjp(square(x), {x}, Variable(vec({1, 10, 100})))[0]), (List{2, 40, 600}));
}

TEST(Vjp, IsLinearInTheSeed) {
  const Variable x = track(vec({1, 2, 3}));
  const Variable y = times(square(x), x);
  const auto at = [&](const List& seed) { return list(vjp(y, {x}, Variable(vec(seed)))[0]); };
  const List a = at({1, 5, -2}), b = at({-3, 1, 4}),
             both = at({2 * 1 - 3 * 3, 2 * 5 + 3 * 1, 2 * -2 + 3 * 4});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(both[i], 2 * a[i] + 3 * b[i]);
}

TEST(Vjp, PassesGradientsToATrackedSeedUnderKeep) {
  const Variable x = track(vec({1, 2, 3}));
  const Variable seed = track(vec({4, 5, 6}));
  const Variable g = vjp(square(x), {x}, seed, CreateGraph::yes)[0];  // 2 x seed
  EXPECT_EQ(list(grad(sum(g), {seed})[0]), (List{2, 4, 6}));
  EXPECT_EQ(list(grad(sum(g), {x})[0]), (List{8, 10, 12}));
}

TEST(Vjp, OfSeveralYsIsTheSum) {
  const Variable x = track(vec({1, 2})), w = track(vec({3, 4}));
  const Variable a = times(x, w), b = square(x), c = sum(w);
  const std::vector<Variable> together =
      vjp({a, b, c}, {x, w}, {Variable(vec({1, 1})), Variable(vec({10, 10})), Variable(num(100))});
  EXPECT_EQ(list(together[0]), (List{3 + 20, 4 + 40}));
  EXPECT_EQ(list(together[1]), (List{1 + 100, 2 + 100}));
}

TEST(Vjp, OfAYThatAnotherYIsComputedFrom) {
  const Variable x = track(vec({1, 2}));
  const Variable inner = square(x), outer = square(inner);
  const std::vector<Variable> g =
      vjp({inner, outer, inner}, {x, inner}, std::vector<Variable>(3, Variable(vec({1, 1}))));
  EXPECT_EQ(list(g[0]), (List{2 * 2 + 4, 2 * 4 + 32}));
  EXPECT_EQ(list(g[1]), (List{2 + 2, 2 + 8}));
}

TEST(Jvp, OfALinearMapIsTheMap) {
  const Variable x = track(vec({1, 2, 3}));
  EXPECT_EQ(list(jvp(scale(x, 5), {x}, {vec({1, 10, 100})})), (List{5, 50, 500}));
  EXPECT_EQ(list(jvp(sum(x), {x}, {vec({1, 10, 100})})), List{111});
}

TEST(Jvp, OfWhatDoesNotDependOnXIsZeroInTheShapeOfY) {
  const Variable x = track(vec({1, 2, 3})), other = track(vec({1, 2}));
  EXPECT_EQ(list(jvp(square(other), {x}, {vec({1, 1, 1})})), (List{0, 0}));
  EXPECT_EQ(list(jvp(step(x), {x}, {vec({1, 1, 1})})), (List{0, 0, 0}));
}

// y = sin(x w) along a line in [-1, 1]: u = x w has |u'| <= 2 and |u''| <= 2, so |y'''| <= 8 + 3 * 2 * 2 = 20
// and the difference is off by at most 20 h^2 / 6; the two values of y carry an epsilon or two each.
TEST(Jvp, AgreesWithCentralDifferences) {
  const Tensor x = draw(1), w = draw(2), dx = draw(3), dw = draw(4);
  const Variable tx = track(x), tw = track(w);
  const Tensor rule = jvp(sine(times(tx, tw)), {tx, tw}, {dx, dw}).value();
  const auto f = [&](double by) { return sine(times(moved(x, dx, by), moved(w, dw, by))).value(); };
  const auto up = f(h).to_vector<double>(), down = f(-h).to_vector<double>(),
             slope = rule.to_vector<double>();
  const double bound = 20 * h * h / 6 + 4 * epsilon / h;
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_NEAR(slope[i], (up[i] - down[i]) / (2 * h), bound) << "element " << i;
    largest = std::max(largest, std::abs(slope[i]));
  }
  EXPECT_GT(largest, 0.1) << "zeros would agree with zeros";
}

TEST(Jvp, UnderKeepCanBeDifferentiatedAgain) {
  const Variable x = track(vec({1, 2}));
  const Variable y = times(square(x), x);                                // x^3
  const Variable slope = jvp(y, {x}, {vec({1, 10})}, CreateGraph::yes);  // 3 x^2 d
  EXPECT_EQ(list(slope), (List{3, 120}));
  const Variable bend = jvp(slope, {x}, {vec({1, 10})}, CreateGraph::yes);  // 6 x d^2
  EXPECT_EQ(list(bend), (List{6, 1200}));
  EXPECT_EQ(list(grad(sum(bend), {x})[0]), (List{6, 600}));
}

TEST(Jvp, PassesGradientsToATrackedTangentUnderKeep) {
  const Variable x = track(vec({1, 2})), tangent = track(vec({5, 7}));
  const Variable slope = jvp(square(x), {x}, {tangent}, CreateGraph::yes);
  EXPECT_EQ(list(grad(sum(slope), {tangent})[0]), (List{2, 4}));
}

TEST(Hvp, OfAQuadraticIsExact) {
  const Variable a = track(vec({1, 2})), b = track(vec({3, 4}));
  const Variable y = sum(times(square(a), b));  // H = [2 b, 2 a; 2 a, 0]
  const std::vector<Variable> product = hvp(y, {a, b}, {vec({1, 1}), vec({10, 100})});
  EXPECT_EQ(list(product[0]), (List{2 * 3 + 20 * 1, 2 * 4 + 200 * 2}));
  EXPECT_EQ(list(product[1]), (List{2, 4}));
}

TEST(Hvp, OfALinearFunctionIsZero) {
  const Variable x = track(vec({1, 2}));
  EXPECT_EQ(list(hvp(sum(scale(x, 3)), {x}, {vec({1, 1})})[0]), (List{0, 0}));
}

// g = w cos(x w) along the same line: |g'''| <= |cos(u)'''| + 3 |w'| |cos(u)''| <= 20 + 3 * 6.
TEST(Hvp, AgreesWithDifferencesOfTheGradient) {
  const Tensor x = draw(1), w = draw(2), dx = draw(3), dw = draw(4);
  const auto gradients = [&](double by) {
    const Variable tx = track(moved(x, dx, by)), tw = track(moved(w, dw, by));
    return grad(sum(sine(times(tx, tw))), {tx, tw});
  };
  const Variable tx = track(x), tw = track(w);
  const std::vector<Variable> product = hvp(sum(sine(times(tx, tw))), {tx, tw}, {dx, dw});
  const std::vector<Variable> up = gradients(h), down = gradients(-h);
  const double bound = 38 * h * h / 6 + 4 * epsilon / h;
  double largest = 0;
  for (std::size_t slot = 0; slot < 2; ++slot) {
    const List rule = list(product[slot]), above = list(up[slot]), below = list(down[slot]);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_NEAR(rule[i], (above[i] - below[i]) / (2 * h), bound) << "x " << slot << ", element " << i;
      largest = std::max(largest, std::abs(rule[i]));
    }
  }
  EXPECT_GT(largest, 0.1);
}

TEST(Hvp, UnderKeepGivesThirdOrder) {
  const Variable x = track(vec({2, 3}));
  const Variable y = sum(square(square(x)));  // x^4: H v = 12 x^2 v
  const Variable product = hvp(y, {x}, {vec({1, 10})}, CreateGraph::yes)[0];
  EXPECT_EQ(list(product), (List{48, 1080}));
  EXPECT_EQ(list(grad(sum(product), {x})[0]), (List{48, 720}));
}

}  // namespace
}  // namespace trous
