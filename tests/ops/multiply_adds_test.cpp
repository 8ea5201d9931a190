// Multiply-adds are counted from what an op says of itself. The oracle: on ones_f64, each term of T(x, w, y)
// that reads inside the image adds exactly 1, so the op's own result sums to their number.
#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/observe.h>
#include <trous/autograd/record.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/matmul.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/pool.h>

namespace trous {
namespace {

Tensor ones_f64(const Shape& shape) { return Tensor::ones(shape, DType::float64); }

double sum_of(const Tensor& tensor) {
  double sum = 0;
  for (const double value : tensor.to_vector<double>()) sum += value;
  return sum;
}

// The kinds of what was evaluated, each held to the oracle.
struct Held {
  std::vector<std::string> kinds;
  Observe scope{[this](const OpEvaluation& e) {
    kinds.push_back(e.op.kind);
    EXPECT_EQ(static_cast<double>(e.op.pixels.multiply_adds(Taps::inside_image).value()), sum_of(e.output))
        << e.op.kind << ' ' << e.op.attributes << ' ' << e.inputs[0].shape() << e.inputs[1].shape();
  }};
};

// All three ops of a form, its slots filled with ones_f64.
void contract_all(const TrilinearForm& form) {
  for (std::size_t hole = 0; hole < 3; ++hole) {
    TrilinearForm::Slots slots;
    for (std::size_t slot = 0; slot < 3; ++slot) {
      if (slot != hole) slots[slot] = ones_f64(form.domains[slot].shape);
    }
    form(slots);
  }
}

const std::vector<WindowPadding>& paddings() {
  static const std::vector<WindowPadding> all{Padding::same, Padding::valid, ExplicitPadding{1, 2, 0, 3},
                                              ExplicitPadding{7, 0, 4, 9}};
  return all;
}

TEST(MultiplyAdds, OfEveryConvolutionAreTheTermsInsideTheImage) {
  Held held;
  for (const WindowPadding& padding : paddings()) {
    for (const Stride stride : {Stride(1), Stride(2, 3)}) {
      for (const Rate rate : {Rate(1), Rate(3, 2), Rate(5)}) {
        const Conv2dOptions options{.stride = stride, .rate = rate, .padding = padding};
        contract_all(conv2d_form({2, 13, 12, 3}, {3, 2, 3, 5}, options, DType::float64));
        contract_all(depthwise_conv2d_form({2, 13, 12, 3}, {3, 2, 3, 4}, options, DType::float64));
      }
    }
  }
  EXPECT_EQ(held.kinds.size(), 4u * 2 * 3 * 6);
}

TEST(MultiplyAdds, OfTheAtrousOpsToo) {
  Held held;
  for (const Padding padding : {Padding::same, Padding::valid}) {
    for (const Rate rate : {Rate(1), Rate(2, 3), Rate(5, 4), Rate(6)}) {
      const Variable y = atrous_conv2d(ones_f64({2, 13, 14, 3}), ones_f64({3, 2, 3, 5}), rate, padding);
      atrous_conv2d_transpose(ones_f64(y.shape()), ones_f64({3, 2, 3, 5}), rate, padding);
      atrous_conv2d_filter_grad(ones_f64({2, 13, 14, 3}), ones_f64(y.shape()), {3, 2, 3, 5}, rate, padding);
    }
  }
  EXPECT_EQ(held.kinds.size(), 24u);
  EXPECT_EQ(held.kinds[0], "atrous_conv2d");
  EXPECT_EQ(held.kinds[1], "atrous_conv2d_transpose");
  EXPECT_EQ(held.kinds[2], "atrous_conv2d_filter_grad");
}

TEST(MultiplyAdds, OfAMatrixProductAndOfItsGradients) {
  Held held;
  const Variable a = track(ones_f64({4, 7})), b = track(ones_f64({7, 3}));
  const Variable y = matmul(a, b);
  vjp(y, {a, b}, ones_f64({4, 3}));
  ASSERT_EQ(held.kinds, (std::vector<std::string>{"matmul", "matmul_nt", "matmul_tn"}));
}

TEST(MultiplyAdds, WithAllTapsCountThePaddingToo) {
  std::vector<std::optional<std::int64_t>> counts;
  const Observe scope([&](const OpEvaluation& e) { counts.push_back(e.op.pixels.multiply_adds(Taps::all)); });
  contract_all(conv2d_form({2, 8, 9, 3}, {3, 5, 3, 4}, {.stride = 2}, DType::float64));
  const std::int64_t all = 2 * (4 * 5) * (3 * 5) * 3 * 4;  // images, outputs, taps, channels
  EXPECT_EQ(counts, (std::vector<std::optional<std::int64_t>>{all, all, all}));
}

TEST(MultiplyAdds, OfAnEmptyBatchAreNone) {
  Held held;
  contract_all(conv2d_form({0, 8, 9, 3}, {3, 3, 3, 4}, {}, DType::float64));
  EXPECT_EQ(held.kinds.size(), 3u);
}

TEST(MultiplyAdds, OfOtherOpsAreNone) {
  std::vector<std::optional<std::int64_t>> counts;
  const Observe scope(
      [&](const OpEvaluation& e) { counts.push_back(e.op.pixels.multiply_adds(Taps::inside_image)); });
  relu(ones_f64({2, 3}));
  average_pool2d(ones_f64({1, 4, 4, 2}), {.window = 2});
  EXPECT_EQ(counts, (std::vector<std::optional<std::int64_t>>{0, 0}));
}

// A user's own op may be called anything and take anything. Its name and its attributes say nothing.
TEST(MultiplyAdds, OfAnOpThatSaysNothingAreNotKnown) {
  std::vector<std::optional<std::int64_t>> counts;
  const Observe scope(
      [&](const OpEvaluation& e) { counts.push_back(e.op.pixels.multiply_adds(Taps::inside_image)); });
  for (const char* kind : {"conv2d", "conv2d_transpose", "matmul", "relu", "conv2d_with_a_twist"}) {
    record({kind, {{"rate", HeightWidth{2, 2}}, {"", "SAME"}}}, {ones_f64({3}), ones_f64({3})},
           [](std::span<const Tensor> in) { return in[0]; },
           {Rule::not_differentiable(), Rule::not_differentiable()});
    record({kind}, {ones_f64({3})}, [](std::span<const Tensor> in) { return in[0]; },
           {Rule::not_differentiable()});
  }
  EXPECT_EQ(counts, std::vector<std::optional<std::int64_t>>(10));
}

}  // namespace
}  // namespace trous
