// The heart in cases worked out by hand, numbers written down: splits of odd padding, single taps, borders,
// rates beyond the image, and public bugs that must not happen here.
#include <limits>
#include <ops/support.h>

#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

// A row or a column of pixels with one channel, convolved along it.
struct Line {
  Numbers pixels, taps;

  Tensor value(bool tall) const {
    const auto n = static_cast<std::int64_t>(pixels.size());
    return f64(tall ? Shape{1, n, 1, 1} : Shape{1, 1, n, 1}, pixels);
  }
  Tensor filters(bool tall) const {
    const auto k = static_cast<std::int64_t>(taps.size());
    return f64(tall ? Shape{k, 1, 1, 1} : Shape{1, k, 1, 1}, taps);
  }
};

void expect_same(const Line& line, std::int64_t rate, const Numbers& conv, const Numbers& transposed) {
  for (const bool tall : {true, false}) {
    const Tensor x = line.value(tall), f = line.filters(tall);
    EXPECT_EQ(numbers(atrous_conv2d(x, f, rate, Padding::same)), conv) << (tall ? "height" : "width");
    EXPECT_EQ(numbers(atrous_conv2d_transpose(x, f, rate, Padding::same)), transposed)
        << (tall ? "height" : "width");
  }
}

// T = (k - 1) rate odd: the extra zero, and the extra cropped pixel, are at the end. Rates 1 and 3 show a
// wrong split; rate 2 cannot, since its T is even.
TEST(AtrousCases, EvenFilterRate1) {
  expect_same({{1, 2, 3, 4}, {10, 1}}, 1, {12, 23, 34, 40}, {10, 21, 32, 43});
}

TEST(AtrousCases, EvenFilterRate3) {
  expect_same({{1, 2, 3, 4, 5}, {10, 1}}, 3, {3, 14, 25, 30, 40}, {20, 30, 41, 52, 3});
}

TEST(AtrousCases, FourTapsRate1) {
  expect_same({{1, 2, 3, 4}, {1000, 100, 10, 1}}, 1, {123, 1234, 2340, 3400}, {2100, 3210, 4321, 432});
}

// Taps at -4, -1, 2, 5 of each pixel; transposed at +4, +1, -2, -5.
TEST(AtrousCases, FourTapsRate3) {
  expect_same({{1, 2, 3, 4, 5, 6}, {1000, 100, 10, 1}}, 3, {36, 140, 250, 360, 1400, 2500},
              {5200, 6300, 410, 520, 630, 41});
}

TEST(AtrousCases, EvenFilterRate2SplitsEvenly) {
  expect_same({{1, 2, 3, 4}, {10, 1}}, 2, {2, 13, 24, 30}, {20, 31, 42, 3});
}

TEST(AtrousCases, FilterGradOfEvenFilters) {
  // W[a] = sum_i x[i + a rate - top] g[i]; g picks pixel 2.
  const Tensor x = f64({1, 5, 1, 1}, {1, 2, 3, 4, 5}), g = f64({1, 5, 1, 1}, {0, 0, 1, 0, 0});
  EXPECT_EQ(numbers(atrous_conv2d_filter_grad(x, g, {2, 1, 1, 1}, 1, Padding::same)), (Numbers{3, 4}));
  EXPECT_EQ(numbers(atrous_conv2d_filter_grad(x, g, {2, 1, 1, 1}, 3, Padding::same)), (Numbers{2, 5}));
  EXPECT_EQ(numbers(atrous_conv2d_filter_grad(x, g, {4, 1, 1, 1}, 1, Padding::same)), (Numbers{2, 3, 4, 5}));
}

TEST(AtrousCases, ValidByHand) {
  const Tensor x = f64({1, 5, 1, 1}, {1, 2, 3, 4, 5}), f = f64({2, 1, 1, 1}, {10, 1});
  EXPECT_EQ(numbers(atrous_conv2d(x, f, 3, Padding::valid)), (Numbers{14, 25}));
  EXPECT_EQ(numbers(atrous_conv2d_transpose(f64({1, 2, 1, 1}, {1, 2}), f, 3, Padding::valid)),
            (Numbers{10, 20, 0, 1, 2}));
}

// Channels: in and out of the transpose are the other way round, out before in.
TEST(AtrousCases, ChannelsOfTheTranspose) {
  const Tensor f = f64({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(numbers(atrous_conv2d(f64({1, 1, 1, 2}, {1, 10}), f, 1, "SAME")), (Numbers{41, 52, 63}));
  EXPECT_EQ(numbers(atrous_conv2d_transpose(f64({1, 1, 1, 3}, {1, 10, 100}), f, 1, "SAME")),
            (Numbers{321, 654}));
}

// keras#22876, keras#20949: shapes right, a pixel off. One pixel shows where each tap lands.
TEST(AtrousCases, keras_22876_OnePixelShowsWhereTapsLand) {
  Tensor pixel = zeros({1, 7, 8, 1}, DType::float64);
  pixel.mutable_values<double>()[3 * 8 + 4] = 1;  // row 3, column 4
  const Tensor f = f64({3, 2, 1, 1}, {1, 2, 3, 4, 5, 6});
  const Rate rate(2, 3);  // offsets -2, 0, 2 down and -1, 2 across
  const auto expect_at = [](const Variable& y, std::int64_t row, std::int64_t column, double tap) {
    EXPECT_EQ(numbers(y)[static_cast<std::size_t>(row * y.shape()[2] + column)], tap)
        << row << ", " << column;
  };
  const Variable scattered = atrous_conv2d_transpose(pixel, f, rate, Padding::same);
  const Variable gathered = atrous_conv2d(pixel, f, rate, Padding::same);
  for (std::int64_t a = 0; a < 3; ++a) {
    for (std::int64_t b = 0; b < 2; ++b) {
      const auto tap = static_cast<double>(a * 2 + b + 1);
      expect_at(scattered, 3 + 2 * (a - 1), 4 + 3 * b - 1, tap);
      expect_at(gathered, 3 - 2 * (a - 1), 4 - 3 * b + 1, tap);
    }
  }
  EXPECT_EQ(sum(scattered).value().item<double>(), 21) << "and nowhere else";
  EXPECT_EQ(sum(gathered).value().item<double>(), 21) << "and nowhere else";
  const Variable valid = atrous_conv2d_transpose(pixel, f, rate, Padding::valid);
  EXPECT_EQ(valid.shape(), (Shape{1, 11, 11, 1}));
  for (std::int64_t a = 0; a < 3; ++a) {
    for (std::int64_t b = 0; b < 2; ++b)
      expect_at(valid, 3 + 2 * a, 4 + 3 * b, static_cast<double>(a * 2 + b + 1));
  }
}

// flashlight's tolerance of 0.06 over a whole image cannot see a wrong border: ones count the taps that lie
// inside, cell by cell.
TEST(AtrousCases, flashlight_BordersCountTheTapsInside) {
  const Tensor image = ones({1, 5, 6, 1}, DType::float64), f = ones({3, 3, 1, 1}, DType::float64);
  const Numbers expected{4, 4, 6, 6, 4, 4,  //
                         4, 4, 6, 6, 4, 4,  //
                         6, 6, 9, 9, 6, 6,  //
                         4, 4, 6, 6, 4, 4,  //
                         4, 4, 6, 6, 4, 4};
  EXPECT_EQ(numbers(atrous_conv2d(image, f, 2, Padding::same)), expected);
  EXPECT_EQ(numbers(atrous_conv2d_transpose(image, f, 2, Padding::same)), expected);
}

// An odd filter whose rate reaches beyond the image acts as its centre tap.
TEST(AtrousCases, RateBeyondTheImageLeavesTheCentreTap) {
  const Tensor x = integers({2, 4, 5, 2}, DType::float64, 1), f = integers({3, 3, 2, 3}, DType::float64, 2);
  Tensor centre = zeros({1, 1, 2, 3}, DType::float64);
  std::copy_n(f.values<double>().begin() + 4 * 6, 6, centre.mutable_values<double>().begin());
  for (const Rate rate : {Rate(5), Rate(100), Rate(std::int64_t{1} << 40)}) {
    const Variable y = atrous_conv2d(x, f, rate, Padding::same);
    EXPECT_EQ(numbers(y), numbers(atrous_conv2d(x, centre, 1, Padding::same)));
    EXPECT_EQ(numbers(atrous_conv2d_transpose(y, f, rate, Padding::same)),
              numbers(atrous_conv2d_transpose(y, centre, 1, Padding::same)));
  }
}

// Two taps at -floor(r/2) and +ceil(r/2): both outside the image from floor(r/2) >= H on.
TEST(AtrousCases, TwoTapsBeyondTheImageGiveZero) {
  const Tensor x = ones({1, 4, 1, 1}, DType::float64), f = ones({2, 1, 1, 1}, DType::float64);
  for (const std::int64_t rate : {8, 9, 1000}) {
    EXPECT_EQ(numbers(atrous_conv2d(x, f, rate, Padding::same)), Numbers(4, 0.0)) << rate;
    EXPECT_EQ(numbers(atrous_conv2d_transpose(x, f, rate, Padding::same)), Numbers(4, 0.0)) << rate;
    EXPECT_EQ(numbers(atrous_conv2d_filter_grad(x, x, {2, 1, 1, 1}, rate, Padding::same)), Numbers(2, 0.0))
        << rate;
  }
  EXPECT_EQ(numbers(atrous_conv2d(x, f, 7, Padding::same)), (Numbers{0, 0, 0, 1})) << "one short of it";
}

TEST(AtrousCases, RateOfA1x1FilterIsIrrelevant) {
  const Tensor x = integers({2, 3, 4, 2}, DType::float32, 1), f = integers({1, 1, 2, 3}, DType::float32, 2);
  for (const Padding padding : {Padding::same, Padding::valid}) {
    const Variable huge = atrous_conv2d(x, f, std::numeric_limits<std::int64_t>::max(), padding);
    EXPECT_TRUE(same_bits(huge.value(), atrous_conv2d(x, f, 1, padding).value()));
    EXPECT_TRUE(same_bits(atrous_conv2d_transpose(huge, f, std::uint64_t{1} << 63, padding).value(),
                          atrous_conv2d_transpose(huge, f, 1, padding).value()));
  }
}

// tiny-dnn PR#978: forward used the dilation, backward ignored it. The cotangent is the same at every rate:
// one made of the value would carry the rate into gradients that ignore it.
TEST(AtrousCases, tiny_dnn_978_RateChangesValueAndGradients) {
  const Variable x = track(random64({1, 7, 7, 2}, 1)), f = track(random64({3, 3, 2, 3}, 2));
  const Tensor seed = random64({1, 7, 7, 3}, 3);
  const auto evaluate = [&](const Rate& rate) {
    const Variable y = atrous_conv2d(x, f, rate, Padding::same);
    std::vector<Numbers> all{numbers(y)};
    for (const Variable& g : vjp(y, {x, f}, seed)) all.push_back(numbers(g));
    return all;
  };
  const std::vector<Rate> rates{1, 2, 3, {1, 2}, {2, 1}};
  for (std::size_t i = 0; i < rates.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto first = evaluate(rates[i]), second = evaluate(rates[j]);
      for (std::size_t k = 0; k < 3; ++k) EXPECT_NE(first[k], second[k]) << rates[i] << " and " << rates[j];
    }
  }
}

// equinox#728, jax#4592, #17618: a conv_transpose that "doesn't exactly transpose". Here the transpose of the
// map *is* the other op, by construction.
TEST(AtrousCases, equinox_728_TransposingTheMapGivesTheTranspose) {
  const Tensor x = random64({2, 5, 6, 2}, 1), f = random64({2, 3, 2, 4}, 2);
  for (const Padding padding : {Padding::same, Padding::valid}) {
    const TrilinearForm form = atrous_conv2d_form(x.shape(), f.shape(), {3, 2}, padding, DType::float64);
    const LinearMap conv = form.map(0, 2, f), back = conv.transpose();
    EXPECT_EQ(conv.op, "atrous_conv2d");
    EXPECT_EQ(back.op, "atrous_conv2d_transpose");
    EXPECT_EQ(back.transpose().op, "atrous_conv2d");
    const Variable y = conv(x);
    EXPECT_TRUE(same_bits(y.value(), atrous_conv2d(x, f, {3, 2}, padding).value()));
    EXPECT_TRUE(same_bits(back(y).value(), atrous_conv2d_transpose(y, f, {3, 2}, padding).value()));
  }
}

}  // namespace
}  // namespace trous
