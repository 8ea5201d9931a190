// Images read at the places of a grid: values and gradients of PyTorch, kinks, and what is refused.
#include <array>
#include <ops/support.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/grid_sample.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

struct SampledReference {
  GridSampleOptions options;
  Numbers values, of_image, of_grid;
};

// PyTorch 1.13.0a0, float64.
std::vector<SampledReference> sampled_references() {
  return {
      {{GridBorder::zeros, false},
       {0.0, 0.0, 2.3499999999999996, -0.5499999999999996, -0.4174999999999985, 0.28249999999999903,
        -0.5200000000000001, 1.3000000000000003, 0.975, -3.0249999999999995, 0.0, 0.0},
       {0.0,
        0.0,
        -0.7874999999999999,
        0.5249999999999999,
        -0.7874999999999999,
        0.5249999999999999,
        0.0,
        0.0,
        0.0,
        0.0,
        -0.7125,
        0.47500000000000003,
        0.8174999999999996,
        0.47500000000000003,
        0.1350000000000003,
        0.052499999999999755,
        0.26000000000000006,
        -0.26000000000000006,
        0.0,
        0.0,
        0.27000000000000024,
        0.0,
        -0.1349999999999994,
        0.24749999999999917},
       {0.0, 0.0, -32.0, 3.0, -33.65, 0.14999999999999947, -9.100000000000005, 4.199999999999999, -6.0, -1.5,
        0.0, 0.0}},
      {{GridBorder::zeros, true},
       {-2.1300000000000003, 1.0800000000000003, 2.9500000000000006, -1.0499999999999994, -3.114999999999999,
        1.7849999999999993, -1.9425000000000001, 4.5325, 1.15, -2.8500000000000005, 0.0, 0.0},
       {-0.5100000000000001,
        -1.5300000000000002,
        -0.6149999999999999,
        0.07999999999999996,
        -0.5249999999999999,
        0.35,
        0.0,
        0.0,
        0.09250000000000008,
        -0.09250000000000008,
        -0.8850000000000005,
        0.65,
        0.7350000000000001,
        0.65,
        -0.6299999999999997,
        0.9449999999999995,
        0.8324999999999999,
        -0.8324999999999999,
        0.009999999999999974,
        0.0,
        0.1900000000000002,
        0.0,
        -0.7699999999999998,
        1.1549999999999998},
       {18.900000000000002, -1.8500000000000012, 9.0, 2.0, -24.825000000000003, 0.6999999999999997, -10.5,
        0.0, -4.5, -1.0, 0.0, 0.0}},
      {{GridBorder::edge, false},
       {-4.0, 3.0, 2.3499999999999996, -0.5499999999999996, -4.175, 2.825, -2.0, 5.0, 0.975,
        -3.0249999999999995, -4.0, 3.0},
       {-1.0,
        -3.0,
        -0.7874999999999999,
        0.5249999999999999,
        -0.7874999999999999,
        0.5249999999999999,
        0.0,
        0.0,
        0.0,
        0.0,
        -0.7125,
        0.47500000000000003,
        0.8174999999999996,
        0.47500000000000003,
        -0.17999999999999952,
        0.5249999999999995,
        1.0,
        -1.0,
        0.0,
        0.0,
        0.27000000000000024,
        0.0,
        -1.6200000000000003,
        0.47500000000000053},
       {0.0, -0.0, -32.0, 3.0, -0.0, 1.5, 0.0, 0.0, -6.0, -1.5, 0.0, 0.0}},
      {{GridBorder::edge, true},
       {-3.5500000000000003, 1.8000000000000005, 2.9500000000000006, -1.0499999999999994, -4.45, 2.55, -2.1,
        4.9, 1.15, -2.8500000000000005, -4.0, 3.0},
       {-0.8500000000000001,
        -2.5500000000000003,
        -0.6749999999999998,
        -0.09999999999999992,
        -0.5249999999999999,
        0.35,
        0.0,
        0.0,
        0.10000000000000009,
        -0.10000000000000009,
        -0.8850000000000005,
        0.65,
        0.7350000000000001,
        0.65,
        -0.8999999999999999,
        1.3499999999999999,
        0.8999999999999999,
        -0.8999999999999999,
        0.009999999999999974,
        0.0,
        0.1900000000000002,
        0.0,
        -1.1,
        -0.34999999999999987},
       {31.5, -0.0, 9.0, 2.0, -0.0, 1.0, 0.0, 0.0, -4.5, -1.0, 0.0, 0.0}},
  };
}

// (step i + first) mod modulus - middle, for element i.
Tensor cycled(const Shape& shape, std::array<int, 4> numbers) {
  const auto [step, first, modulus, middle] = numbers;
  std::vector<double> values;
  for (int i = 0; i < shape.elements(); ++i) values.push_back((step * i + first) % modulus - middle);
  return f64(shape, values);
}

// Both sides make at most 40 roundings of numbers below 40.
void expect_near(const Numbers& got, const Numbers& expected, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], expected[i], 40 * 40 * 0x1p-53) << what << i;
}

TEST(GridSample, HasTheValuesAndGradientsOfPyTorch) {
  for (const SampledReference& r : sampled_references()) {
    const std::string what = text("grid_sample, border ", static_cast<int>(r.options.border),
                                  ", align_corners ", r.options.align_corners, ", element ");
    const Variable x = track(cycled({1, 3, 4, 2}, {7, 1, 11, 5}));
    const Variable grid =
        track(f64({1, 2, 3, 2}, {-0.9, -1.4, 0.3, 0.1, 1.2, 0.55, -1.05, 0.9, 0.0, -0.35, 2.5, 3.0}));
    const Variable y = grid_sample(x, grid, r.options);
    expect_near(numbers(y), r.values, what);
    const std::vector<Variable> g = vjp(y, {x, grid}, cycled({1, 2, 3, 2}, {5, 2, 7, 3}));
    expect_near(numbers(g[0]), r.of_image, "image of " + what);
    expect_near(numbers(g[1]), r.of_grid, "grid of " + what);
  }
}

Numbers at_and_slope(double column, const GridSampleOptions& options) {
  const Variable x = f64({1, 1, 4, 1}, {1, 3, 7, 4});
  const Variable grid = track(f64({1, 1, 1, 2}, {column, 0}));
  const Variable y = grid_sample(x, grid, options);
  return {numbers(y)[0], numbers(grad(sum(y), {grid})[0])[0]};
}

// A grid of one row: from one pixel to the next are 2 / 3.
TEST(GridSample, HasTheSlopeOfTheCellAtTheRightOnAPixel) {
  const GridSampleOptions zero{.align_corners = true},
      edge{.border = GridBorder::edge, .align_corners = true};
  EXPECT_EQ(at_and_slope(-1, zero), (Numbers{1, 3}));
  EXPECT_EQ(at_and_slope(1, zero), (Numbers{4, -6})) << "grid_sample: the pixel beyond is 0";
  EXPECT_EQ(at_and_slope(-1, edge), (Numbers{1, 3}));
  EXPECT_EQ(at_and_slope(1, edge), (Numbers{4, 0}));
  EXPECT_EQ(at_and_slope(-1.5, edge), (Numbers{1, 0}));
  EXPECT_EQ(at_and_slope(nan, zero)[0], 0);
  EXPECT_EQ(at_and_slope(infinity, zero), (Numbers{0, 0}));
}

TEST(GridSampleErrors, Texts) {
  const Tensor x = zeros({2, 3, 4, 5}), grid = zeros({2, 6, 7, 2}), cube = zeros({2, 6, 2}),
               three = zeros({1, 6, 7, 3}), wide = zeros({2, 6, 7, 2}, DType::float64);
  EXPECT_EQ(refused<ShapeError>([&] { grid_sample(x, cube); }),
            "grid_sample: ranks 4 and 3, need 4 and 4. x [2, 3, 4, 5], grid [2, 6, 2] must be [batch, "
            "height, width, "
            "channels] and [batch, height, width, 2].");
  EXPECT_EQ(
      refused<ShapeError>([&] {
        grid_sample(zeros({2, 1, 2097153, 1}), grid);
      }),
      "grid_sample: x [2, 1, 2097153, 1] is float32, which does not tell places among more than 2097152 "
      "pixels apart. Cast both sides to float64.");
  EXPECT_EQ(refused<DTypeError>([&] { grid_sample(x, wide); }),
            "grid_sample: float32 and float64 do not mix. Cast one side: cast(x, DType::float64).");
  EXPECT_EQ(refused<ShapeError>([&] { grid_sample(x, three); }),
            "grid_sample: grid has 3 coordinates and a batch of 1, needs 2 and 2. x [2, 3, 4, 5] is [batch, "
            "height, "
            "width, channels], grid [1, 6, 7, 3] is [batch, height, width, 2].");
  const Tensor whole = zeros({2, 3, 4, 5}, DType::int32), whole_grid = zeros({2, 6, 7, 2}, DType::int32);
  EXPECT_EQ(refused<DTypeError>([&] { grid_sample(whole, whole_grid); }),
            "grid_sample: int32 is not a floating type. Cast it: cast(x, DType::float32).");
}

}  // namespace
}  // namespace trous
