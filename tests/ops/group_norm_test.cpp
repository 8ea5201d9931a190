// Norms of groups and of pixels against PyTorch's values and gradients, their errors, and the loops over
// large images against those of the reference.
#include <cmath>
#include <core/with_threads.h>
#include <functional>
#include <ops/support.h>
#include <ops/with_kernels.h>
#include <string>

#include <trous/ops/arithmetic.h>
#include <trous/ops/group_norm.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Values = std::vector<double>;
using Norming = std::function<Variable(const Variable&, const Variable&, const Variable&)>;

struct NormReference {
  std::string name;
  Norming norm;
  Values y, of_x, of_scale, of_offset;
};

// PyTorch 1.13.1, float64, of images that were permuted to NCHW and back.
std::vector<NormReference> norm_references() {
  return {
      {"group_norm",
       [](const Variable& x, const Variable& s, const Variable& o) { return group_norm(x, s, o, 2, 1e-3); },
       {-2.1068313186464414,  -1.138637136390967,  -0.2849862711170754, -1.1624199148496066,
        0.3886371363909672,   -0.7689381060150546, 1.994903897819528,   1.8774336437325312,
        1.22045995473677,     -1.97045995473677,   1.994903897819528,   -0.5924473726154558,
        0.3886371363909672,   -0.4916638332331204, -0.2849862711170754, 0.16751601703007868,
        -1.9622681421588282,  -0.5651096814559567, 3.4239743091699677,  0.275193605963588,
        -0.14707376910543069, -1.9265054612460049, -1.5563519587136216, -0.8315455646772096,
        0.3067248241579187,   -1.094541373596531,  -1.833036751373821,  0.4135360022936877,
        -0.60087236236878,    -1.5483399668598805, 2.5939199311893693,  0.8285631912839868},
       {-0.6619237166906115,  1.6825941963022073,    3.277421842198928,    0.7450609364744571,
        -1.6573294501547386,  -0.5861294782482046,   1.3768755732646083,   -1.029887758886412,
        -2.728529422061272,   -0.052209597913744465, -0.14305120602646054, -0.9651755876382369,
        3.888156005483947,    0.11537146328241671,   -1.282358495674279,   -1.978885303712605,
        1.2264092978738734,   -0.5334060056754524,   -1.9281521753102502,  1.1531159749052269,
        0.42957025035531804,  0.01833220260176982,   -4.0535871349861665,  0.14699270556921956,
        -0.45033740141934486, 0.16857215697447225,   2.530253678356668,    0.10297101476638026,
        -1.4133136574501153,  0.5541731567394794,    2.3290218757470873,   -0.2806159390481654},
       {-2.9244327334848057, -4.874242914879571, -0.3901227536196711, -1.6190612587618234},
       {-1.0, -3.0, 2.0, 0.0}},
      {"group_norm_relu",
       [](const Variable& x, const Variable& s, const Variable& o) {
         return group_norm_relu(x, s, o, 2, 1e-3);
       },
       {0.0,
        0.0,
        0.0,
        0.0,
        0.3886371363909672,
        0.0,
        1.994903897819528,
        1.8774336437325312,
        1.22045995473677,
        0.0,
        1.994903897819528,
        0.0,
        0.3886371363909672,
        0.0,
        0.0,
        0.16751601703007868,
        0.0,
        0.0,
        3.4239743091699677,
        0.275193605963588,
        0.0,
        0.0,
        0.0,
        0.0,
        0.3067248241579187,
        0.0,
        0.0,
        0.4135360022936877,
        0.0,
        0.0,
        2.5939199311893693,
        0.8285631912839868},
       {-0.1253826189433514,
        0.34833137132169056,
        0.2118507505327865,
        0.4450230504944174,
        -1.917234209960288,
        0.15884577521567378,
        1.5568983048526324,
        -0.7812849390743789,
        -2.8842171040085125,
        0.7746739625602284,
        0.0369715255615633,
        0.3575834380088058,
        3.6282512456783977,
        0.016731578136161218,
        0.2118507505327865,
        -2.038892880908613,
        0.0,
        0.0,
        -2.2034687781095426,
        1.3457772297068629,
        0.0,
        -0.0,
        -0.4070004089475867,
        -0.4996692916408399,
        0.0,
        -0.0,
        -0.4301676296209,
        0.26220527973937857,
        0.0,
        -0.0,
        2.153986242433708,
        -0.2216626435610803},
       {-1.848495151879562, 0.0, 0.16739757092916574, -1.1408648746383157},
       {-2.0, 0.0, 1.0, 0.0}},
      {"layer_norm",
       [](const Variable& x, const Variable& s, const Variable& o) { return layer_norm(x, s, o, 1e-3); },
       {-1.6902680917099453,  -1.4311706870466545,  2.1558534352332726,  -0.14675603056998177,
        -0.7908905715691789,  -0.37546565705849266, 1.5729013081489813,  1.65654507952131,
        -0.19762493629219996, -1.5470971443571333,  1.3926109129090665,  -0.9920831209739998,
        0.6111505805695538,   -0.15731531200437443, 1.765625060562263,   1.0617897919970836,
        -1.2875289552945832,  -0.7286713608303677,  3.255943670035588,   0.4397047468511929,
        0.15955712027678923,  -1.813985917508897,   -1.0853145566785294, -0.5250193035297221,
        1.0926846879956256,   -1.4414062651405657,  -3.3707387519825023, 0.7407670537130359,
        -1.9881246814609996,  -1.3481527282272667,  2.1883885774285328,  0.20158337580520003},
       {-0.051702006533759004,  -0.9715969320863542,   0.8335645983636661,  0.18973434025644798,
        -1.011529332111364,     0.5478515250591878,    1.4918213734765768,  -1.0281435664244007,
        -1.8969876848403078,    -0.007433053464204642, 1.0442495237529847,  0.8601712145515275,
        6.217290893284157,      -1.1460347994947906,   -1.8150099930684216, -3.256246100720945,
        -0.0014730539116714556, -0.8803811921240721,   -0.2530285747705285, 1.1348828208062725,
        0.9787531352539761,     0.10357673361780954,   -2.5267293746899675, 1.4443995058181813,
        -0.9471055754723268,    1.263314709549611,     0.27313482014459756, -0.5893439542218817,
        0.28417256305417876,    -0.6631323057715943,   0.7200140623663132,  -0.3410543196488975},
       {3.680666451054791, -11.313724243435347, -2.436199826536383, -1.8479055263573914},
       {-1.0, -3.0, 2.0, 0.0}},
      {"layer_norm_relu",
       [](const Variable& x, const Variable& s, const Variable& o) { return layer_norm_relu(x, s, o, 1e-3); },
       {0.0,
        0.0,
        2.1558534352332726,
        0.0,
        0.0,
        0.0,
        1.5729013081489813,
        1.65654507952131,
        0.0,
        0.0,
        1.3926109129090665,
        0.0,
        0.6111505805695538,
        0.0,
        1.765625060562263,
        1.0617897919970836,
        0.0,
        0.0,
        3.255943670035588,
        0.4397047468511929,
        0.15955712027678923,
        0.0,
        0.0,
        0.0,
        1.0926846879956256,
        0.0,
        0.0,
        0.7407670537130359,
        0.0,
        0.0,
        2.1883885774285328,
        0.20158337580520003},
       {0.34003087087784145,
        -1.6639228707407425,
        1.5850472514706353,
        -0.2611552516077338,
        -0.1315832150055412,
        -0.08881201683124654,
        1.2347379583169495,
        -1.0143427264801619,
        0.0,
        0.0,
        0.0,
        0.0,
        6.12191205529035,
        -1.1204284101062345,
        -1.736702081333652,
        -3.264781563850464,
        -0.7066870923107035,
        -0.31737998708325976,
        -0.4949461143215931,
        1.5190131937155567,
        0.54199966498584,
        -0.1631301989039537,
        -0.1868042796272442,
        -0.1920651864546421,
        -0.3644444257161922,
        -0.3892568185345604,
        -0.19075767598761476,
        0.9444589202383672,
        0.5034318922535876,
        -1.4020754576802252,
        1.434579318591493,
        -0.5359357531648556},
       {0.6620059079903005, 0.0, 0.9919364664195762, -2.7820331612459466},
       {4.0, 0.0, 2.0, 0.0}},
  };
}

Variable quarters() {
  Values x;
  for (int i = 0; i < 32; ++i) x.push_back((7 * i * i + 3 * i) % 23 / 4.0 - 2.5);
  return track(f64({2, 2, 2, 4}, x));
}
Tensor whole_weights() {
  Values w;
  for (int i = 0; i < 32; ++i) w.push_back((5 * i + 2) % 7 - 3.0);
  return f64({2, 2, 2, 4}, w);
}

void expect_close(const Variable& got, const Values& wanted, const std::string& what) {
  const Values values = numbers(got);
  ASSERT_EQ(values.size(), wanted.size()) << what;
  // Sums of 8 numbers of size 8 at most, in another order than PyTorch's.
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(values[i], wanted[i], 64 * 0x1p-53 * 8) << what << ' ' << i;
}

TEST(GroupNorm, HasTheValuesAndGradientsOfPyTorch) {
  for (const NormReference& reference : norm_references()) {
    for (const KernelSet set : {KernelSet::reference, KernelSet::fast}) {
      const WithKernels with(set);
      const Variable x = quarters(), scale = track(f64({4}, {1.5, -0.5, 2, 1})),
                     offset = track(f64({4}, {0.25, -1, 0, 0.5}));
      const Variable y = reference.norm(x, scale, offset);
      expect_close(y, reference.y, reference.name + " y");
      const auto gradients = grad(sum(y * whole_weights()), {x, scale, offset});
      expect_close(gradients[0], reference.of_x, reference.name + " of x");
      expect_close(gradients[1], reference.of_scale, reference.name + " of scale");
      expect_close(gradients[2], reference.of_offset, reference.name + " of offset");
    }
  }
}

TEST(GroupNorm, RefusesWhatDoesNotFit) {
  const Tensor x = ones({2, 3, 3, 6}), p = ones({6}), one = ones({2, 1, 1, 6});
  EXPECT_EQ(refused<ArgumentError>([&] { group_norm(x, p, p, 4); }),
            "group_norm: 4 groups of 6 channels do not come out even. x is [2, 3, 3, 6]. Give a number that "
            "divides the channels.");
  EXPECT_EQ(
      refused<ArgumentError>([&] { group_norm_relu(x, p, p, 0); }),
      "group_norm_relu: 0 groups of 6 channels do not come out even. x is [2, 3, 3, 6]. Give a number that "
      "divides the channels.");
  EXPECT_EQ(refused<ShapeError>([&] { group_norm(one, p, p, 6); }),
            "group_norm: x [2, 1, 1, 6] has 1 value per group, and a variance needs 2. Use fewer groups, "
            "another norm or larger images.");
  EXPECT_EQ(refused<ShapeError>([&] {
              layer_norm(ones({4, 1}), ones({1}), ones({1}));
            }),
            "layer_norm: x [4, 1] has 1 channel, and a variance needs 2 values. Use a group_norm.");
  EXPECT_EQ(refused<ShapeError>([&] { layer_norm(x, ones({5}), p); }),
            "layer_norm: x [2, 3, 3, 6] has 6 channels, a parameter has shape [5]. Each needs shape [6].");
  EXPECT_EQ(refused<ArgumentError>([&] { layer_norm(x, p, p, 0); }),
            "layer_norm: epsilon 0 is not above 0. It keeps a constant channel finite; 1e-5 is usual.");
}

// Far from 0, where a mean that is rounded early would show, and wide enough for several tasks.
TEST(GroupNorm, OfLargeImagesHasTheSameBitsOnAnyNumberOfThreads) {
  const Tensor x = normal({3, 70, 61, 12}, DType::float32, Key{1}, 5, 2);
  const Tensor s = uniform({12}, DType::float32, Key{2}, 0.5, 1.5), o = normal({12}, DType::float32, Key{3});
  const Tensor seed = normal(x.shape(), DType::float32, Key{4});
  const auto all = [&](KernelSet set, int count) {
    const WithKernels with(set);
    const WithThreads threads(count);
    const Variable a = track(x), b = track(s), c = track(o);
    const Variable y = group_norm_relu(a, b, c, 3);
    std::vector<Tensor> result{y.value()};
    for (const Variable& g : vjp(y, {a, b, c}, seed)) result.push_back(g.value());
    return result;
  };
  const auto expected = all(KernelSet::reference, 1);
  for (const KernelSet set : {KernelSet::reference, KernelSet::fast}) {
    const auto one = all(set, 1), three = all(set, 3);
    for (std::size_t i = 0; i < one.size(); ++i) {
      const Values a = numbers(one[i]), b = numbers(three[i]), e = numbers(expected[i]);
      EXPECT_EQ(a, b) << i;
      double largest = 0;
      for (const double v : e) largest = std::max(largest, std::abs(v));
      // Values are sums of few rounded terms; the parameters' gradients sum 12,810 products in float32 by
      // chunks.
      for (std::size_t k = 0; k < a.size(); ++k)
        ASSERT_NEAR(a[k], e[k], 32 * 0x1p-24 * largest) << i << ' ' << k;
    }
  }
}

}  // namespace
}  // namespace trous
