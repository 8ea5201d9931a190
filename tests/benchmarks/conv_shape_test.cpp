#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include <trous/benchmarks/conv_shape.h>

namespace trous::benchmarks {
namespace {

// By looking at every output, tap and axis.
std::int64_t counted(const WindowAxis& height, const WindowAxis& width, bool inside_only) {
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < height.out; ++i) {
    for (std::int64_t j = 0; j < width.out; ++j) {
      for (std::int64_t a = 0; a < height.taps; ++a) {
        for (std::int64_t b = 0; b < width.taps; ++b) {
          const std::int64_t row = i * height.stride + a * height.rate - height.before;
          const std::int64_t column = j * width.stride + b * width.rate - width.before;
          const bool inside = row >= 0 && row < height.in && column >= 0 && column < width.in;
          count += inside || !inside_only;
        }
      }
    }
  }
  return count;
}

const std::vector<ConvShape>& shapes() {
  static const std::vector<ConvShape> all = load_shapes(TROUS_SOURCE_DIR "/benchmarks/shapes.json");
  return all;
}

TEST(ConvCount, EqualsALoopOverEveryTapForAllSmallAxes) {
  for (std::int64_t in = 1; in <= 7; ++in) {
    for (std::int64_t taps = 1; taps <= 4; ++taps) {
      for (std::int64_t stride = 1; stride <= 3; ++stride) {
        for (std::int64_t rate = 1; rate <= 9; ++rate) {
          for (std::int64_t before = 0; before <= 10; ++before) {
            for (std::int64_t out = 1; out <= 6; ++out) {
              const WindowAxis axis{in, out, taps, stride, rate, before};
              const WindowAxis one{1, 1, 1, 1, 1, 0};
              EXPECT_EQ(reads_inside(axis), counted(axis, one, true));
              EXPECT_EQ(reads_nominal(axis), counted(axis, one, false));
            }
          }
        }
      }
    }
  }
}

TEST(ConvCount, AtRate16OnA32PixelMapIs44PercentOfTheNominalOne) {
  const WindowAxis axis{32, 32, 3, 1, 16, 16};
  EXPECT_EQ(reads_inside(axis), 16 + 32 + 16);
  EXPECT_EQ(reads_nominal(axis), 96);
}

TEST(ConvShapes, CountWhatALoopOverTheirTapsCounts) {
  for (const ConvShape& shape : shapes()) {
    if (shape.h > 128) continue;
    const std::int64_t of_group = shape.in / shape.channel_groups;
    const double channels = 2.0 * static_cast<double>(shape.n * of_group * shape.out);
    const std::int64_t inside = counted(shape.height(), shape.width(), true);
    EXPECT_EQ(shape.operations(), channels * static_cast<double>(inside)) << shape.name;
  }
}

TEST(ConvShapes, HaveTheResultThatConv2dComputes) {
  for (const ConvShape& shape : shapes()) {
    const Conv2dOptions options = shape.options();
    const TrilinearForm form = conv2d_form(shape.x_shape(), shape.w_shape(), options, shape.dtype);
    EXPECT_EQ(form.domains[2].shape, shape.y_shape()) << shape.name;
  }
}

TEST(ConvShapes, CoverTheGridOfTheTargets) {
  std::set<std::vector<std::int64_t>> grid, listed;
  for (const int channels : {32, 64, 128}) {
    for (const int map : {32, 64}) {
      for (const int rate : {1, 2, 4, 8, 16}) grid.insert({channels, map, rate});
    }
  }
  for (const ConvShape& shape : shapes()) {
    if (!shape.in_group("peak")) continue;
    EXPECT_TRUE(shape.n == 8 && shape.kernel.height == 3 && shape.kernel.width == 3) << shape.name;
    EXPECT_TRUE(shape.in == shape.out && shape.h == shape.w) << shape.name;
    listed.insert({shape.in, shape.h, shape.rate.height});
  }
  EXPECT_EQ(listed, grid);
}

TEST(ConvShapes, ComeInEqualPairsWhereRatesAreCompared) {
  for (const ConvShape& shape : shapes()) {
    if (!shape.in_group("rate")) continue;
    EXPECT_EQ(shape.y_shape(), (Shape{8, 64, 64, shape.out})) << shape.name;
    EXPECT_EQ(shape.operations(), shape.nominal_operations()) << shape.name;
  }
}

TEST(ConvShapes, InFloat64NameTheShapeInFloat32) {
  for (const ConvShape& shape : shapes()) {
    if (shape.dtype != DType::float64) continue;
    const auto twin = std::find_if(shapes().begin(), shapes().end(), [&](const ConvShape& other) {
      return "f64-" + other.name == shape.name && "as " + other.name == shape.layer;
    });
    ASSERT_NE(twin, shapes().end()) << shape.name;
    EXPECT_EQ(twin->x_shape(), shape.x_shape());
    EXPECT_EQ(twin->w_shape(), shape.w_shape());
    EXPECT_EQ(twin->operations(), shape.operations());
  }
}

}  // namespace
}  // namespace trous::benchmarks
