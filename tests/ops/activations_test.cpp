// Functions of one element against values and slopes of PyTorch, at kinks and far out; extremes of two
// values.
#include <algorithm>
#include <cmath>
#include <functional>
#include <ops/support.h>
#include <string>

#include <trous/ops/activations.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

struct Reference {
  std::string name;
  std::function<Variable(const Variable&)> function;
  Numbers values, slopes;  // at xs
};

const Numbers xs{-30.0, -2.75, -1.5, -0.25, 0.0, 0.5, 2.0, 2.5, 40.0};

// PyTorch 1.13.0a0, float64.
std::vector<Reference> references() {
  return {
      {"leaky_relu(x, 0.125)",
       [](const Variable& x) { return leaky_relu(x, 0.125); },
       {-3.75, -0.34375, -0.1875, -0.03125, 0.0, 0.5, 2.0, 2.5, 40.0},
       {0.125, 0.125, 0.125, 0.125, 0.125, 1.0, 1.0, 1.0, 1.0}},
      {"elu(x, 1.5)",
       [](const Variable& x) { return elu(x, 1.5); },
       {-1.4999999999998597, -1.4041082081899385, -1.1653047597773554, -0.3317988253928927, 0.0, 0.5, 2.0,
        2.5, 40.0},
       {1.4036434453260263e-13, 0.09589179181006136, 0.33469524022264474, 1.1682011746071073, 1.5, 1.0, 1.0,
        1.0, 1.0}},
      {"silu(x)",
       [](const Variable& x) { return silu(x); },
       {-2.8072868906517896e-12, -0.16523828797852097, -0.2736382857095345, -0.10945587477855048, 0.0,
        0.3112296656009273, 1.7615941559557646, 2.3103545499468914, 40.0},
       {-2.713710660963134e-12, -0.09522302259939602, -0.041294154299142946, 0.37628997842980233, 0.5,
        0.7399611873026519, 1.0907842487848955, 1.0994011113415267, 1.0}},
      {"gelu(x)",
       [](const Variable& x) { return gelu(x); },
       {-0.0, -0.008194348896400028, -0.10021080190328704, -0.10032341857926907, 0.0, 0.34573123063700656,
        1.9544997361036416, 2.4844758366855597, 40.0},
       {-4.420938404635643e-195, -0.02202753364432084, -0.1274691922299796, 0.304626645116364, 0.5,
        0.8674951246561629, 1.085231801078197, 1.037611085908145, 1.0}},
      {"gelu(x, Gelu::tanh)",
       [](const Variable& x) { return gelu(x, Gelu::tanh); },
       {-0.0, -0.007723144073617988, -0.10042842301976707, -0.100324649298315, 0.0, 0.34571400982514394,
        1.954597694087775, 2.484915733910001, 40.0},
       {0.0, -0.02194892159349827, -0.12771079315143308, 0.30464590484893955, 0.5, 0.8673699035346424,
        1.0860992566236183, 1.037951576212666, 1.0}},
      {"hardswish(x)",
       [](const Variable& x) { return hardswish(x); },
       {-0.0, -0.11458333333333333, -0.375, -0.11458333333333333, 0.0, 0.2916666666666667, 1.6666666666666667,
        2.2916666666666665, 40.0},
       {0.0, -0.41666666666666663, 0.0, 0.4166666666666667, 0.5, 0.6666666666666666, 1.1666666666666665,
        1.3333333333333335, 1.0}},
      {"softplus(x)",
       [](const Variable& x) { return softplus(x); },
       {9.357622968839737e-14, 0.061967589003198625, 0.2014132779827524, 0.5759394198788436,
        0.6931471805599453, 0.9740769841801067, 2.1269280110429727, 2.5788897342925496, 40.0},
       {9.3576229688393e-14, 0.06008665017400762, 0.18242552380635632, 0.4378234991142019, 0.5,
        0.6224593312018546, 0.8807970779778824, 0.9241418199787564, 1.0}},
      {"erf(x)",
       [](const Variable& x) { return erf(x); },
       {-1.0, -0.9998993780778803, -0.9661051464753108, -0.27632639016823696, 0.0, 0.5204998778130465,
        0.9953222650189527, 0.999593047982555, 1.0},
       {0.0, 0.0005862772470937923, 0.11893028922362936, 1.0600141293761143, 1.1283791670955126,
        0.8787825789354448, 0.020666985354092053, 0.00217828423035271, 0.0}},
      {"sin(x)",
       [](const Variable& x) { return sin(x); },
       {0.9880316240928618, -0.38166099205233167, -0.9974949866040544, -0.24740395925452294, 0.0,
        0.479425538604203, 0.9092974268256817, 0.5984721441039564, 0.7451131604793488},
       {0.15425144988758405, -0.9243023786324636, 0.0707372016677029, 0.9689124217106447, 1.0,
        0.8775825618903728, -0.4161468365471424, -0.8011436155469337, -0.6669380616522619}},
      {"cos(x)",
       [](const Variable& x) { return cos(x); },
       {0.15425144988758405, -0.9243023786324636, 0.0707372016677029, 0.9689124217106447, 1.0,
        0.8775825618903728, -0.4161468365471424, -0.8011436155469337, -0.6669380616522619},
       {-0.9880316240928618, 0.38166099205233167, 0.9974949866040544, 0.24740395925452294, -0.0,
        -0.479425538604203, -0.9092974268256817, -0.5984721441039564, -0.7451131604793488}},
      {"expm1(x)",
       [](const Variable& x) { return expm1(x); },
       {-0.9999999999999064, -0.9360721387932924, -0.7768698398515702, -0.22119921692859512, 0.0,
        0.6487212707001282, 6.38905609893065, 11.182493960703473, 2.3538526683702e+17},
       {9.35918009759007e-14, 0.06392786120670757, 0.2231301601484298, 0.7788007830714049, 1.0,
        1.6487212707001282, 7.38905609893065, 12.182493960703473, 2.3538526683702e+17}},
  };
}

TEST(Activations, HaveTheValuesAndSlopesOfPyTorch) {
  for (const Reference& reference : references()) {
    const Variable x = track(f64({static_cast<std::int64_t>(xs.size())}, xs));
    const Variable y = reference.function(x);
    const Numbers values = numbers(y), slopes = numbers(grad(sum(y), {x})[0]);
    for (std::size_t i = 0; i < xs.size(); ++i) {
      EXPECT_NEAR(values[i], reference.values[i], 4e-15 * std::max(1.0, std::abs(reference.values[i])))
          << reference.name << " at " << xs[i];
      EXPECT_NEAR(slopes[i], reference.slopes[i], 4e-15 * std::max(1.0, std::abs(reference.slopes[i])))
          << reference.name << " at " << xs[i];
    }
  }
}

TEST(Activations, KeepNaN) {
  for (const Reference& reference : references())
    EXPECT_TRUE(std::isnan(numbers(reference.function(f64({1}, {nan})))[0])) << reference.name;
}

// PyTorch 1.13.0a0, whose channels are axis 1: here they are the last.
TEST(Prelu, HasTheValuesAndGradientsOfPyTorch) {
  const Variable x = track(f64({2, 3}, {1, -2, 3, -0.5, 4, -1.5})), slope = track(f64({3}, {0.25, 0.5, -2}));
  const Variable y = prelu(x, slope);
  EXPECT_EQ(numbers(y), (Numbers{1, -1, 3, -0.125, 4, 3}));
  const std::vector<Variable> g = vjp(y, {x, slope}, f64({2, 3}, {1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(numbers(g[0]), (Numbers{1, 1, 3, 1, 5, -12}));
  EXPECT_EQ(numbers(g[1]), (Numbers{-2, -4, -9}));
  EXPECT_TRUE(std::isnan(numbers(prelu(f64({1}, {nan}), f64({}, {0.5})))[0]));
  const Variable far = f64({1}, {infinity}), shared = track(f64({}, {0.5}));
  EXPECT_EQ(numbers(grad(sum(prelu(far, shared)), {shared})[0]), Numbers{0}) << "not 0 times infinity";
}

TEST(PreluErrors, Texts) {
  EXPECT_EQ(
      refused<ShapeError>([] {
        prelu(zeros({2, 3}), zeros({2}));
      }),
      "prelu: slope [2] does not fit x [2, 3]. Give a scalar, or one slope for each element of the last "
      "axis.");
  EXPECT_EQ(refused<DTypeError>([] {
              prelu(zeros({2, 3}), zeros({3}, DType::float64));
            }),
            "prelu: x is float32, slope float64. Cast one of them.");
}

TEST(Maximum, TakesTheLargerAndItsGradient) {
  const Variable a = track(f64({4}, {1, 5, 2, nan})), b = track(f64({4}, {3, 4, 2, 1}));
  const Variable y = maximum(a, b), z = minimum(a, b);
  EXPECT_EQ(numbers(f64({3}, {numbers(y)[0], numbers(y)[1], numbers(y)[2]})), (Numbers{3, 5, 2}));
  EXPECT_EQ((Numbers{numbers(z)[0], numbers(z)[1], numbers(z)[2]}), (Numbers{1, 4, 2}));
  EXPECT_TRUE(std::isnan(numbers(y)[3]) && std::isnan(numbers(z)[3]));
  EXPECT_TRUE(std::isnan(numbers(maximum(b, a))[3]) && std::isnan(numbers(minimum(b, a))[3]));
  EXPECT_EQ(numbers(grad(sum(y), {a})[0]), (Numbers{0, 1, 1, 1})) << "of equals the first";
  EXPECT_EQ(numbers(grad(sum(y), {b})[0]), (Numbers{1, 0, 0, 0}));
  EXPECT_EQ(numbers(grad(sum(z), {a})[0]), (Numbers{1, 0, 1, 1}));
}

}  // namespace
}  // namespace trous
