// Pooling by hand: ties, NaN, windows clipped at the border, divisors, overlapping windows.
#include <cmath>
#include <limits>
#include <ops/support.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/pool.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

TEST(MaxPool2d, TiesGoToTheFirstInRowMajorOrder) {
  const Variable x = track(f64({1, 2, 4, 1}, {1, 1, 2, 3, 1, 1, 3, 3}));
  const Variable y = max_pool2d(x);
  EXPECT_EQ(numbers(y), (Numbers{1, 3}));
  EXPECT_EQ(numbers(grad(sum(y), {x})[0]), (Numbers{1, 0, 0, 1, 0, 0, 0, 0}));
}

TEST(MaxPool2d, NaNWinsAndTakesTheGradient) {
  const Variable x = track(f64({1, 2, 4, 1}, {5, nan, 2, nan, 9, nan, 8, 1}));
  const Variable y = max_pool2d(x);
  EXPECT_TRUE(std::isnan(numbers(y)[0]) && std::isnan(numbers(y)[1]));
  EXPECT_EQ(numbers(grad(sum(y), {x})[0]), (Numbers{0, 1, 0, 1, 0, 0, 0, 0}));
}

TEST(MaxPool2d, ChannelsWinOnTheirOwn) {
  const Tensor x = f64({1, 1, 2, 3}, {1, 20, 5, 2, 10, 5});
  EXPECT_EQ(numbers(max_pool2d(x, {.window = {1, 2}})), (Numbers{2, 20, 5}));
}

// Windows are clipped to the image: padding is not a zero that could win.
TEST(MaxPool2d, PaddingNeverWins) {
  const Tensor x = f64({1, 2, 3, 1}, {-5, -4, -3, -2, -9, -8});
  EXPECT_EQ(numbers(max_pool2d(x, {.window = 3, .stride = 1, .padding = Padding::same})),
            (Numbers{-2, -2, -3, -2, -2, -3}));
  EXPECT_EQ(numbers(max_pool2d(x, {.window = 2, .stride = 2, .padding = ExplicitPadding{1, 1, 1, 0}})),
            (Numbers{-5, -3, -2, -8}));
}

TEST(MaxPool2d, OverlappingWindowsAddUp) {
  const Variable x = track(f64({1, 1, 5, 1}, {0, 1, 9, 1, 0}));
  const Variable y = max_pool2d(x, {.window = {1, 3}, .stride = 1});
  EXPECT_EQ(numbers(y), (Numbers{9, 9, 9}));
  EXPECT_EQ(numbers(grad(sum(y * f64({1, 1, 3, 1}, {1, 10, 100})), {x})[0]), (Numbers{0, 0, 111, 0, 0}));
}

TEST(AveragePool2d, DividesByTheElementsInside) {
  const Variable x = track(f64({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9}));
  const Variable y = average_pool2d(x, {.window = 3, .stride = 2, .padding = Padding::same});
  EXPECT_EQ(numbers(y), (Numbers{3, 4, 6, 7})) << "the four corners' means of four";
  EXPECT_EQ(numbers(grad(sum(y * 4.0), {x})[0]), (Numbers{1, 2, 1, 2, 4, 2, 1, 2, 1}));
  const Variable padded =
      average_pool2d(x, {.window = 2, .stride = 2, .padding = ExplicitPadding{1, 0, 1, 0}});
  EXPECT_EQ(numbers(padded), (Numbers{1, 2.5, 5.5, 7}));
}

TEST(AveragePool2d, OfAConstantIsTheConstant) {
  const Tensor x = Tensor::full({1, 5, 7, 2}, DType::float64, 3);
  for (const double v : numbers(average_pool2d(x, {.window = {3, 2}, .stride = 1, .padding = Padding::same})))
    EXPECT_NEAR(v, 3, 3 * 8 * 0x1p-53);  // six products and sums with a rounded 1 / 6
}

TEST(Pool, WithoutAStrideWindowsMeet) {
  const Tensor x = zeros({1, 9, 6, 2});
  EXPECT_EQ(max_pool2d(x, {.window = 3}).shape(), (Shape{1, 3, 2, 2}));
  EXPECT_EQ(average_pool2d(x, {.window = {3, 2}}).shape(), (Shape{1, 3, 3, 2}));
}

TEST(PoolErrors, Texts) {
  const Tensor image = zeros({1, 4, 4, 2}), flat = zeros({4, 4, 2}),
               whole = zeros({1, 4, 4, 2}, DType::int32);
  const auto text_of = [](const Tensor& x, const Pool2dOptions& options) {
    const std::string of_max = refused<Error>([&] { max_pool2d(x, options); });
    const std::string of_average = refused<Error>([&] { average_pool2d(x, options); });
    EXPECT_EQ("average_pool2d" + of_max.substr(10), of_average);
    return of_max;
  };
  EXPECT_EQ(text_of(flat, {}),
            "max_pool2d: x has rank 3, needs 4. x [4, 4, 2] must be [batch, height, width, channels].");
  EXPECT_EQ(text_of(whole, {}),
            "max_pool2d: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(text_of(image, {.window = {2, 0}}),
            "max_pool2d: window 0 on the width axis is below 1. A window of 1 visits every pixel.");
  EXPECT_EQ(text_of(image, {.stride = -1}),
            "max_pool2d: stride -1 on the height axis is below 1. A stride of 1 visits every pixel.");
  EXPECT_EQ(text_of(image, {.window = 5}),
            "max_pool2d: no window fits on the height axis. The window spans 5 pixels, x has 4. Use SAME, a "
            "smaller window or a larger image.");
  EXPECT_EQ(text_of(image, {.padding = ExplicitPadding{0, 2, 0, 0}}),
            "max_pool2d: padding 0:2x0:0 is as wide as the window 2x2, so a window would lie outside the "
            "image. Pad less.");
  EXPECT_EQ(text_of(image, {.padding = "HALF"}),
            "max_pool2d: padding \"HALF\" is neither \"SAME\" nor \"VALID\". SAME pads with zeros to keep "
            "height and width, "
            "VALID takes windows inside the image.");
}

}  // namespace
}  // namespace trous
