// Windows over an image, with shapes and attributes that nobody chose: the conv family, pooling, resizing.
#include <algorithm>
#include <ops/conv_oracle.h>
#include <properties/random_cases.h>

namespace trous {
namespace {

enum class Border { same, valid, counted };

struct WindowCase {
  Int batch, rows, columns, in_channels, out_channels;
  oracle::Axis height, width;
  Border border;
  ExplicitPadding counts;

  Shape image() const { return {batch, rows, columns, in_channels}; }
  Shape filters() const { return {height.taps, width.taps, in_channels, out_channels}; }
  WindowPadding padding() const {
    if (border == Border::counted) return counts;
    return border == Border::same ? Padding::same : Padding::valid;
  }
  Conv2dOptions options() const {
    return {{height.stride, width.stride}, {height.rate, width.rate}, padding()};
  }
  oracle::Window window() const { return {height, width}; }

  // How many windows there are: ceil(in / stride), or one for every stride at which a window still fits.
  static Int count(const oracle::Axis& axis, Int in, Border border, Int more) {
    Int windows = 0;
    const Int end = border == Border::same ? in - 1 + axis.span() : in + more;
    while (windows * axis.stride + axis.span() <= end) ++windows;
    return windows;
  }
  Int out_rows(Int in) const { return count(height, in, border, counts.top + counts.bottom); }
  Int out_columns(Int in) const { return count(width, in, border, counts.left + counts.right); }
  Shape result(Int channels) const { return {batch, out_rows(rows), out_columns(columns), channels}; }
};

// What is drawn last shrinks last, towards a 1x1 filter over one pixel.
WindowCase draw_windows(Int max_stride, Int max_rate, Int largest_padding) {
  WindowCase w{};
  w.border = static_cast<Border>(draw("same, valid, counted", 0, 2));
  w.batch = draw("batch", 1, 2);
  w.in_channels = draw("channels in", 1, 4);
  w.out_channels = draw("channels out", 1, 5);
  w.height = {draw("taps down", 1, 4), draw("stride down", 1, max_stride), draw("rate down", 1, max_rate)};
  w.width = {draw("taps across", 1, 4), draw("stride across", 1, max_stride),
             draw("rate across", 1, max_rate)};
  if (w.border == Border::counted) {  // no wider than a filter less one tap: pools refuse more
    const auto pad = [&](const char* side, Int taps) {
      return draw(side, 0, std::min(taps - 1, largest_padding));
    };
    w.counts = {pad("top", w.height.taps), pad("bottom", w.height.taps), pad("left", w.width.taps),
                pad("right", w.width.taps)};
  }
  const auto least = [&](const oracle::Axis& axis, Int padding) {
    return w.border == Border::same ? 1 : std::max<Int>(1, axis.span() - padding);
  };
  w.rows = least(w.height, w.counts.top + w.counts.bottom) + draw("more rows", 0, 7);
  w.columns = least(w.width, w.counts.left + w.counts.right) + draw("more columns", 0, 7);
  w.height.begin = w.border == Border::same ? oracle::same_begin(w.rows, w.height) : w.counts.top;
  w.width.begin = w.border == Border::same ? oracle::same_begin(w.columns, w.width) : w.counts.left;
  return w;
}

// The three ops of the form, by their loops; then the three pairings, which must be one number.
void check_family(const WindowCase& c, const TrilinearForm& form, const Tensor& filters,
                  const oracle::Array& dense, const Shape& result) {
  const Tensor x = integers(c.image(), 1), v = integers(result, 2);
  const Variable tracked_x = track(x), tracked_f = track(filters);
  const Variable y = form({tracked_x, tracked_f, std::nullopt});
  RC_ASSERT(y.shape() == result);
  RC_ASSERT(numbers(y) == oracle::conv(oracle::Array(x), dense, c.window(), result[1], result[2]).values);
  const std::vector<Variable> g = vjp(y, {tracked_x, tracked_f}, v);
  RC_ASSERT(numbers(g[0]) ==
            oracle::transposed(oracle::Array(v), dense, c.window(), c.rows, c.columns).values);
  const double pairing = dot(y.value(), v);
  RC_ASSERT(pairing == dot(x, g[0].value()));
  RC_ASSERT(pairing == dot(filters, g[1].value()));
}

TEST(RandomWindows, Conv2dIsItsLoopsAndPairsThreeWays) {
  for_all([] {
    const WindowCase c = draw_windows(4, 5, 4);
    const Tensor filters = integers(c.filters(), 3);
    const Shape result = c.result(c.out_channels);
    const TrilinearForm form = conv2d_form(c.image(), c.filters(), c.options(), DType::float64);
    check_family(c, form, filters, oracle::Array(filters), result);
    const Tensor x = integers(c.image(), 1), v = integers(result, 2);
    RC_ASSERT(numbers(conv2d_filter_grad(x, v, c.filters(), c.options())) ==
              oracle::filter_grad(oracle::Array(x), oracle::Array(v), c.window()).values);
  });
}

TEST(RandomWindows, DepthwiseConv2dIsADenseOneAndPairsThreeWays) {
  for_all([] {
    const WindowCase c = draw_windows(4, 5, 4);
    const Tensor filters = integers(c.filters(), 3);
    const TrilinearForm form = depthwise_conv2d_form(c.image(), c.filters(), c.options(), DType::float64);
    check_family(c, form, filters, oracle::dense_filters(oracle::Array(filters)),
                 c.result(c.in_channels * c.out_channels));
  });
}

// It accepts just the shapes of which conv2d makes its value, and scatters where the loops do.
TEST(RandomWindows, Conv2dTransposeTakesEveryLegalShape) {
  for_all([] {
    const WindowCase c = draw_windows(4, 3, 4);
    const Tensor filters = integers(c.filters(), 3), v = integers(c.result(c.out_channels), 2);
    const Int rows = std::max<Int>(1, c.rows + draw("rows off", 0, 4) - 2);
    const Shape wanted{c.batch, rows, c.columns, c.in_channels};
    if (c.out_rows(rows) != c.out_rows(c.rows)) {
      RC_ASSERT_THROWS_AS(conv2d_transpose(v, filters, wanted, c.options()), ShapeError);
      return;
    }
    oracle::Window window = c.window();
    if (c.border == Border::same) window.height.begin = oracle::same_begin(rows, window.height);
    RC_ASSERT(numbers(conv2d_transpose(v, filters, wanted, c.options())) ==
              oracle::transposed(oracle::Array(v), oracle::Array(filters), window, rows, c.columns).values);
  });
}

// Interleaved by the rate, convolved densely, and put back (TensorFlow's own algorithm).
TEST(RandomWindows, AtrousConv2dIsADenseOneBetweenSpaceToBatchAndBack) {
  for_all([] {
    WindowCase c = draw_windows(1, 6, 0);
    if (c.border == Border::counted) c.border = Border::valid;
    const Tensor x = integers(c.image(), 1), filters = integers(c.filters(), 3);
    const bool same = c.border == Border::same;
    const Padding padding = same ? Padding::same : Padding::valid;
    const Int bottom = same ? c.height.span() - 1 - c.height.begin : 0;
    const Int right = same ? c.width.span() - 1 - c.width.begin : 0;
    const auto missing = [](Int size, Int rate) { return (rate - size % rate) % rate; };
    const Int more_rows = missing(c.rows + c.height.begin + bottom, c.height.rate);
    const Int more_columns = missing(c.columns + c.width.begin + right, c.width.rate);
    const PerAxis block(c.height.rate, c.width.rate);
    const Variable interleaved =
        space_to_batch(x, block, {c.height.begin, bottom + more_rows, c.width.begin, right + more_columns});
    const Variable back = batch_to_space(conv2d(interleaved, filters, {.padding = Padding::valid}), block,
                                         {0, more_rows, 0, more_columns});
    const Variable direct = atrous_conv2d(x, filters, {c.height.rate, c.width.rate}, padding);
    RC_ASSERT(direct.shape() == back.shape());
    RC_ASSERT(numbers(direct) == numbers(back));
    RC_ASSERT(numbers(direct) == numbers(conv2d(x, filters, c.options())));
  });
}

TEST(RandomWindows, PoolsAreTheirLoopsAndKeepWhatFlowsBack) {
  for_all([] {
    const WindowCase c = draw_windows(4, 1, 3);
    // 0 is a legal element, never a legal padding: all elements are below it.
    const Tensor x = map(integers(c.image(), 1), [](auto v) { return v - 5; });
    const Pool2dOptions options{.window = {c.height.taps, c.width.taps},
                                .stride = {c.height.stride, c.width.stride},
                                .padding = c.padding()};
    const Shape result = c.result(c.in_channels);
    const Array image(x);
    Array count(result), total(result);
    const Array largest = made(result, [&](const Index& i) {
      Rounded most(-100);
      for (Int a = 0; a < c.height.taps; ++a)
        for (Int b = 0; b < c.width.taps; ++b) {
          const Int row = i[1] * c.height.stride + a - c.height.begin;
          const Int column = i[2] * c.width.stride + b - c.width.begin;
          if (row < 0 || row >= c.rows || column < 0 || column >= c.columns) continue;
          const Rounded element = image.at({i[0], row, column, i[3]});
          most = std::max(most, element);
          count.at(i).value += 1;
          total.at(i).value += element.value;
        }
      return most;
    });
    const Variable leaf = track(x);
    const Variable max = max_pool2d(leaf, options), mean = average_pool2d(leaf, options);
    RC_ASSERT(numbers(max) == numbers(largest));
    // A mean of a few integers has an error far below 1, so that times their number it rounds to the sum.
    for (std::size_t k = 0; k < total.values.size(); ++k)
      RC_ASSERT(std::round(numbers(mean)[k] * static_cast<double>(count.values[k].value)) ==
                static_cast<double>(total.values[k].value));
    const Tensor seed = integers(result, 4);
    RC_ASSERT(numbers(sum(vjp(max, {leaf}, seed)[0])) == numbers(sum(seed)));
    // The shares of a mean are rounded: n roundings of each of the terms.
    const double back = dot(vjp(mean, {leaf}, seed)[0].value(), x), there = dot(mean.value(), seed);
    const double terms = dot(average_pool2d(map(x, [](auto v) { return std::abs(v); }), options).value(),
                             map(seed, [](auto v) { return std::abs(v); }));
    const double n = static_cast<double>(x.elements() + seed.elements()) + 16;
    RC_ASSERT(std::abs(back - there) <= 2 * n * 0x1p-53 * terms);
  });
}

TEST(RandomWindows, ResizesAreTransposedExactlyOrToRoundOff) {
  for_all([] {
    const Tensor x =
        integers({draw("batch", 1, 2), draw("rows", 1, 9), draw("columns", 1, 9), draw("channels", 1, 3)}, 1);
    const Int height = draw("height", 1, 12), width = draw("width", 1, 12);
    const auto nearest = [&](const Variable& v) { return resize_nearest(v, height, width); };
    const Array image(x);
    RC_ASSERT(numbers(nearest(x)) ==
              numbers(made({x.shape()[0], height, width, x.shape()[3]}, [&](const Index& i) {
                return image.at({i[0], (2 * i[1] + 1) * x.shape()[1] / (2 * height),
                                 (2 * i[2] + 1) * x.shape()[2] / (2 * width), i[3]});
              })));
    dot_test(nearest, x);
    const Variable leaf = track(x);
    const Variable y = resize_bilinear(leaf, height, width);
    const Tensor seed = integers(y.shape(), 4);
    const auto absolute = [](const Tensor& t) { return map(t, [](auto v) { return std::abs(v); }); };
    const double terms = dot(resize_bilinear(absolute(x), height, width).value(), absolute(seed));
    const double n = static_cast<double>(x.elements() + seed.elements()) + 16;
    RC_ASSERT(std::abs(dot(y.value(), seed) - dot(x, vjp(y, {leaf}, seed)[0].value())) <=
              2 * n * 0x1p-53 * terms);
    // Weights add up to 1: a constant stays, but for the roundings of two blends.
    for (const double v : numbers(resize_bilinear(Tensor::full(x.shape(), DType::float64, 3), height, width)))
      RC_ASSERT(std::abs(v - 3) <= 8 * 0x1p-53 * 3);
  });
}

}  // namespace
}  // namespace trous
