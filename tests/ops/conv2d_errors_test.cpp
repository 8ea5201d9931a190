// What the general convolutions refuse, beyond what they share with the heart.
#include <ops/support.h>

#include <trous/ops/conv2d.h>
#include <trous/ops/depthwise_conv2d.h>

namespace trous {
namespace {

std::string conv(const Conv2dOptions& options, const Shape& value = {1, 6, 5, 2},
                 const Shape& filters = {3, 3, 2, 4}) {
  const Tensor v = zeros(value), f = zeros(filters);
  return refused<Error>([&] { conv2d(v, f, options); });
}
std::string transposed(const Shape& output_shape, const Conv2dOptions& options) {
  const Tensor v = zeros({1, 3, 3, 4}), f = zeros({3, 3, 2, 4});
  return refused<Error>([&] { conv2d_transpose(v, f, output_shape, options); });
}

TEST(Conv2dErrors, Padding) {
  EXPECT_EQ(conv({.padding = "EXPLICIT"}),
            "conv2d: padding \"EXPLICIT\" is neither \"SAME\" nor \"VALID\". SAME pads with zeros to keep "
            "height and "
            "width, VALID takes windows inside the image.");
  EXPECT_EQ(conv({.padding = ExplicitPadding{0, 1, -2, 3}}),
            "conv2d: padding 0:1x-2:3 has a negative count. Crop the image to take pixels away.");
}

TEST(Conv2dErrors, RateThenStride) {
  EXPECT_EQ(conv({.stride = 0, .rate = {1, 0}}),
            "conv2d: rate 0 on the width axis is below 1. A rate of 1 is a dense filter.");
  EXPECT_EQ(conv({.stride = {2, -1}}),
            "conv2d: stride -1 on the width axis is below 1. A stride of 1 visits every pixel.");
  EXPECT_EQ(
      conv({.stride = 0}, {1, 6, 5, 3}),
      "conv2d: input has 3 channels, filters expect 2. value [1, 6, 5, 3] is NHWC, filters [3, 3, 2, 4] is "
      "[height, width, in, out].");
  EXPECT_EQ(conv({.stride = 0, .rate = huge}),
            "conv2d: stride 0 on the height axis is below 1. A stride of 1 visits "
            "every pixel.");
}

// TF#113319: VALID with a filter wider than the image returned a tensor of a wrong shape.
TEST(Conv2dErrors, TF_113319_Sizes) {
  EXPECT_EQ(conv({.stride = 2, .rate = 3, .padding = ExplicitPadding{0, 0, 1, 0}}),
            "conv2d: no window fits on the height axis. The filter spans 7 pixels (3 taps, rate 3), value "
            "has 6. Use "
            "SAME, a smaller rate or a larger image.");
  EXPECT_EQ(conv({.rate = {1, 3}, .padding = ExplicitPadding{0, 0, 1, 0}}),
            "conv2d: no window fits on the width axis. The filter spans 7 pixels (3 taps, rate 3), value has "
            "5 and 1 "
            "of padding. Use SAME, a smaller rate or a larger image.");
  EXPECT_EQ(
      conv({.rate = huge}),
      "conv2d: the size on the height axis exceeds 2^63 - 1. value has 6 there, the filter 3 taps, rate "
      "4611686018427387904, stride 1. Use a smaller rate.");
  EXPECT_EQ(conv({.padding = ExplicitPadding{huge, huge, 0, 0}}),
            "conv2d: the size on the height axis exceeds 2^63 - 1. value has 6 there, the filter 3 taps, "
            "rate 1, stride 1. Use a smaller padding.");
  EXPECT_EQ(conv({.padding = ExplicitPadding{huge, 0, 0, 0}}),
            "conv2d: the result [1, 4611686018427387908, 3, 4] exceeds 2^63 - 1 bytes. Use a smaller rate or "
            "image.");
}

// TF#57715, #57958: a negative or an enormous output_shape aborted the process.
TEST(Conv2dErrors, TF_57958_OutputShape) {
  const Conv2dOptions valid{.stride = 2, .padding = Padding::valid};
  const std::string because = "value [1, 3, 3, 4], filters [3, 3, 2, 4], stride 2, rate 1, VALID give ";
  EXPECT_EQ(transposed({1, 9, 8, 2}, valid),
            "conv2d_transpose: output_shape [1, 9, 8, 2] does not fit. " + because + "[1, 7, 8, 2].");
  EXPECT_EQ(transposed({1, 7, 6, 2}, valid),
            "conv2d_transpose: output_shape [1, 7, 6, 2] does not fit. " + because + "[1, 7, 7, 2].");
  EXPECT_EQ(transposed({7, 7}, valid),
            "conv2d_transpose: output_shape [7, 7] has 2 elements, needs 4: [batch, height, "
            "width, channels]. " +
                because + "[1, 7, 7, 2].");
  EXPECT_EQ(transposed({1, 7, -7, 2}, valid),
            "conv2d_transpose: output_shape [1, 7, -7, 2] has -7 on axis 2. Extents "
            "count elements. " +
                because + "[1, 7, 7, 2].");
  EXPECT_EQ(transposed({1, 7, 7, 2}, {.stride = 2}),
            "conv2d_transpose: output_shape [1, 7, 7, 2] does not fit. value [1, 3, 3, 4], filters [3, 3, 2, "
            "4], stride "
            "2, rate 1, SAME give [1, 6, 6, 2].");
  EXPECT_EQ(transposed({1, huge, huge, 2}, valid),
            text("conv2d_transpose: output_shape ", Shape{1, huge, huge, 2}, " does not fit. ", because,
                 "[1, 7, 7, 2]."));
  EXPECT_EQ(
      transposed({1, 1, 1, 2}, {.padding = ExplicitPadding{3, 2, 0, 0}}),
      "conv2d_transpose: nothing is left on the height axis. value has 3, the filter spans 3 pixels, and the "
      "padding crops 5. Use less padding.");
  EXPECT_EQ(transposed({1, 5, 5, 2}, {.stride = huge, .padding = Padding::valid}),
            "conv2d_transpose: the size on the height axis exceeds 2^63 - 1. value has 3 there, the filter 3 "
            "taps, rate 1, stride 4611686018427387904. Use a smaller stride.");
}

// Nothing is allocated on the way to a refusal, and nothing of the size that was asked for: the thread's own
// sizes would take 300 PB.
TEST(Conv2dErrors, TF_57958_AreToldBeforeAnythingIsAllocated) {
  const Tensor v = ones({2, 2, 2, 2}), f = ones({1, 1, 2, 2});
  const auto expect_nothing_made = [&](const Shape& output_shape, const Conv2dOptions& options) {
    lower_storage_peak();
    const std::int64_t before = storage_peak();
    EXPECT_THROW(conv2d_transpose(v, f, output_shape, options), ShapeError) << output_shape;
    EXPECT_EQ(storage_peak(), before) << output_shape;
  };
  for (const Padding padding : {Padding::same, Padding::valid}) {
    expect_nothing_made({2, 114078056, 179835296, 2}, {.stride = 10, .padding = padding});
    expect_nothing_made({114078056, 179835296}, {.stride = 10, .padding = padding});
    expect_nothing_made({2, -2}, {.padding = padding});
    expect_nothing_made({2, -2, -2, 2}, {.padding = padding});
    expect_nothing_made({huge, huge, huge, huge}, {.padding = padding});
    expect_nothing_made({2, 2, 2, 2}, {.rate = 2147483647, .padding = ExplicitPadding{huge, huge, 0, 0}});
  }
}

TEST(Conv2dErrors, TF_42152_FiltersOfNoTaps) {
  const Tensor v = ones({1, 4, 4, 2}), g = ones({1, 4, 4, 3}), none = zeros({0, 3, 2, 3});
  const std::string why =
      " has extent 0 on axis 0. filters [0, 3, 2, 3] is [height, width, in, out]; each must be 1 or more.";
  EXPECT_EQ(refused<ShapeError>([&] { conv2d(v, none); }), "conv2d: filters" + why);
  for (int axis = 0; axis < 4; ++axis) {
    Shape filters{3, 3, 2, 3};
    filters[axis] = 0;
    EXPECT_EQ(refused<ShapeError>([&] { conv2d_filter_grad(v, g, filters); }),
              text("conv2d_filter_grad: filter_shape has extent 0 on axis ", axis, ". filter_shape ", filters,
                   " is [height, width, in, out]; each must be 1 or more."));
  }
  EXPECT_THROW(conv2d_transpose(g, none), ShapeError);
  EXPECT_THROW(depthwise_conv2d(v, zeros({0, 3, 2, 1})), ShapeError);
}

TEST(Conv2dErrors, FilterGrad) {
  const Tensor v = zeros({1, 6, 5, 2}), g = zeros({1, 6, 5, 4});
  EXPECT_EQ(refused<ShapeError>([&] {
              conv2d_filter_grad(v, g, {3, 3, 2, 4}, {.stride = 2});
            }),
            "conv2d_filter_grad: grad [1, 6, 5, 4] does not fit. value [1, 6, 5, 2], filter_shape [3, 3, 2, "
            "4], stride "
            "2, rate 1, SAME give [1, 3, 3, 4].");
}

TEST(DepthwiseConv2dErrors, Texts) {
  const auto depthwise = [](const Shape& value, const Shape& filters, const Conv2dOptions& options) {
    const Tensor v = zeros(value), f = zeros(filters);
    return refused<Error>([&] { depthwise_conv2d(v, f, options); });
  };
  EXPECT_EQ(depthwise({1, 6, 5, 2}, {3, 3, 3, 1}, {}),
            "depthwise_conv2d: input has 2 channels, filters expect 3. value [1, 6, 5, 2] is NHWC, filters "
            "[3, 3, 3, 1] "
            "is [height, width, channels, multiplier].");
  EXPECT_EQ(depthwise({6, 5, 2}, {3, 3, 2, 1}, {}),
            "depthwise_conv2d: value has rank 3, needs 4. value [6, 5, 2] must be [batch, height, width, "
            "channels].");
  EXPECT_EQ(depthwise({1, 6, 5, 2}, {3, 3, 2, 1}, {.stride = {0, 1}}),
            "depthwise_conv2d: stride 0 on the height axis is below 1. A stride of 1 visits every pixel.");
  EXPECT_EQ(depthwise({1, 6, 5, 2}, {3, 3, 2, 1}, {.rate = 3, .padding = Padding::valid}),
            "depthwise_conv2d: no window fits on the height axis. The filter spans 7 pixels (3 taps, rate "
            "3), value has "
            "6. Use SAME, a smaller rate or a larger image.");
}

}  // namespace
}  // namespace trous
