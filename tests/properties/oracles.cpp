// Oracles of what works on one element, or on one of each input; and how an oracle is found and compared.
#include <algorithm>
#include <cmath>
#include <properties/oracles.h>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous::catalogue {
namespace {

Shape broadcast(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<std::int64_t> extents;
  for (int k = rank; k > 0; --k) {
    const std::int64_t left = k <= a.rank() ? a[-k] : 1, right = k <= b.rank() ? b[-k] : 1;
    extents.push_back(left == 1 ? right : left);
  }
  return extents;
}

template <class F>
Oracle unary(F f) {
  return [f](Arrays x) { return made(x[0].shape, [&](const Index& i) { return Rounded(f(x[0].at(i))); }); };
}

Oracle clipped(double low, double high) {
  return unary([=](Rounded a) { return Rounded(std::clamp(static_cast<double>(a.value), low, high)); });
}

template <class F>
Oracle binary(F f) {
  return [f](Arrays x) {
    return made(broadcast(x[0].shape, x[1].shape),
                [&](const Index& i) { return Rounded(f(x[0].broadcast_at(i), x[1].broadcast_at(i))); });
  };
}

// 1 or 0 by what two exact numbers, or one and `number`, are to each other.
template <class F>
Oracle relation(F f) {
  return binary([f](Rounded a, Rounded b) { return f(a.value, b.value) ? 1.0 : 0.0; });
}
template <class F>
Oracle relation_to(double number, F f) {
  return unary([f, number](Rounded a) { return f(a.value, static_cast<long double>(number)) ? 1.0 : 0.0; });
}

// Which elements are dropped is the generator's choice, which has tests of its own.
Oracle dropout(double probability) {
  return [probability](Arrays x) {
    const Array u(uniform(x[0].shape, DType::float64, Key{3}));
    return made(x[0].shape, [&](const Index& i) {
      return u.at(i) < Rounded(probability) ? Rounded()
                                            : x[0].at(i) * (Rounded(1) / (Rounded(1) - Rounded(probability)));
    });
  };
}

}  // namespace

Oracles element_oracles() {
  const Rounded one(1);
  return {
      {"add", binary([](Rounded a, Rounded b) { return a + b; })},
      {"sub", binary([](Rounded a, Rounded b) { return a - b; })},
      {"mul", binary([](Rounded a, Rounded b) { return a * b; })},
      {"div", binary([](Rounded a, Rounded b) { return a / b; })},
      {"scale_by_minus_4", unary([](Rounded a) { return a * Rounded(-4); })},
      {"shift_by_2", unary([](Rounded a) { return a + Rounded(2); })},
      {"cast", unary([](Rounded a) { return a; })},
      {"exp", unary([](Rounded a) { return exp(a); })},
      {"log", unary([](Rounded a) { return log(a); })},
      {"sqrt", unary([](Rounded a) { return sqrt(a); })},
      {"sin", unary([](Rounded a) { return sin(a); })},
      {"cos", unary([](Rounded a) { return cos(a); })},
      {"log1p", unary([](Rounded a) { return library_function(a, std::log1p(a.value), 1 / (1 + a.value)); })},
      {"expm1", unary([](Rounded a) { return library_function(a, std::expm1(a.value), std::exp(a.value)); })},
      {"erf", unary([](Rounded a) { return erf(a); })},
      {"softplus", unary([one](Rounded a) { return log(one + exp(a)); })},
      {"leaky_relu", unary([](Rounded a) { return a < Rounded() ? Rounded(0.125) * a : a; })},
      {"prelu", binary([](Rounded a, Rounded s) { return a < Rounded() ? s * a : a; })},
      {"elu", unary([one](Rounded a) { return a < Rounded() ? Rounded(2) * (exp(a) - one) : a; })},
      {"silu", unary([one](Rounded a) { return a / (one + exp(-a)); })},
      {"gelu_erf", unary([one](Rounded a) { return a * (one + erf(a / sqrt(Rounded(2)))) / Rounded(2); })},
      {"gelu_tanh", unary([one](Rounded a) {
         const Rounded factor(std::sqrt(2 / std::numbers::pi_v<long double>), 1);
         return a * (one + tanh(factor * (a + Rounded(0.044715) * pow(a, 3)))) / Rounded(2);
       })},
      {"hardswish", unary([](Rounded a) { return a * (a + Rounded(3)) / Rounded(6); })},
      {"maximum", binary([](Rounded a, Rounded b) { return a < b ? b : a; })},
      {"minimum", binary([](Rounded a, Rounded b) { return b < a ? b : a; })},
      {"tanh", unary([](Rounded a) { return tanh(a); })},
      {"sigmoid", unary([one](Rounded a) { return one / (one + exp(-a)); })},
      {"relu", unary([](Rounded a) { return a < Rounded() ? Rounded() : a; })},
      {"abs", unary([](Rounded a) { return a < Rounded() ? -a : a; })},
      {"pow_cube", unary([](Rounded a) { return pow(a, 3); })},
      {"pow_square", unary([](Rounded a) { return a * a; })},
      {"pow_minus_half", unary([](Rounded a) { return pow(a, -0.5L); })},
      {"clip_both_ends", clipped(-0.5, 0.5)},
      {"clip_uneven_ends", clipped(-0.25, 0.75)},
      {"equal_whole", relation([](auto a, auto b) { return a == b; })},
      {"equal_number", relation_to(0.5, [](auto a, auto b) { return a == b; })},
      {"less", relation([](auto a, auto b) { return a < b; })},
      {"less_equal", relation_to(0.1, [](auto a, auto b) { return a <= b; })},
      {"greater", relation([](auto a, auto b) { return a > b; })},
      {"greater_equal", relation_to(0, [](auto a, auto b) { return a >= b; })},
      {"sign", unary([](Rounded a) { return a.value > 0   ? 1.0
                                            : a.value < 0 ? -1.0
                                                          : 0.0; })},
      {"floor", unary([](Rounded a) { return static_cast<double>(std::floor(a.value)); })},
      {"masked", binary([](Rounded a, Rounded m) { return m.value != 0 ? a : Rounded(); })},
      {"where",
       [](Arrays x) {
         const Shape shape = broadcast(x[0].shape, broadcast(x[1].shape, x[2].shape));
         return made(shape, [&](const Index& i) {
           return x[0].broadcast_at(i).value != 0 ? x[1].broadcast_at(i) : x[2].broadcast_at(i);
         });
       }},
      {"dropout_half", dropout(0.5)},
      {"dropout_tenth", dropout(0.1)},
  };
}

const Oracles& oracles() {
  static const Oracles all = [] {
    Oracles joined;
    for (Oracles& some : std::vector{element_oracles(), axis_oracles(), order_oracles(), window_oracles(),
                                     loss_oracles(), group_oracles()}) {
      joined.merge(some);
    }
    return joined;
  }();
  return all;
}

const Oracle* oracle_of(const Line& line) {
  for (const std::string& key : {line.name(), line.op}) {
    if (const auto found = oracles().find(key); found != oracles().end()) return &found->second;
  }
  return nullptr;
}

Array expected(const Line& line, const std::vector<Tensor>& inputs) {
  const Oracle* oracle = oracle_of(line);
  if (!oracle) throw Error("catalogue: " + line.name() + " has no oracle");
  return (*oracle)({inputs.begin(), inputs.end()});
}

void expect_oracle(const Tensor& got, const Array& expected, const std::string& what) {
  ASSERT_EQ(got.shape(), expected.shape) << what;
  const std::vector<double> values = got.cast(DType::float64).to_vector<double>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Rounded& e = expected.values[i];
    // Not a comparison with >, which NaN would pass.
    ASSERT_LE(std::abs(static_cast<double>(static_cast<long double>(values[i]) - e.value)),
              bound(e, got.dtype()))
        << what << ", element " << i << ": " << values[i] << " for " << static_cast<double>(e.value);
  }
}

double share_of_bound(const Tensor& got, const Array& expected) {
  const std::vector<double> values = got.cast(DType::float64).to_vector<double>();
  double worst = 0;
  for (std::size_t i = 0; i < std::min(values.size(), expected.values.size()); ++i) {
    const Rounded& e = expected.values[i];
    const auto gap = static_cast<double>(std::abs(static_cast<long double>(values[i]) - e.value));
    worst = std::max(worst, gap == 0 ? 0 : gap / bound(e, got.dtype()));
  }
  return worst;
}

void expect_equal(const Tensor& got, const Array& expected, const std::string& what) {
  ASSERT_EQ(got.shape(), expected.shape) << what;
  const std::vector<double> values = got.cast(DType::float64).to_vector<double>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(values[i], static_cast<double>(expected.values[i].value)) << what << ", element " << i;
  }
}

}  // namespace trous::catalogue
