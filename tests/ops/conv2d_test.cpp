// The general convolution family against loops: stride, rate and padding per axis, explicit padding, and
// every image that a strided convolution takes to the same result: the legal output shapes of its transpose.
#include <ops/conv_compare.h>

#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/detail/windows.h>

namespace trous {
namespace {

enum class Pad { same, valid, counts };

struct Conv2dCase {
  Shape image, filters;
  Stride stride;
  Rate rate;
  Pad pad;

  static constexpr ExplicitPadding counts{2, 1, 0, 3};

  Conv2dOptions options() const {
    if (pad == Pad::counts) return {stride, rate, counts};
    return {stride, rate, pad == Pad::same ? Padding::same : Padding::valid};
  }
  oracle::Window window() const {
    oracle::Axis height{filters[0], stride.height, rate.height}, width{filters[1], stride.width, rate.width};
    if (pad == Pad::same) {
      height.begin = oracle::same_begin(image[1], height);
      width.begin = oracle::same_begin(image[2], width);
    } else if (pad == Pad::counts) {
      height.begin = counts.top;
      width.begin = counts.left;
    }
    return {height, width};
  }
  // How many windows start at 0, s, 2 s, ... and end inside the padded image; SAME: ceil(in / stride).
  std::int64_t out(int axis) const {
    const oracle::Window w = window();
    const oracle::Axis& a = axis == 1 ? w.height : w.width;
    if (pad == Pad::same) return (image[axis] + a.stride - 1) / a.stride;
    const std::int64_t more = axis == 1 ? counts.top + counts.bottom : counts.left + counts.right;
    const std::int64_t padded = image[axis] + (pad == Pad::counts ? more : 0);
    std::int64_t windows = 0;
    while (windows * a.stride + a.span() <= padded) ++windows;
    return windows;
  }
  Shape result() const { return {image[0], out(1), out(2), filters[3]}; }
  std::string text() const {
    return trous::text("image ", image, ", filters ", filters, ", stride ", stride, ", rate ", rate, ", ",
                       detail::padding_text(options().padding.resolve("test")));
  }
};

std::vector<Conv2dCase> conv2d_cases() {
  std::vector<Conv2dCase> all;
  for (const Stride stride : {Stride(1), Stride(2), Stride(3), Stride(1, 2), Stride(5, 3)}) {
    for (const Rate rate : {Rate(1), Rate(2), Rate(3), Rate(1, 4)}) {
      for (const Pad pad : {Pad::same, Pad::valid, Pad::counts}) {
        for (const Shape& filters :
             {Shape{3, 3, 2, 3}, Shape{1, 1, 3, 2}, Shape{2, 4, 1, 2}, Shape{3, 2, 2, 1}}) {
          for (std::int64_t size = 1; size < 14; size += 3) {
            const Conv2dCase c{{2, size, 14 - size, filters[2]}, filters, stride, rate, pad};
            if (c.out(1) > 0 && c.out(2) > 0) all.push_back(c);
          }
        }
      }
    }
  }
  return all;
}

TEST(Conv2d, EqualsTheLoopsOnIntegers) {
  EXPECT_GT(conv2d_cases().size(), 500U);
  for (const Conv2dCase& c : conv2d_cases()) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = integers(c.image, dtype, 1), f = integers(c.filters, dtype, 2),
                   v = integers(c.result(), dtype, 3);
      const oracle::Array ox(x), of(f), ov(v);
      expect_exactly(conv2d(x, f, c.options()).value(), oracle::conv(ox, of, c.window(), c.out(1), c.out(2)),
                     c.text());
      expect_exactly(conv2d_filter_grad(x, v, c.filters, c.options()).value(),
                     oracle::filter_grad(ox, ov, c.window()), c.text());
    }
  }
}

// JAX PR#567: the rule for the image was wrong at rates above 1. These are the rules, not the ops beside
// them.
TEST(Conv2d, jax_567_GradientsEqualTheLoopsOnIntegers) {
  for (const Conv2dCase& c : conv2d_cases()) {
    const Variable x = track(integers(c.image, DType::float64, 1)),
                   f = track(integers(c.filters, DType::float64, 2));
    const Tensor v = integers(c.result(), DType::float64, 3);
    const std::vector<Variable> g = vjp(conv2d(x, f, c.options()), {x, f}, v);
    const oracle::Array ox(x.value()), of(f.value()), ov(v);
    expect_exactly(g[0].value(), oracle::transposed(ov, of, c.window(), c.image[1], c.image[2]),
                   c.text() + ", gradient of value");
    expect_exactly(g[1].value(), oracle::filter_grad(ox, ov, c.window()), c.text() + ", gradient of filters");
  }
}

// pytorch#5112: backward crashed with dilation and output padding together. pytorch#14272: sizes that ignored
// the dilation.
TEST(Conv2dTranspose, pytorch_5112_EqualsTheLoopsAtEveryLegalOutputShape) {
  for (const Conv2dCase& c : conv2d_cases()) {  // c.image is a legal output_shape by construction
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Variable v = track(integers(c.result(), dtype, 1)), f = track(integers(c.filters, dtype, 2));
      const oracle::Array ov(v.value()), of(f.value());
      const Variable y = conv2d_transpose(v, f, c.image, c.options());
      expect_exactly(y.value(), oracle::transposed(ov, of, c.window(), c.image[1], c.image[2]), c.text());
      const Tensor u = integers(c.image, dtype, 3);
      const std::vector<Variable> g = vjp(y, {v, f}, u);
      expect_exactly(g[0].value(), oracle::conv(oracle::Array(u), of, c.window(), c.out(1), c.out(2)),
                     c.text() + ", gradient of value");
      expect_exactly(g[1].value(), oracle::filter_grad(oracle::Array(u), ov, c.window()),
                     c.text() + ", gradient of filters");
    }
  }
  // The thread's call: a rate of 2 made room for an output padding of 1, which no convolution gives back.
  EXPECT_EQ(refused<ShapeError>([] {
              conv2d_transpose(ones({1, 1, 1, 4}), ones({3, 3, 1, 4}), {1, 6, 6, 1},
                               {.rate = 2, .padding = Padding::valid});
            }),
            "conv2d_transpose: output_shape [1, 6, 6, 1] does not fit. value [1, 1, 1, 4], filters [3, 3, 1, "
            "4], stride 1, rate 2, VALID give [1, 5, 5, 1].");
}

// pytorch#1565, mxnet#11203 and #13876: stride and dilation together. Where both are 2, every second pixel
// of the result is a hole, and the numbers are those of the threads.
TEST(Conv2dTranspose, mxnet_13876_HolesStayEmpty) {
  using Numbers = std::vector<double>;
  const Tensor pixel = f64({1, 3, 3, 1}, {0, 0, 0, 0, 1, 0, 0, 0, 0});
  const Tensor taps = f64({3, 3, 1, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Variable y = conv2d_transpose(pixel, taps, {2, 2, ExplicitPadding{2, 2, 2, 2}});
  EXPECT_EQ(y.shape(), (Shape{1, 5, 5, 1}));
  EXPECT_EQ(numbers(y), (Numbers{1, 0, 2, 0, 3,  //
                                 0, 0, 0, 0, 0,  //
                                 4, 0, 5, 0, 6,  //
                                 0, 0, 0, 0, 0,  //
                                 7, 0, 8, 0, 9}));
  const Tensor row = ones({1, 1, 6, 1}, DType::float64), three = ones({1, 3, 1, 1}, DType::float64);
  EXPECT_EQ(
      numbers(conv2d_transpose(row, three, {1, 1, 14, 1}, {{1, 2}, {1, 2}, ExplicitPadding{0, 0, 1, 1}})),
      (Numbers{0, 2, 0, 3, 0, 3, 0, 3, 0, 3, 0, 2, 0, 1}));
}

// keras#22876, #20949: SAME a pixel off where the stride is above 1 or the filter even, all shapes right.
// One pixel at (1, 2) of 3 x 4 shows where the taps land: from stride times its place on, less `begin`, half
// of what the filter reaches beyond the stride, rounded down.
TEST(Conv2dTranspose, keras_22876_OnePixelShowsWhereTapsLand) {
  struct Landing {
    std::int64_t taps, stride, begin;
  };
  Tensor pixel = zeros({1, 3, 4, 1}, DType::float64);
  pixel.mutable_values<double>()[6] = 1;
  for (const auto& [taps, stride, begin] : std::vector<Landing>{{2, 1, 0},
                                                                {2, 2, 0},
                                                                {2, 3, 0},
                                                                {3, 1, 1},
                                                                {3, 2, 0},
                                                                {4, 2, 1},
                                                                {5, 2, 1},
                                                                {5, 3, 1},
                                                                {6, 3, 1}}) {
    const Tensor filters = counting({taps, taps, 1, 1});
    oracle::Array expected({1, 3 * stride, 4 * stride, 1});
    for (std::int64_t a = 0; a < taps; ++a) {
      for (std::int64_t b = 0; b < taps; ++b) {
        const std::int64_t row = stride + a - begin, column = 2 * stride + b - begin;
        if (row < expected.shape[1] && column < expected.shape[2])
          expected.at(0, row, column, 0) = static_cast<double>(a * taps + b);
      }
    }
    expect_exactly(conv2d_transpose(pixel, filters, {.stride = stride}).value(), expected,
                   text("taps ", taps, ", stride ", stride));
  }
}

// An output_shape is legal if and only if conv2d takes it to the value's size: tried for every size.
TEST(Conv2dTranspose, AcceptsExactlyTheShapesThatConv2dTakesToTheValue) {
  int legal = 0, refusals = 0;
  for (const Stride stride : {Stride(1), Stride(2), Stride(3), Stride(4)}) {
    for (const Pad pad : {Pad::same, Pad::valid, Pad::counts}) {
      for (const std::int64_t taps : {1, 2, 3}) {
        for (std::int64_t height = 1; height < 4; ++height) {
          const Tensor v = zeros({1, height, 1, 1}), f = zeros({taps, 1, 1, 1});
          for (std::int64_t o = 1; o < 20; ++o) {
            Conv2dCase c{{1, o, 1, 1}, f.shape(), {stride.height, 1}, 2, pad};
            if (pad == Pad::counts) c.image[2] = 1;  // 3 columns of padding: 4 windows, so v is wider
            const Tensor value = zeros({1, height, c.out(2), 1});
            const bool fits = c.out(1) == height;
            const auto call = [&] { return conv2d_transpose(value, f, c.image, c.options()); };
            if (fits) {
              EXPECT_EQ(call().shape(), c.image) << c.text() << ", value " << value.shape();
              ++legal;
            } else {
              EXPECT_TRUE(refused<ShapeError>(call).starts_with("conv2d_transpose: "))
                  << c.text() << ", " << value.shape();
              ++refusals;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(legal, 200);
  EXPECT_GT(refusals, 200);
}

// pytorch#14272: sizes that ignored the dilation.
TEST(Conv2dTranspose, pytorch_14272_DerivesTheOutputShape) {
  const Tensor v = zeros({2, 3, 4, 5}), f = zeros({3, 2, 7, 5});
  const auto shape = [&](const Conv2dOptions& options) { return conv2d_transpose(v, f, options).shape(); };
  EXPECT_EQ(shape({.stride = 2}), (Shape{2, 6, 8, 7}));
  EXPECT_EQ(shape({.stride = {2, 3}, .padding = Padding::valid}), (Shape{2, 7, 11, 7}));
  EXPECT_EQ(shape({.stride = {2, 3}, .rate = 2, .padding = "VALID"}), (Shape{2, 9, 12, 7}));
  EXPECT_EQ(shape({.stride = 2, .padding = ExplicitPadding{1, 0, 2, 1}}), (Shape{2, 6, 5, 7}));
}

TEST(Conv2d, IsWithinRoundOffOfTheLoops) {
  for (const Conv2dCase& c : conv2d_cases()) {
    const Tensor x = random64(c.image, 1), f = random64(c.filters, 2), v = random64(c.result(), 3);
    const oracle::Array ox(x), of(f), ov(v);
    const auto n = static_cast<double>(c.filters.elements() + c.image.elements());
    expect_round_off(conv2d(x, f, c.options()).value(), oracle::conv(ox, of, c.window(), c.out(1), c.out(2)),
                     oracle::conv(ox.absolute(), of.absolute(), c.window(), c.out(1), c.out(2)), n, c.text());
    expect_round_off(conv2d_transpose(v, f, c.image, c.options()).value(),
                     oracle::transposed(ov, of, c.window(), c.image[1], c.image[2]),
                     oracle::transposed(ov.absolute(), of.absolute(), c.window(), c.image[1], c.image[2]), n,
                     c.text());
  }
}

TEST(Conv2d, IsTheAtrousConvolutionAtStride1) {
  for (const Conv2dCase& c : conv2d_cases()) {
    if (c.stride != Stride(1) || c.pad == Pad::counts) continue;
    const Padding padding = c.pad == Pad::same ? Padding::same : Padding::valid;
    const Tensor x = random64(c.image, 1), f = random64(c.filters, 2), v = random64(c.result(), 3);
    EXPECT_TRUE(same_bits(conv2d(x, f, c.options()).value(), atrous_conv2d(x, f, c.rate, padding).value()));
    EXPECT_TRUE(same_bits(conv2d_transpose(v, f, c.options()).value(),
                          atrous_conv2d_transpose(v, f, c.rate, padding).value()));
  }
}

// keras#8146, #8159, TF#21598: a dilation accepted and ignored, by depthwise and transposed convolutions
// above all. Each option changes the result.
TEST(Conv2d, keras_8146_EveryOptionChangesTheResult) {
  const Tensor x = random64({1, 9, 9, 2}, 1), f = random64({3, 3, 2, 2}, 2);
  const std::vector<Conv2dOptions> options{{},
                                           {.stride = {2, 1}},
                                           {.stride = {1, 2}},
                                           {.rate = {2, 1}},
                                           {.rate = {1, 2}},
                                           {.padding = Padding::valid},
                                           {.padding = ExplicitPadding{1, 1, 1, 0}},
                                           {.padding = ExplicitPadding{1, 1, 0, 1}},
                                           {.padding = ExplicitPadding{1, 0, 1, 1}},
                                           {.padding = ExplicitPadding{0, 1, 1, 1}}};
  for (std::size_t i = 0; i < options.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(numbers(conv2d(x, f, options[i])), numbers(conv2d(x, f, options[j]))) << i << " and " << j;
      EXPECT_NE(numbers(conv2d_transpose(x, f, options[i])), numbers(conv2d_transpose(x, f, options[j])))
          << i << " and " << j << ", transposed";
      EXPECT_NE(numbers(depthwise_conv2d(x, f, options[i])), numbers(depthwise_conv2d(x, f, options[j])))
          << i << " and " << j << ", depthwise";
    }
  }
}

// jax#4592, #17618: the shape of a strided transpose surprised. Transposing the map gives the other op, back
// onto the image whatever the stride left over.
TEST(Conv2dTranspose, jax_17618_IsTheTransposeOfTheMap) {
  for (const Conv2dCase& c : conv2d_cases()) {
    const Tensor x = integers(c.image, DType::float64, 1), f = integers(c.filters, DType::float64, 2);
    const LinearMap conv = conv2d_form(c.image, c.filters, c.options(), DType::float64).map(0, 2, f);
    const LinearMap back = conv.transpose();
    ASSERT_EQ(conv.op, "conv2d");
    ASSERT_EQ(back.op, "conv2d_transpose");
    const Variable y = conv(x), z = back(y);
    ASSERT_EQ(z.shape(), c.image) << c.text();
    EXPECT_TRUE(same_bits(y.value(), conv2d(x, f, c.options()).value())) << c.text();
    EXPECT_TRUE(same_bits(z.value(), conv2d_transpose(y, f, c.image, c.options()).value())) << c.text();
    EXPECT_EQ(dot(y.value(), y.value()), dot(x, z.value())) << c.text();
  }
}

// A depthwise convolution is a dense one whose filters are 0 between different channels. TF#113320: rate and
// stride together gave a wrong shape.
TEST(DepthwiseConv2d, TF_113320_EqualsTheLoopsOnIntegers) {
  for (const Conv2dCase& c : conv2d_cases()) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = integers(c.image, dtype, 1), f = integers(c.filters, dtype, 2);
      const oracle::Array dense = oracle::dense_filters(oracle::Array(f));
      const oracle::Array expected = oracle::conv(oracle::Array(x), dense, c.window(), c.out(1), c.out(2));
      const Variable tx = track(x), tf = track(f), y = depthwise_conv2d(tx, tf, c.options());
      expect_exactly(y.value(), expected, c.text());

      const Tensor v = integers(y.shape(), dtype, 3);
      const std::vector<Variable> g = vjp(y, {tx, tf}, v);
      expect_exactly(g[0].value(),
                     oracle::transposed(oracle::Array(v), dense, c.window(), c.image[1], c.image[2]),
                     c.text());
      // Of the dense filters' gradient, what stands between a channel and its own results.
      const oracle::Array all = oracle::filter_grad(oracle::Array(x), oracle::Array(v), c.window());
      oracle::Array own(c.filters);
      for (std::int64_t a = 0; a < c.filters[0]; ++a)
        for (std::int64_t b = 0; b < c.filters[1]; ++b)
          for (std::int64_t k = 0; k < c.filters[2]; ++k)
            for (std::int64_t m = 0; m < c.filters[3]; ++m)
              own.at(a, b, k, m) = all.at(a, b, k, k * c.filters[3] + m);
      expect_exactly(g[1].value(), own, c.text());
    }
  }
}

}  // namespace
}  // namespace trous
