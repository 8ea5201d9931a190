// The pairing of the heart's ops, visible where a gradient's tape is printed; and the tape as it is printed.
#include <ops/support.h>
#include <sstream>

#include <trous/autograd/tape.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

std::string printed(const Variable& y) {
  std::ostringstream stream;
  stream << Tape::of(y);
  return stream.str();
}

// The tape of the gradient in x of sum(op(x)), only x being tracked.
template <class F>
std::string gradient_tape(const Tensor& at, F&& op) {
  const Variable x = track(at, "x");
  return printed(grad(sum(op(x)), {x}, CreateGraph::yes)[0]);
}

const Tensor value = random64({1, 6, 5, 2}, 1), filters = random64({3, 3, 2, 4}, 2),
             result = random64({1, 6, 5, 4}, 3);

TEST(HeartTape, GradientOfTheConvolutionInItsValueShowsTheTranspose) {
  const std::string tape =
      gradient_tape(value, [](const Variable& x) { return atrous_conv2d(x, filters, 2, Padding::same); });
  EXPECT_NE(tape.find(" atrous_conv2d_transpose "), std::string::npos) << tape;
  EXPECT_NE(tape.find("rate 2x2 SAME"), std::string::npos) << tape;
  EXPECT_EQ(tape.find(" atrous_conv2d "), std::string::npos) << tape;
}

TEST(HeartTape, GradientOfTheTransposeInItsValueShowsTheConvolution) {
  const std::string tape = gradient_tape(result, [](const Variable& x) {
    return atrous_conv2d_transpose(x, filters, {2, 3}, Padding::valid);
  });
  EXPECT_NE(tape.find(" atrous_conv2d "), std::string::npos) << tape;
  EXPECT_NE(tape.find("rate 2x3 VALID"), std::string::npos) << tape;
  EXPECT_EQ(tape.find("atrous_conv2d_transpose"), std::string::npos) << tape;
}

TEST(HeartTape, GradientsInTheFiltersShowTheFilterGradient) {
  const std::string of_conv =
      gradient_tape(filters, [](const Variable& f) { return atrous_conv2d(value, f, 2, Padding::same); });
  EXPECT_NE(of_conv.find(" atrous_conv2d_filter_grad "), std::string::npos) << of_conv;
  const std::string of_transpose = gradient_tape(
      filters, [](const Variable& f) { return atrous_conv2d_transpose(result, f, 2, Padding::same); });
  EXPECT_NE(of_transpose.find(" atrous_conv2d_filter_grad "), std::string::npos) << of_transpose;
}

TEST(HeartTape, GradientsOfTheFilterGradientShowBothOthers) {
  const auto of = [](const Variable& x, const Variable& g) {
    return atrous_conv2d_filter_grad(x, g, filters.shape(), 2, Padding::same);
  };
  const std::string in_value = gradient_tape(value, [&](const Variable& x) { return of(x, result); });
  EXPECT_NE(in_value.find(" atrous_conv2d_transpose "), std::string::npos) << in_value;
  const std::string in_grad = gradient_tape(result, [&](const Variable& g) { return of(value, g); });
  EXPECT_NE(in_grad.find(" atrous_conv2d "), std::string::npos) << in_grad;
}

TEST(HeartTape, PrintsAsInTheManual) {
  const Variable x = track(value, "x"), f = track(filters, "filters");
  EXPECT_EQ(printed(atrous_conv2d(x, f, {2, 1}, Padding::same, "context")),
            "%1 = leaf                                    f64[1, 6, 5, 2]   \"x\"\n"
            "%2 = leaf                                    f64[3, 3, 2, 4]   \"filters\"\n"
            "%3 = atrous_conv2d   %1 %2   rate 2x1 SAME   f64[1, 6, 5, 4]   \"context\"\n");
}

// The same second-order tape whichever way it is written: closed under differentiation.
TEST(HeartTape, EveryOrderStaysAmongTheThreeOps) {
  const Variable x = track(value), f = track(filters);
  Variable y = sum(atrous_conv2d(x, f, 2, Padding::same));
  for (int order = 1; order <= 4; ++order) {
    y = sum(grad(y, {order % 2 ? x : f}, CreateGraph::yes)[0]);
    const Tape tape = Tape::of(y);
    for (const NodePtr& node : tape) {
      const std::string& kind = node->op.kind;
      if (kind.find("conv") == std::string::npos) continue;
      EXPECT_TRUE(kind == "atrous_conv2d" || kind == "atrous_conv2d_transpose" ||
                  kind == "atrous_conv2d_filter_grad")
          << kind;
    }
    if (!y.tracked()) break;
  }
}

TEST(Conv2dTape, PairsInTheSameWay) {
  const Conv2dOptions options{.stride = 2, .rate = {1, 2}, .padding = ExplicitPadding{1, 0, 2, 1}};
  const std::string tape =
      gradient_tape(value, [&](const Variable& x) { return conv2d(x, filters, options); });
  EXPECT_NE(tape.find(" conv2d_transpose "), std::string::npos) << tape;
  EXPECT_NE(tape.find("stride 2x2 rate 1x2 1:0x2:1"), std::string::npos) << tape;
}

}  // namespace
}  // namespace trous
