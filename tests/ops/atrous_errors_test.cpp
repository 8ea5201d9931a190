// What the heart refuses: every text whole, before anything is allocated, and in one order for every rate.
#include <limits>
#include <ops/support.h>
#include <sys/resource.h>
#include <type_traits>

#include <trous/ops/atrous_conv2d.h>

namespace trous {
namespace {

static_assert(std::is_constructible_v<Rate, int> && std::is_constructible_v<Rate, unsigned long, short>);
static_assert(std::is_convertible_v<int, Rate>);
static_assert(!std::is_constructible_v<Rate, double> && !std::is_constructible_v<Rate, float>);
static_assert(!std::is_constructible_v<Rate, double, int> && !std::is_constructible_v<Rate, int, double>);

std::string conv(const Shape& value, const Shape& filters, const Rate& rate, std::string_view padding,
                 DType value_dtype = DType::float32, DType filter_dtype = DType::float32) {
  const Tensor v = zeros(value, value_dtype), f = zeros(filters, filter_dtype);
  return refused<Error>([&] { atrous_conv2d(v, f, rate, padding); });
}
std::string transposed(const Shape& value, const Shape& filters, const Shape& output_shape, const Rate& rate,
                       std::string_view padding) {
  const Tensor v = zeros(value), f = zeros(filters);
  return refused<Error>([&] { atrous_conv2d_transpose(v, f, output_shape, rate, padding); });
}
std::string filter_grad(const Shape& value, const Shape& grad, const Shape& filter_shape, const Rate& rate,
                        std::string_view padding) {
  const Tensor v = zeros(value), g = zeros(grad);
  return refused<Error>([&] { atrous_conv2d_filter_grad(v, g, filter_shape, rate, padding); });
}

TEST(AtrousErrors, Padding) {
  EXPECT_EQ(conv({1, 4, 4, 2}, {3, 3, 2, 3}, 2, "FULL"),
            "atrous_conv2d: padding \"FULL\" is neither \"SAME\" nor \"VALID\". SAME pads with zeros to keep "
            "height "
            "and width, VALID takes windows inside the image.");
  EXPECT_EQ(
      transposed({1, 4, 4, 2}, {3, 3, 3, 2}, {1, 4, 4, 3}, 2, "same"),
      "atrous_conv2d_transpose: padding \"same\" is neither \"SAME\" nor \"VALID\". SAME pads with zeros to "
      "keep height and width, VALID takes windows inside the image.");
  EXPECT_EQ(filter_grad({1, 4, 4, 2}, {1, 4, 4, 3}, {3, 3, 2, 3}, 2, ""),
            "atrous_conv2d_filter_grad: padding \"\" is neither \"SAME\" nor \"VALID\". SAME pads with zeros "
            "to keep "
            "height and width, VALID takes windows inside the image.");
}

TEST(AtrousErrors, Ranks) {
  EXPECT_EQ(
      conv({4, 4, 2}, {3, 3, 2, 3}, 2, "SAME"),
      "atrous_conv2d: value has rank 3, needs 4. value [4, 4, 2] must be [batch, height, width, channels].");
  EXPECT_EQ(
      conv({1, 4, 4, 2}, {3, 3, 2}, 2, "SAME"),
      "atrous_conv2d: filters has rank 3, needs 4. filters [3, 3, 2] must be [height, width, in, out].");
  EXPECT_EQ(
      transposed({1, 4, 4, 2}, {1, 3, 3, 3, 2}, {1, 4, 4, 3}, 1, "SAME"),
      "atrous_conv2d_transpose: filters has rank 5, needs 4. filters [1, 3, 3, 3, 2] must be [height, width, "
      "out, in].");
  EXPECT_EQ(
      filter_grad({1, 4, 4, 2}, {4, 4, 3}, {3, 3, 2, 3}, 1, "SAME"),
      "atrous_conv2d_filter_grad: grad has rank 3, needs 4. grad [4, 4, 3] must be [batch, height, width, "
      "channels].");
  EXPECT_EQ(filter_grad({1, 4, 4, 2}, {1, 4, 4, 3}, {3, 3}, 1, "SAME"),
            "atrous_conv2d_filter_grad: filter_shape has rank 2, needs 4. filter_shape [3, 3] must be "
            "[height, width, "
            "in, out].");
}

TEST(AtrousErrors, DTypes) {
  const auto with = [](DType value, DType filters) {
    return conv({1, 4, 4, 2}, {3, 3, 2, 3}, 1, "SAME", value, filters);
  };
  EXPECT_EQ(with(DType::float32, DType::float64),
            "atrous_conv2d: float32 and float64 do not mix. Cast one side: cast(x, DType::float64).");
  EXPECT_EQ(with(DType::float64, DType::int32),
            "atrous_conv2d: float64 and int32 do not mix. Cast one side: cast(x, DType::float64).");
  EXPECT_EQ(with(DType::uint8, DType::uint8),
            "atrous_conv2d: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
}

// TF#42152: an extent of 0 in the filters ended the process.
TEST(AtrousErrors, TF_42152_TapsAndChannels) {
  EXPECT_EQ(
      conv({1, 4, 4, 2}, {0, 3, 2, 3}, 1, "SAME"),
      "atrous_conv2d: filters has extent 0 on axis 0. filters [0, 3, 2, 3] is [height, width, in, out]; each "
      "must be 1 or more.");
  for (int axis = 0; axis < 4; ++axis) {  // only axis 0 of a tensor may be 0, but a shape may hold anything
    for (const std::int64_t extent : {std::int64_t{0}, std::int64_t{-1}, -huge}) {
      Shape filters{3, 3, 2, 3};
      filters[axis] = extent;
      EXPECT_EQ(filter_grad({1, 4, 4, 2}, {1, 4, 4, 3}, filters, 1, "SAME"),
                text("atrous_conv2d_filter_grad: filter_shape has extent ", extent, " on axis ", axis,
                     ". filter_shape ", filters, " is [height, width, in, out]; each must be 1 or more."));
    }
  }
}

TEST(AtrousErrors, ChannelsThatDisagree) {
  EXPECT_EQ(conv({8, 32, 32, 3}, {3, 3, 4, 16}, 1, "SAME"),
            "atrous_conv2d: input has 3 channels, filters expect 4. value [8, 32, 32, 3] is NHWC, filters "
            "[3, 3, 4, "
            "16] is [height, width, in, out].");
  // Divisible is not enough: that would be a grouped convolution, which is not offered.
  EXPECT_EQ(conv({1, 4, 4, 4}, {3, 3, 2, 6}, 2, "SAME"),
            "atrous_conv2d: input has 4 channels, filters expect 2. value [1, 4, 4, 4] is NHWC, filters [3, "
            "3, 2, 6] "
            "is [height, width, in, out].");
  EXPECT_EQ(transposed({1, 4, 4, 2}, {3, 3, 2, 3}, {1, 4, 4, 3}, 1, "SAME"),
            "atrous_conv2d_transpose: input has 2 channels, filters expect 3. value [1, 4, 4, 2] is NHWC, "
            "filters [3, "
            "3, 2, 3] is [height, width, out, in].");
  EXPECT_EQ(filter_grad({1, 4, 4, 2}, {1, 4, 4, 3}, {3, 3, 5, 3}, 1, "SAME"),
            "atrous_conv2d_filter_grad: input has 2 channels, filters expect 5. value [1, 4, 4, 2] is NHWC, "
            "filter_shape [3, 3, 5, 3] is [height, width, in, out].");
  EXPECT_EQ(filter_grad({1, 4, 4, 2}, {1, 4, 4, 3}, {3, 3, 2, 5}, 1, "SAME"),
            "atrous_conv2d_filter_grad: grad has 3 channels, filters expect 5. grad [1, 4, 4, 3] is NHWC, "
            "filter_shape [3, 3, 2, 5] is [height, width, in, out].");
}

TEST(AtrousErrors, Rate) {
  EXPECT_EQ(conv({1, 4, 4, 2}, {3, 3, 2, 3}, 0, "SAME"),
            "atrous_conv2d: rate 0 on the height axis is below 1. A rate of 1 is a dense filter.");
  EXPECT_EQ(transposed({1, 4, 4, 2}, {3, 3, 3, 2}, {1, 4, 4, 3}, {2, -3}, "SAME"),
            "atrous_conv2d_transpose: rate -3 on the width axis is below 1. A rate of 1 is a dense filter.");
  EXPECT_EQ(
      filter_grad({1, 4, 4, 2}, {1, 4, 4, 3}, {1, 1, 2, 3}, -huge, "SAME"),
      "atrous_conv2d_filter_grad: rate -4611686018427387904 on the height axis is below 1. A rate of 1 is a "
      "dense filter.");
}

// TF#113319: VALID with a filter wider than the image returned a wrong-shaped tensor.
TEST(AtrousErrors, TF_113319_ValidWithoutAWindow) {
  EXPECT_EQ(conv({1, 6, 4, 2}, {3, 3, 2, 3}, 2, "VALID"),
            "atrous_conv2d: no window fits on the width axis. The filter spans 5 pixels (3 taps, rate 2), "
            "value has 4. "
            "Use SAME, a smaller rate or a larger image.");
  EXPECT_EQ(conv({1, 2, 4, 2}, {3, 3, 2, 3}, 1, "VALID"),
            "atrous_conv2d: no window fits on the height axis. The filter spans 3 pixels (3 taps, rate 1), "
            "value has "
            "2. Use SAME, a smaller rate or a larger image.");
  EXPECT_EQ(filter_grad({1, 4, 4, 2}, {1, 4, 4, 3}, {2, 2, 2, 3}, 4, "VALID"),
            "atrous_conv2d_filter_grad: no window fits on the height axis. The filter spans 5 pixels (2 "
            "taps, rate 4), "
            "value has 4. Use SAME, a smaller rate or a larger image.");
}

// TF#46915: rates like these aborted the process. The thread's own call, a 1x1 filter at rate 2^31 - 1, has a
// value; so has a larger filter, as long as its size is a number.
TEST(AtrousErrors, TF_46915_Overflow) {
  for (const std::int64_t taps : {1, 3}) {
    const Variable y = atrous_conv2d(ones({1, 1, 1, 5}), ones({taps, taps, 5, 1}), 2147483647, "SAME");
    EXPECT_EQ(numbers(y), std::vector<double>{5}) << taps;
    EXPECT_EQ(y.shape(), (Shape{1, 1, 1, 1}));
  }
  const std::string beyond =
      "atrous_conv2d: the size on the height axis exceeds 2^63 - 1. value has 4 there, the filter 3 taps, "
      "rate "
      "4611686018427387904, stride 1. Use a smaller rate.";
  EXPECT_EQ(conv({1, 4, 4, 2}, {3, 3, 2, 3}, huge, "SAME"), beyond);
  EXPECT_EQ(conv({1, 4, 4, 2}, {3, 3, 2, 3}, huge, "VALID"), beyond);
  EXPECT_EQ(conv({1, 4, 4, 2}, {1, 2, 2, 3}, std::numeric_limits<std::uint64_t>::max(), "SAME"),
            "atrous_conv2d: the size on the width axis exceeds 2^63 - 1. value has 4 there, the filter 2 "
            "taps, rate "
            "9223372036854775807, stride 1. Use a smaller rate.");
  EXPECT_EQ(filter_grad({1, 4, 4, 2}, {1, 4, 4, 3}, {huge, 1, 2, 3}, 2, "SAME"),
            "atrous_conv2d_filter_grad: the size on the height axis exceeds 2^63 - 1. value has 4 there, the "
            "filter "
            "4611686018427387904 taps, rate 2, stride 1. Use a smaller rate.");
  EXPECT_EQ(
      transposed({1, 4, 4, 2}, {3, 3, 3, 2}, {1, 4, 4, 3}, {1, huge}, "VALID"),
      "atrous_conv2d_transpose: the size on the width axis exceeds 2^63 - 1. value has 4 there, the filter 3 "
      "taps, rate 4611686018427387904, stride 1. Use a smaller rate.");
  // Sizes that fit, of a tensor that does not.
  EXPECT_EQ(transposed({1, 4, 4, 2}, {2, 2, 3, 2}, {1, 4, 4, 3}, std::int64_t{1} << 31, "VALID"),
            "atrous_conv2d_transpose: the result [1, 2147483652, 2147483652, 3] exceeds 2^63 - 1 bytes. Use "
            "a smaller "
            "rate or image.");
  EXPECT_EQ(
      filter_grad({1, 4, 4, 2}, {1, 4, 4, 3}, {std::int64_t{1} << 31, std::int64_t{1} << 30, 2, 3}, 1,
                  "SAME"),
      "atrous_conv2d_filter_grad: the result [2147483648, 1073741824, 2, 3] exceeds 2^63 - 1 bytes. Use a "
      "smaller rate or image.");
}

// TF#57715: a negative output_shape aborted the process.
TEST(AtrousErrors, TF_57715_OutputShape) {
  const auto given = [](const Shape& output_shape) {
    return transposed({1, 16, 16, 4}, {3, 3, 8, 4}, output_shape, 2, "VALID");
  };
  const std::string because =
      "value [1, 16, 16, 4], filters [3, 3, 8, 4], rate 2, VALID give [1, 20, 20, 8].";
  EXPECT_EQ(given({1, 31, 31, 8}),
            "atrous_conv2d_transpose: output_shape [1, 31, 31, 8] does not fit. " + because);
  EXPECT_EQ(given({20, 20}),
            "atrous_conv2d_transpose: output_shape [20, 20] has 2 elements, needs 4: [batch, height, "
            "width, channels]. " +
                because);
  EXPECT_EQ(given({}),
            "atrous_conv2d_transpose: output_shape [] has 0 elements, needs 4: [batch, height, width, "
            "channels]. " +
                because);
  EXPECT_EQ(given({1, 20, -20, 8}),
            "atrous_conv2d_transpose: output_shape [1, 20, -20, 8] has -20 on axis 2. Extents "
            "count elements. " +
                because);
  // Each dimension is compared, and congruence modulo the rate is not enough.
  for (int axis = 0; axis < 4; ++axis) {
    for (const std::int64_t change : {-2, -1, 1, 2}) {
      Shape wrong{1, 20, 20, 8};
      wrong[axis] += change;
      const std::string fact =
          wrong[axis] < 0 ? " has -1 on axis 0. Extents count elements. " : " does not fit. ";
      EXPECT_EQ(given(wrong), text("atrous_conv2d_transpose: output_shape ", wrong, fact, because));
    }
  }
  EXPECT_EQ(given({huge, huge, huge, huge}), text("atrous_conv2d_transpose: output_shape ",
                                                  Shape{huge, huge, huge, huge}, " does not fit. ", because));
  EXPECT_EQ(transposed({1, 16, 16, 4}, {4, 3, 8, 4}, {1, 17, 16, 8}, {3, 1}, "SAME"),
            "atrous_conv2d_transpose: output_shape [1, 17, 16, 8] does not fit. value [1, 16, 16, 4], "
            "filters [4, 3, 8, "
            "4], rate 3x1, SAME give [1, 16, 16, 8].");
}

TEST(AtrousErrors, GradThatIsNotTheResult) {
  EXPECT_EQ(filter_grad({1, 6, 6, 2}, {1, 6, 6, 3}, {3, 3, 2, 3}, 2, "VALID"),
            "atrous_conv2d_filter_grad: grad [1, 6, 6, 3] does not fit. value [1, 6, 6, 2], filter_shape [3, "
            "3, 2, 3], "
            "rate 2, VALID give [1, 2, 2, 3].");
  EXPECT_EQ(filter_grad({2, 6, 6, 2}, {1, 6, 6, 3}, {3, 3, 2, 3}, 2, "SAME"),
            "atrous_conv2d_filter_grad: grad [1, 6, 6, 3] does not fit. value [2, 6, 6, 2], filter_shape [3, "
            "3, 2, 3], "
            "rate 2, SAME give [2, 6, 6, 3].");
}

// Not only is nothing left allocated: nothing was. The image is larger than all that came before it in this
// process, so that a second one of its size would show in the peak.
TEST(AtrousErrors, AreToldBeforeAnythingIsAllocated) {
  const auto peak_kilobytes = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const Tensor value = ones({1, 1 << 12, 1 << 13, 1}), filters = ones({3, 3, 1, 1});  // 128 MiB
  const long before = peak_kilobytes();
  EXPECT_EQ(refused<ShapeError>([&] {
              atrous_conv2d_transpose(value, filters, {1, 5, 5, 1}, 2, Padding::same);
            }),
            "atrous_conv2d_transpose: output_shape [1, 5, 5, 1] does not fit. value [1, 4096, 8192, 1], "
            "filters [3, 3, "
            "1, 1], rate 2, SAME give [1, 4096, 8192, 1].");
  EXPECT_EQ(refused<ArgumentError>([&] { atrous_conv2d(value, filters, 0, Padding::same); }),
            "atrous_conv2d: rate 0 on the height axis is below 1. A rate of 1 is a dense filter.");
  EXPECT_EQ(refused<ShapeError>([&] {
              atrous_conv2d_filter_grad(value, value, {3, 3, 1, 1}, 2, Padding::valid);
            }),
            "atrous_conv2d_filter_grad: grad [1, 4096, 8192, 1] does not fit. value [1, 4096, 8192, 1], "
            "filter_shape [3, "
            "3, 1, 1], rate 2, VALID give [1, 4092, 8188, 1].");
  EXPECT_LT(peak_kilobytes() - before, 4096);
}

}  // namespace
}  // namespace trous
