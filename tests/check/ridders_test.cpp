// What differences claim of their own error must be true: against derivatives known in closed form.
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <trous/check/detail/ridders.h>
#include <trous/check/detail/round_off.h>
#include <trous/core/random.h>

namespace trous::detail {
namespace {

using Scalar = std::function<double(double)>;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

Estimate differentiate(const Scalar& f, double noise, double h = 1.0 / 16) {
  Ridders ridders({noise}, 0);
  for (int k = 0; k < 48 && (k == 0 || ridders.worth_going_on(0)); ++k, h /= 2)
    ridders.add(h, {f(h)}, {f(-h)});
  return ridders.best()[0];
}

struct Case {
  std::string name;
  Scalar f;
  double derivative;  // at 0
  double demanded;    // of the error, relative
};

std::ostream& operator<<(std::ostream& stream, const Case& c) { return stream << c.name; }

class KnownDerivatives : public testing::TestWithParam<Case> {};

TEST_P(KnownDerivatives, AreOffByNoMoreThanTheySay) {
  const Case& c = GetParam();
  const Estimate e = differentiate(c.f, epsilon * std::abs(c.f(0)));
  EXPECT_LE(std::abs(e.value - c.derivative), 10 * e.error());
  EXPECT_LE(e.error(), c.demanded * std::abs(c.derivative));
}

INSTANTIATE_TEST_SUITE_P(
    Known, KnownDerivatives,
    testing::Values(Case{"line", [](double x) { return 3 + 7 * x; }, 7, 1e-13},
                    Case{"sine", [](double x) { return std::sin(x + 1); }, std::cos(1.0), 1e-12},
                    Case{"steep", [](double x) { return std::exp(30 * x); }, 30, 1e-10},
                    Case{"pole", [](double x) { return 1 / (0.02 - x); }, 2500, 1e-9},
                    Case{"fast", [](double x) { return std::sin(1000 * x + 1); }, 1000 * std::cos(1.0), 1e-9},
                    Case{"root", [](double x) { return std::sqrt(0.003 + x); }, 0.5 / std::sqrt(0.003), 1e-8},
                    Case{"kink", [](double x) { return std::abs(x - 0.001) + 2 * std::sin(x); }, 1, 1e-11},
                    Case{"flat", [](double x) { return std::exp(-1 / (x * x + 1e-2)) + x; }, 1, 1e-9}),
    [](const auto& c) { return c.param.name; });

TEST(Ridders, AKinkInsideTheFirstStepsIsLeftOutside) {
  const auto f = [](double x) { return std::max(x, 0.003) + x * x; };
  const Estimate e = differentiate(f, epsilon * 0.003);
  EXPECT_LE(std::abs(e.value), 10 * e.error());
  EXPECT_LE(e.error(), 1e-11);
  EXPECT_LT(e.step, 0.003);
}

TEST(Ridders, BeginsAnewWhereValuesAreNotFinite) {
  const Estimate e = differentiate([](double x) { return std::log(0.01 + x); }, epsilon * 4.6);
  EXPECT_LT(e.step, 0.01);
  EXPECT_NEAR(e.value, 100, 1e-6);
  EXPECT_FALSE(std::isfinite(differentiate([](double x) { return std::sqrt(x - 1); }, 1e-16).error()));
}

// With noise of its own the error is at the best step, between truncation and round-off, and is not denied.
TEST(Ridders, KnowsWhatNoiseDoes) {
  for (const double size : {1e-12, 1e-9, 1e-6}) {
    std::uint64_t call = 0;
    const auto f = [&](double x) {
      return std::sin(3 * x) + size * (Random(fold_in(Key{5}, ++call)).uniform() - 0.5);
    };
    const Estimate e = differentiate(f, size);
    EXPECT_LE(std::abs(e.value - 3), 10 * e.error()) << size;
    EXPECT_GT(e.error(), size) << size;
    EXPECT_LT(e.error(), 1e3 * size) << size;
    EXPECT_GT(e.round_off, 0.01 * e.truncation) << size;
  }
}

TEST(RoundOff, IsMeasuredToAFactorOfTen) {
  for (const double size : {1e-14, 1e-9, 1e-4}) {
    for (std::uint64_t trial = 0; trial < 50; ++trial) {
      Random random(fold_in(Key{9}, trial));
      std::array<double, noise_places.size()> values{};
      for (std::size_t k = 0; k < values.size(); ++k) {
        const double t = 1e-6 * noise_places[k];
        values[k] = 2 * std::exp(t) + std::sin(5 * t) + size * random.normal();
      }
      const double found = std::sqrt(squared_noise(values));
      EXPECT_GT(found, 0.1 * size) << trial;
      EXPECT_LT(found, 4 * size) << trial;
    }
  }
}

}  // namespace
}  // namespace trous::detail
