// Our values and our rules against PyTorch's and TensorFlow.js', as tests/golden/make_*_vectors.* stored
// them. read_vectors makes the calls; tests/cli/vectors_test.cpp compares with finite
// differences, as check_vectors does.
#include <algorithm>
#include <cmath>
#include <data/scratch.h>
#include <map>
#include <ops/with_kernels.h>
#include <set>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/check/vectors/vector_file.h>
#include <trous/core/map.h>

namespace trous {
namespace {

// Products and sums alone, or a choice among elements. The scripts' numbers are small multiples of 1/1024 or
// 1/16, so every product and sum has a float of its own, whatever the order, and nothing is rounded.
const std::set<std::string> exact{"abs",
                                  "add",
                                  "atrous_conv2d",
                                  "atrous_conv2d_filter_grad",
                                  "atrous_conv2d_transpose",
                                  "conv2d",
                                  "conv2d_filter_grad",
                                  "conv2d_transpose",
                                  "depthwise_conv2d",
                                  "matmul",
                                  "max_pool2d",
                                  "mul",
                                  "relu",
                                  "resize_nearest",
                                  "sub"};

// How often a number is rounded on its way, and by how much a rounding may grow.
struct Roundings {
  double count, growth;
};

// Sums run over at most all elements of the larger tensor. Beside them an element meets a few dozen
// roundings: weights of a few operations, library functions that may miss by 4 each.
Roundings roundings_of(const VectorCase& v) {
  const double terms = static_cast<double>(std::max(v.inputs[0].elements(), v.value->elements()));
  const std::string& op = v.op.name;
  // Weights that are positive: those of an output add up to 1, those of an input to 4 at most.
  if (op == "average_pool2d" || op == "resize_bilinear") return {terms + 8, 4};
  // 1 / deviation < 2 at the variance of these numbers, thrice in the gradient.
  if (op.starts_with("batch_norm")) return {terms + 32, 8};
  // Logits differ by up to 8, which is what exp makes of a rounding of them; a focal loss divides by
  // (1 - p)^(1/2) > 1/64 on the way. Probabilities, weights and scores are at most 2.
  if (op == "focal_loss") return {terms + 32, 64};
  if (op.ends_with("loss") || op.ends_with("softmax") || op == "softmax_cross_entropy")
    return {terms + 32, 16};
  return {terms + 16, 64};  // of one element each; 1 / x^2 with x >= 1/8
}

// The results of both sides, each off by half of it at most.
double bound(const VectorCase& v, const Tensor& expected) {
  if (exact.contains(v.op.name)) return 0;
  const double largest = std::max(1.0, largest_magnitude(expected));
  const Roundings r = roundings_of(v);
  const double unit = expected.dtype() == DType::float32 ? 0x1p-24 : 0x1p-53;
  return 2 * r.count * r.growth * unit * largest;
}

void expect_close(const VectorCase& v, const Tensor& got, const Tensor& expected, const std::string& what) {
  ASSERT_EQ(got.shape(), expected.shape()) << v.name << ", " << what;
  ASSERT_EQ(got.dtype(), expected.dtype()) << v.name << ", " << what;
  const double allowed = bound(v, expected);
  const Tensor a = got.cast(DType::float64), b = expected.cast(DType::float64);
  for (std::size_t i = 0; i < static_cast<std::size_t>(a.elements()); ++i) {
    // Not a comparison with >, which NaN would pass.
    ASSERT_LE(std::abs(a.values<double>()[i] - b.values<double>()[i]), allowed)
        << v.name << ", " << what << ", element " << i;
  }
}

void expect_close(const VectorCase& v) {
  std::vector<Variable> inputs(v.inputs.begin(), v.inputs.end()), leaves;
  for (const auto& [number, gradient] : v.gradients)
    leaves.push_back(inputs[number] = track(v.inputs[number]));
  const Variable y = v.op.call(inputs);
  expect_close(v, y.value(), *v.value, "value");
  if (leaves.empty()) return;
  const std::vector<Variable> ours = vjp(y, leaves, Variable(*v.cotangent));
  std::size_t k = 0;
  for (const auto& [number, gradient] : v.gradients)
    expect_close(v, ours[k++].value(), gradient, "gradient." + std::to_string(number));
}

// Cases by op.
std::map<std::string, int> counted(const std::vector<VectorCase>& vectors) {
  std::map<std::string, int> counts;
  for (const VectorCase& v : vectors) ++counts[v.op.name];
  return counts;
}

class GoldenVectors : public testing::TestWithParam<KernelSet> {};

TEST_P(GoldenVectors, PyTorchAgreesInFloat64) {
  const WithKernels kernels(GetParam());
  const std::vector<VectorCase> vectors = read_vectors(golden("torch.safetensors"));
  for (const VectorCase& v : vectors) expect_close(v);
  const std::map<std::string, int> expected{{"abs", 1},
                                            {"add", 1},
                                            {"atrous_conv2d", 16},
                                            {"atrous_conv2d_filter_grad", 8},
                                            {"atrous_conv2d_transpose", 16},
                                            {"average_pool2d", 3},
                                            {"batch_norm", 2},
                                            {"batch_norm_inference", 1},
                                            {"conv2d", 7},
                                            {"conv2d_filter_grad", 3},
                                            {"conv2d_transpose", 13},
                                            {"depthwise_conv2d", 3},
                                            {"dice_loss", 3},
                                            {"div", 1},
                                            {"exp", 1},
                                            {"focal_loss", 3},
                                            {"log", 1},
                                            {"log_softmax", 2},
                                            {"matmul", 1},
                                            {"max_pool2d", 3},
                                            {"mul", 1},
                                            {"relu", 1},
                                            {"resize_bilinear", 4},
                                            {"resize_nearest", 4},
                                            {"sigmoid", 1},
                                            {"softmax", 2},
                                            {"softmax_cross_entropy", 3},
                                            {"sqrt", 1},
                                            {"sub", 1},
                                            {"tanh", 1}};
  EXPECT_EQ(counted(vectors), expected);
}

// Even and odd filters and rates, SAME and VALID: bit for bit what TensorFlow's space_to_batch makes of them.
TEST_P(GoldenVectors, TensorFlowAgreesInFloat32) {
  const WithKernels kernels(GetParam());
  const std::vector<VectorCase> vectors = read_vectors(golden("tfjs.safetensors"));
  for (const VectorCase& v : vectors) expect_close(v);
  const std::map<std::string, int> expected{{"atrous_conv2d", 12},       {"atrous_conv2d_transpose", 12},
                                            {"average_pool2d", 3},       {"batch_norm", 1},
                                            {"batch_norm_inference", 1}, {"conv2d", 5},
                                            {"conv2d_transpose", 5},     {"depthwise_conv2d", 2},
                                            {"log_softmax", 1},          {"matmul", 1},
                                            {"max_pool2d", 3},           {"resize_bilinear", 4},
                                            {"resize_nearest", 4},       {"softmax", 1},
                                            {"softmax_cross_entropy", 1}};
  EXPECT_EQ(counted(vectors), expected);
}

INSTANTIATE_TEST_SUITE_P(Sets, GoldenVectors, testing::Values(KernelSet::reference, KernelSet::fast),
                         [](const auto& set) { return set.param == KernelSet::fast ? "fast" : "reference"; });

}  // namespace
}  // namespace trous
