// The heart against loops written from its definition: every rate, both paddings, odd and even and
// rectangular filters, in and out channels unequal, rates beyond the image, batches of none.
#include <ops/conv_compare.h>

#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/space_to_batch.h>

namespace trous {
namespace {

struct Case {
  Shape image, filters;  // of atrous_conv2d: [n, h, w, in], [kh, kw, in, out]
  Rate rate;
  Padding padding;

  bool same() const { return padding == Padding::same; }
  std::int64_t out(int axis) const {
    const std::int64_t rates[] = {rate.height, rate.width};
    return image[axis] - (same() ? 0 : (filters[axis - 1] - 1) * rates[axis - 1]);
  }
  Shape result() const { return {image[0], out(1), out(2), filters[3]}; }
  oracle::Window window() const {
    const auto axis = [&](std::int64_t taps, std::int64_t r) {
      return oracle::Axis{taps, 1, r, same() ? oracle::atrous_same_begin(taps, r) : 0};
    };
    return {axis(filters[0], rate.height), axis(filters[1], rate.width)};
  }
  std::string text() const {
    return trous::text("image ", image, ", filters ", filters, ", rate ", rate, ", ", name(padding));
  }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Rate rate : {Rate(1), Rate(2), Rate(3), Rate(5), Rate(16), Rate(1, 2), Rate(3, 2), Rate(2, 7)}) {
    for (const Shape& filters : {Shape{3, 3, 2, 3}, Shape{1, 1, 3, 2}, Shape{2, 2, 2, 3}, Shape{4, 3, 1, 2},
                                 Shape{1, 5, 2, 1}, Shape{2, 1, 3, 4}, Shape{5, 4, 2, 3}}) {
      for (const Shape& size : {Shape{7, 5}, Shape{4, 9}, Shape{1, 6}, Shape{1, 1}}) {
        all.push_back({{2, size[0], size[1], filters[2]}, filters, rate, Padding::same});
      }
      const std::int64_t h = (filters[0] - 1) * rate.height, w = (filters[1] - 1) * rate.width;
      for (const Shape& more : {Shape{1, 1}, Shape{3, 2}}) {  // one window, or a few
        all.push_back({{2, h + more[0], w + more[1], filters[2]}, filters, rate, Padding::valid});
      }
    }
  }
  return all;
}

TEST(AtrousConv2d, EqualsTheLoopsOnIntegers) {
  EXPECT_GT(cases().size(), 300U);
  for (const Case& c : cases()) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = integers(c.image, dtype, 1), f = integers(c.filters, dtype, 2);
      expect_exactly(atrous_conv2d(x, f, c.rate, c.padding).value(),
                     oracle::conv(oracle::Array(x), oracle::Array(f), c.window(), c.out(1), c.out(2)),
                     c.text());
    }
  }
}

// pytorch#1565, mxnet#11203 and #13876: the dilated transpose was computed wrongly, and gradient checks
// stayed green because the backward direction matched it.
TEST(AtrousConv2dTranspose, pytorch_1565_EqualsTheLoopsOnIntegers) {
  for (const Case& c : cases()) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor v = integers(c.result(), dtype, 1), f = integers(c.filters, dtype, 2);
      const oracle::Array expected =
          oracle::transposed(oracle::Array(v), oracle::Array(f), c.window(), c.image[1], c.image[2]);
      expect_exactly(atrous_conv2d_transpose(v, f, c.image, c.rate, c.padding).value(), expected, c.text());
      expect_exactly(atrous_conv2d_transpose(v, f, c.rate, c.padding).value(), expected, c.text());
    }
  }
}

TEST(AtrousConv2dFilterGrad, EqualsTheLoopsOnIntegers) {
  for (const Case& c : cases()) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = integers(c.image, dtype, 1), v = integers(c.result(), dtype, 2);
      expect_exactly(atrous_conv2d_filter_grad(x, v, c.filters, c.rate, c.padding).value(),
                     oracle::filter_grad(oracle::Array(x), oracle::Array(v), c.window()), c.text());
    }
  }
}

TEST(AtrousConv2d, IsWithinRoundOffOfTheLoops) {
  for (const Case& c : cases()) {
    const Tensor x = random64(c.image, 1), f = random64(c.filters, 2), v = random64(c.result(), 3);
    const oracle::Array ox(x), of(f), ov(v);
    const auto n = static_cast<double>(c.filters.elements() + c.image.elements());
    expect_round_off(atrous_conv2d(x, f, c.rate, c.padding).value(),
                     oracle::conv(ox, of, c.window(), c.out(1), c.out(2)),
                     oracle::conv(ox.absolute(), of.absolute(), c.window(), c.out(1), c.out(2)), n, c.text());
    expect_round_off(atrous_conv2d_transpose(v, f, c.image, c.rate, c.padding).value(),
                     oracle::transposed(ov, of, c.window(), c.image[1], c.image[2]),
                     oracle::transposed(ov.absolute(), of.absolute(), c.window(), c.image[1], c.image[2]), n,
                     c.text());
    expect_round_off(atrous_conv2d_filter_grad(x, v, c.filters, c.rate, c.padding).value(),
                     oracle::filter_grad(ox, ov, c.window()),
                     oracle::filter_grad(ox.absolute(), ov.absolute(), c.window()), n, c.text());
  }
}

// A batch of none gives none, and a filter gradient of zeros.
TEST(AtrousConv2d, TakesABatchOfNone) {
  for (Case c : cases()) {
    c.image[0] = 0;
    const Tensor x = zeros(c.image), f = integers(c.filters, DType::float32, 2), v = zeros(c.result());
    EXPECT_EQ(atrous_conv2d(x, f, c.rate, c.padding).shape(), c.result()) << c.text();
    EXPECT_EQ(atrous_conv2d_transpose(v, f, c.image, c.rate, c.padding).shape(), c.image) << c.text();
    EXPECT_TRUE(
        same_bits(atrous_conv2d_filter_grad(x, v, c.filters, c.rate, c.padding).value(), zeros(c.filters)))
        << c.text();
  }
}

// atrous = batch_to_space(dense convolution of space_to_batch), the identity by which TensorFlow computes it:
// pad so that the rate divides, interleave into the batch, convolve densely, and put the pixels back.
TEST(AtrousConv2d, IsADenseConvolutionBetweenSpaceToBatchAndBack) {
  for (const Case& c : cases()) {
    const Tensor x = integers(c.image, DType::float32, 1), f = integers(c.filters, DType::float32, 2);
    const auto up = [](std::int64_t size, std::int64_t r) { return (size + r - 1) / r * r - size; };
    const oracle::Window w = c.window();
    const std::int64_t th = (c.filters[0] - 1) * c.rate.height, tw = (c.filters[1] - 1) * c.rate.width;
    const std::int64_t bottom = c.same() ? th - w.height.begin : 0, right = c.same() ? tw - w.width.begin : 0;
    const std::int64_t more_h = up(c.image[1] + w.height.begin + bottom, c.rate.height);
    const std::int64_t more_w = up(c.image[2] + w.width.begin + right, c.rate.width);
    const Variable interleaved =
        space_to_batch(x, c.rate, {w.height.begin, bottom + more_h, w.width.begin, right + more_w});
    const Variable dense = atrous_conv2d(interleaved, f, 1, Padding::valid);
    const Variable back = batch_to_space(dense, c.rate, {0, more_h, 0, more_w});
    EXPECT_EQ(numbers(back), numbers(atrous_conv2d(x, f, c.rate, c.padding))) << c.text();
  }
}

TEST(AtrousConv2d, TakesPaddingAsText) {
  const Tensor x = integers({1, 6, 6, 2}, DType::float32, 1), f = integers({3, 3, 2, 3}, DType::float32, 2);
  for (const Padding padding : {Padding::same, Padding::valid}) {
    const std::string_view written = name(padding);
    const Variable y = atrous_conv2d(x, f, 2, padding);
    EXPECT_TRUE(same_bits(atrous_conv2d(x, f, 2, written).value(), y.value()));
    EXPECT_TRUE(same_bits(atrous_conv2d_filter_grad(x, y, f.shape(), 2, written).value(),
                          atrous_conv2d_filter_grad(x, y, f.shape(), 2, padding).value()));
    const Variable back = atrous_conv2d_transpose(y, f, 2, padding);
    EXPECT_TRUE(same_bits(atrous_conv2d_transpose(y, f, 2, written).value(), back.value()));
    EXPECT_TRUE(same_bits(atrous_conv2d_transpose(y, f, x.shape(), 2, written).value(), back.value()));
  }
}

}  // namespace
}  // namespace trous
