// jvp against central differences: agreement with vjp alone would be no evidence, since it is made of vjps.
#include <algorithm>
#include <cmath>
#include <op_catalogue.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous::catalogue {
namespace {

class Jvp : public testing::TestWithParam<Line> {};

// With h = 2^-17, close to the cube root of epsilon, truncation (h^2 / 6 times the third derivative) and
// round-off (epsilon / h) are both near 1e-11 of the op's size, five digits below what is demanded.
TEST_P(Jvp, AgreesWithCentralDifferences) {
  constexpr double h = 1.0 / (1 << 17), tolerance = 1e-6;
  const Line& line = GetParam();
  const std::vector<Tensor> inputs = sample(line, DType::float64);
  const Tracked at = tracked(line, inputs);
  std::vector<Variable> above(inputs.begin(), inputs.end()), below = above, tangents;
  for (const std::size_t i : differentiable(line)) {
    const Tensor tangent = normal(inputs[i].shape(), DType::float64, fold_in(Key{5}, i));
    tangents.emplace_back(tangent);
    above[i] = zip(inputs[i], tangent, [](double x, double t) { return x + h * t; });
    below[i] = zip(inputs[i], tangent, [](double x, double t) { return x - h * t; });
  }
  const Tensor by_rules = jvp(line.call(at.inputs), at.leaves, tangents).value();
  const Tensor up = line.call(above).value(), down = line.call(below).value();
  ASSERT_EQ(by_rules.shape(), up.shape());

  double size = 0, worst = 0;
  for (std::size_t i = 0; i < by_rules.values<double>().size(); ++i) {
    const double difference = (up.values<double>()[i] - down.values<double>()[i]) / (2 * h);
    size = std::max(size, std::abs(difference));
    worst = std::max(worst, std::abs(by_rules.values<double>()[i] - difference));
  }
  EXPECT_GT(size, 1e-3) << "a derivative of zeros proves little";
  EXPECT_LE(worst, tolerance * size);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Jvp, testing::ValuesIn(differentiable_lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
