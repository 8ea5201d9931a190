// jvp against differences: agreement with vjp alone would be no evidence, since it is made of vjps. As with
// the gradients, what may be off is ten times the error that the differences are measured to have.
#include <algorithm>
#include <array>
#include <cmath>
#include <op_catalogue.h>
#include <properties/conformance.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/check/detail/ridders.h>
#include <trous/check/detail/round_off.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous::catalogue {
namespace {

// The line at inputs + t tangents.
class Along {
 public:
  explicit Along(const Line& line) : line_(line), inputs_(sample(line, DType::float64)) {
    for (const std::size_t i : differentiable(line))
      tangents_.push_back(normal(inputs_[i].shape(), DType::float64, fold_in(Key{5}, i)));
  }

  std::vector<double> at(double t) const {
    std::vector<Variable> moved(inputs_.begin(), inputs_.end());
    for (std::size_t k = 0; k < tangents_.size(); ++k) {
      const std::size_t i = differentiable(line_)[k];
      moved[i] = zip(inputs_[i], tangents_[k], [t](double x, double v) { return x + t * v; });
    }
    return line_.call(moved).value().to_vector<double>();
  }

  Tensor by_rules() const {
    const Tracked here = tracked(line_, inputs_);
    return jvp(line_.call(here.inputs), here.leaves, {tangents_.begin(), tangents_.end()}).value();
  }

 private:
  const Line& line_;
  std::vector<Tensor> inputs_, tangents_;
};

std::vector<double> noise_of(const Along& f) {
  std::vector<std::vector<double>> points;
  for (const double place : detail::noise_places) points.push_back(f.at(0x1p-22 * place));
  std::vector<double> noise;
  for (std::size_t i = 0; i < points[0].size(); ++i) {
    std::array<double, detail::noise_places.size()> values{};
    std::transform(points.begin(), points.end(), values.begin(), [i](const auto& all) { return all[i]; });
    noise.push_back(std::max(std::sqrt(detail::squared_noise(values)), 0x1p-52 * std::abs(values[3])));
  }
  return noise;
}

class Jvp : public testing::TestWithParam<Line> {};

TEST_P(Jvp, AgreesWithDifferences) {
  const Along f(GetParam());
  const Tensor by_rules = f.by_rules();
  detail::Ridders ridders(noise_of(f), 0x1p-52);
  double h = 1.0 / 64;
  for (int k = 0; k < 40 && (k == 0 || ridders.worth_going_on(0)); ++k, h /= 2)
    ridders.add(h, f.at(h), f.at(-h));
  double largest = 0;
  for (const double v : by_rules.values<double>()) largest = std::max(largest, std::abs(v));
  EXPECT_GT(largest, 1e-3) << "a derivative of zeros proves little";
  ASSERT_EQ(ridders.best().size(), by_rules.values<double>().size());
  for (std::size_t i = 0; i < ridders.best().size(); ++i) {
    const detail::Estimate& difference = ridders.best()[i];
    const double rule = by_rules.values<double>()[i];
    EXPECT_LE(std::abs(rule - difference.value), 10 * (difference.error() + 0x1p-52 * largest))
        << "element " << i;
    EXPECT_LE(10 * difference.error(), 1e-8 * largest) << "element " << i << " is not seen sharply";
    conformance::note(GetParam(), conformance::Property::jvp, std::abs(rule - difference.value) / largest);
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Jvp, testing::ValuesIn(differentiable_lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
