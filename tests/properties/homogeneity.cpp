// Scaling an input scales the result, and its gradients, as the op's degree says. The factors are powers of
// 4, so every number keeps its digits, under a root too, and the same bits are demanded.
#include <cmath>
#include <op_catalogue.h>
#include <properties/conformance.h>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/map.h>

namespace trous::catalogue {
namespace {

std::vector<Line> lines_where(bool (*has)(const Line&)) {
  std::vector<Line> found;
  for (const Line& line : lines()) {
    if (has(line)) found.push_back(line);
  }
  return found;
}
bool has_degree(const Line& line) { return !line.scalings.empty(); }
bool is_shift_free(const Line& line) { return line.shift_free; }

Tensor scaled(const Tensor& x, double factor) {
  if (!is_floating(x.dtype())) {
    EXPECT_EQ(factor, 1) << "an integer cannot be scaled";
    return x;
  }
  return map(x, [factor](auto v) { return v * static_cast<decltype(v)>(factor); });
}

// `roundings`: 0 demands equality.
void expect_scaled(const Line& line, const Tensor& got, const Tensor& base, double factor, double roundings,
                   const std::string& what) {
  ASSERT_EQ(got.shape(), base.shape()) << what;
  const std::vector<double> a = got.cast(DType::float64).to_vector<double>();
  const std::vector<double> b = base.cast(DType::float64).to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double gap = std::abs(a[i] - factor * b[i]);
    const double allowed = roundings * 0x1p-53 * std::abs(factor * b[i]);
    ASSERT_LE(gap, allowed) << what << ", element " << i << ": " << a[i] << " for " << factor << " times "
                            << b[i];
    conformance::note(line, conformance::Property::homogeneity, conformance::share(gap, allowed));
  }
}

class Homogeneity : public testing::TestWithParam<Line> {};

TEST_P(Homogeneity, ScalesAsTheDegreeSays) {
  const Line& line = GetParam();
  // A power is a library function, within 2 ulps on either side; its gradient is multiplied twice.
  const double roundings = line.op == "pow" ? 2 * (4 + 2) : 0;
  const std::vector<Tensor> inputs = sample(line, DType::float64);
  const Evaluation base = evaluate(line, inputs);
  for (const Scaling& scaling : line.scalings) {
    ASSERT_EQ(scaling.powers.size(), inputs.size());
    for (const double factor : {4.0, 0.25}) {
      std::vector<Tensor> at;
      for (std::size_t i = 0; i < inputs.size(); ++i)
        at.push_back(scaled(inputs[i], std::pow(factor, scaling.powers[i])));
      const Evaluation result = evaluate(line, at);
      expect_scaled(line, result.value, base.value, std::pow(factor, scaling.degree), roundings, "value");
      for (std::size_t k = 0; k < result.gradients.size(); ++k) {
        const double power = scaling.degree - scaling.powers[differentiable(line)[k]];
        expect_scaled(line, result.gradients[k], base.gradients[k], std::pow(factor, power), roundings,
                      text("gradient ", k));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Homogeneity, testing::ValuesIn(lines_where(has_degree)), LineName());

// What is added to all logits leaves a softmax: the largest is taken out first. Adding 8 is exact in float64,
// since the inputs are float32 numbers.
class ShiftFree : public testing::TestWithParam<Line> {};

TEST_P(ShiftFree, DegreeZeroInASharedTerm) {
  const Line& line = GetParam();
  std::vector<Tensor> inputs = sample(line, DType::float64);
  const Evaluation base = evaluate(line, inputs);
  inputs[0] = map(inputs[0], [](auto v) { return v + 8; });
  const Evaluation moved = evaluate(line, inputs);
  EXPECT_TRUE(same_bits(moved.value, base.value));
  ASSERT_EQ(moved.gradients.size(), 1U);
  EXPECT_TRUE(same_bits(moved.gradients[0], base.gradients[0]));
  conformance::note(line, conformance::Property::homogeneity, 0, 2);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, ShiftFree, testing::ValuesIn(lines_where(is_shift_free)), LineName());

// No other op lacks a degree: those below are neither homogeneous in any input nor free of a shared term.
TEST(Homogeneity, OpsWithoutADegree) {
  std::set<std::string> without;
  for (const Line& line : lines()) {
    if (!has_degree(line) && !is_shift_free(line)) without.insert(line.name());
  }
  EXPECT_EQ(without, (std::set<std::string>{"shift_by_2",
                                            "exp_any",
                                            "log_positive",
                                            "tanh_any",
                                            "sigmoid_any",
                                            "sin_any",
                                            "cos_any",
                                            "log1p_above_minus_1",
                                            "expm1_any",
                                            "erf_any",
                                            "elu_alpha_2",
                                            "silu_any",
                                            "gelu_erf",
                                            "gelu_tanh",
                                            "hardswish_inside",
                                            "clip_both_ends",
                                            "clip_uneven_ends",
                                            "equal_whole",
                                            "equal_number",
                                            "less_equal_number",
                                            "floor_apart",
                                            "sigmoid_cross_entropy_plain",
                                            "sigmoid_cross_entropy_ignored",
                                            "softplus_any",
                                            "logsumexp_middle",
                                            "logsumexp_last_two_kept",
                                            "one_hot_of_4",
                                            "huber_loss_delta_half"}));
}

}  // namespace
}  // namespace trous::catalogue
