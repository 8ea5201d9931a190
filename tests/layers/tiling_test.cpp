// Tiles cut as exact_tiling says against the image whole, bit for bit; one pixel more differs.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include <trous/autograd/recording.h>
#include <trous/core/error.h>
#include <trous/layers/conv.h>
#include <trous/layers/network.h>
#include <trous/layers/networks.h>
#include <trous/layers/norm.h>
#include <trous/layers/resample.h>
#include <trous/layers/sequential.h>
#include <trous/layers/tiling.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/join.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>
#include <trous/ops/resize.h>
#include <trous/ops/slice.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

// Rows or columns begin .. end of an image, cut where they do not meet its border.
struct Cut {
  std::int64_t begin, end, before, after;

  std::int64_t kept_begin() const { return begin == 0 ? 0 : begin + before; }
  std::int64_t kept_end(std::int64_t size) const { return end == size ? size : end - after; }
};

Tensor box(const Tensor& image, const Cut& rows, const Cut& columns) {
  return slice(Variable(image), {0, rows.begin, columns.begin, 0},
               {1, rows.end - rows.begin, columns.end - columns.begin, image.shape()[3]})
      .value();
}

// The cuts of an axis of `size` pixels: from the first period, to the last, and in the middle.
std::vector<Cut> cuts_of(std::int64_t size, std::int64_t period, std::int64_t before, std::int64_t after) {
  const std::int64_t inner = (size / 4 / period + 1) * period;
  const std::int64_t end = size - inner;
  return {{0, end, before, after}, {inner, size, before, after}, {inner, end, before, after}};
}

void expect_exact(const std::string& what, const AnyLayer& net, const Shape& image) {
  SCOPED_TRACE(text(what, " on ", image));
  const std::optional<Tiling> tiling = exact_tiling(net, image);
  ASSERT_TRUE(tiling);
  const Recording scope(Recording::nothing);
  const std::int64_t height = image[0], width = image[1];
  const Tensor x = numbers({1, height, width, image[2]}, 7);
  const Tensor whole = evaluate(net, x).value();
  const auto expected = whole.to_vector<float>();
  const std::int64_t channels = whole.shape()[3];
  bool tight_before = tiling->before.height == 0, tight_after = tiling->after.height == 0;
  for (const Cut& r : cuts_of(height, tiling->period.height, tiling->before.height, tiling->after.height)) {
    for (const Cut& c : cuts_of(width, tiling->period.width, tiling->before.width, tiling->after.width)) {
      ASSERT_LT(r.kept_begin(), r.kept_end(height));
      ASSERT_LT(c.kept_begin(), c.kept_end(width));
      const auto part = evaluate(net, box(x, r, c)).value().to_vector<float>();
      const auto differ = [&](std::int64_t row) {
        std::int64_t count = 0;
        for (std::int64_t column = c.kept_begin(); column < c.kept_end(width); ++column) {
          for (std::int64_t k = 0; k < channels; ++k) {
            const auto at = ((row - r.begin) * (c.end - c.begin) + column - c.begin) * channels + k;
            const auto of_whole = (row * width + column) * channels + k;
            count += part[static_cast<std::size_t>(at)] != expected[static_cast<std::size_t>(of_whole)];
          }
        }
        return count;
      };
      std::int64_t wrong = 0;
      for (std::int64_t row = r.kept_begin(); row < r.kept_end(height); ++row) wrong += differ(row);
      EXPECT_EQ(wrong, 0) << r.begin << ".." << r.end << " x " << c.begin << ".." << c.end;
      if (r.begin > 0 && tiling->before.height > 0) tight_before |= differ(r.kept_begin() - 1) > 0;
      if (r.end < height && tiling->after.height > 0) tight_after |= differ(r.kept_end(height)) > 0;
    }
  }
  EXPECT_TRUE(tight_before) << tiling->before.height;
  EXPECT_TRUE(tight_after) << tiling->after.height;
}

template <class Net>
AnyLayer with_values(Net net) {
  initialize(net, Key{5});
  return net;
}

const std::vector<Shape> sizes{{192, 160, 2}, {201, 187, 2}, {214, 190, 2}, {203, 200, 2}};

TEST(Tiling, OfNamedNetworksGivesTheBitsOfTheWhole) {
  const SegmentationOptions options{.in_channels = 2, .classes = 3, .width = 6};
  for (const Shape& size : {Shape{310, 290, 2}, Shape{305, 311, 2}}) {
    expect_exact("small-dilated", with_values(SmallDilated(options)), size);
    expect_exact("mirror-context", with_values(MirrorContext(options)), size);
  }
  for (const Shape& size : {Shape{402, 390, 2}, Shape{401, 388, 2}})
    expect_exact("deep-dilated", with_values(DeepDilated(options)), size);
}

TEST(Tiling, OfSmallDilatedReachesAsFarAsItsField) {
  const AnyLayer net = with_values(SmallDilated({.in_channels = 3, .classes = 2}));
  const Tiling even{{2, 2}, {43, 43}, {43, 43}};  // its field has 87 pixels
  EXPECT_EQ(exact_tiling(net, {512, 512, 3}), even);
}

TEST(Tiling, OfStridesPoolsAndResizesGivesTheBitsOfTheWhole) {
  const auto conv = [](std::int64_t in, std::int64_t out, PerAxis kernel, Stride stride,
                       WindowPadding padding) {
    return Conv2d{
        {.in_channels = in, .out_channels = out, .kernel = kernel, .stride = stride, .padding = padding}};
  };
  for (const Shape& size : sizes) {
    expect_exact(
        "3x3, then 5x1",
        with_values(Sequential{conv(2, 4, 3, 1, Padding::same), conv(4, 3, {5, 1}, 1, Padding::same)}), size);
    if (size[0] % 2 == 0 && size[1] % 2 == 0) {
      expect_exact("max pool and nearest",
                   with_values(Sequential{conv(2, 4, 3, 1, Padding::same), MaxPool2d{{}},
                                          conv(4, 3, 3, 1, Padding::same), ResizeNearest{{.scale = 2}}}),
                   size);
      expect_exact("average pool and bilinear",
                   with_values(Sequential{AveragePool2d{{}}, conv(2, 3, 3, 1, Padding::same),
                                          BatchNorm{{.channels = 3}}, ResizeBilinear{{.scale = 2}}}),
                   size);
      expect_exact("stride 2 and its transpose",
                   with_values(Sequential{
                       conv(2, 4, 3, 2, Padding::same),
                       Conv2dTranspose{{.in_channels = 4, .out_channels = 3, .kernel = 5, .stride = 2}}}),
                   size);
    }
  }
  expect_exact("stride 3 and bilinear by 3",
               with_values(Sequential{conv(2, 4, 3, 3, Padding::same), ResizeBilinear{{.scale = 3}}}),
               {213, 192, 2});
  expect_exact("stride 5 and bilinear by 5",
               with_values(Sequential{conv(2, 4, 7, 5, Padding::same), ResizeBilinear{{.scale = 5}}}),
               {600, 605, 2});
}

// At half the resolution 40 pixels are wrong, more than half of the small images on which it is recorded.
TEST(Tiling, OfAResizeWhoseFieldIsLarge) {
  const auto atrous = [](std::int64_t in, std::int64_t out, Rate rate) {
    return AtrousConv2d{{.in_channels = in, .out_channels = out, .rate = rate}};
  };
  for (const bool nearest : {false, true}) {
    std::vector<AnyLayer> layers{MaxPool2d{{}}, atrous(2, 3, 32), atrous(3, 3, 8)};
    layers.push_back(nearest ? AnyLayer(ResizeNearest{{.scale = 2}})
                             : AnyLayer(ResizeBilinear{{.scale = 2}}));
    expect_exact(nearest ? "large and nearest" : "large and bilinear", with_values(Sequential(layers)),
                 {600, 640, 2});
  }
}

// Filters of these channels were summed as lanes in small images and as dots in large ones.
TEST(Tiling, TheKernelOfAnImageDoesNotDependOnItsSize) {
  for (const auto& [in, out] : {std::pair{64, 14}, {32, 15}, {16, 4}, {26, 26}}) {
    expect_exact(text(in, " to ", out),
                 with_values(Sequential{Conv2d{{.in_channels = 2, .out_channels = in, .kernel = 1}},
                                        AtrousConv2d{{.in_channels = in, .out_channels = out, .rate = 8}}}),
                 {400, 416, 2});
  }
}

// Down by 2 twice, up to the size that it came from: the strides divide it or they do not.
struct UpToInput {
  Conv2d down{{.in_channels = 2, .out_channels = 3, .stride = 4}};

  Variable operator()(const Variable& x, Pass& pass) const {
    return resize_bilinear(down(x, pass), x.shape()[1], x.shape()[2]);
  }
  static void parts(auto& self, auto&& f) { f("down", self.down); }
};

TEST(Tiling, OfAResizeBackExistsWhereTheStridesDivideTheImage) {
  expect_exact("resize back", with_values(UpToInput()), {208, 212, 2});
  EXPECT_FALSE(exact_tiling(with_values(UpToInput()), {208, 213, 2}));
  EXPECT_FALSE(exact_tiling(with_values(UpToInput()), {206, 212, 2}));
}

TEST(Tiling, KnowsSlicesAndPads) {
  const auto shifted = [](const Variable& x) {
    const Shape& s = x.shape();
    const Variable cut = slice(x, {0, 3, 1, 0}, {s[0], s[1] - 3, s[2] - 1, s[3]});
    return pad(cut, {0, 1, 0, 0}, {0, 2, 1, 0});
  };
  expect_exact("slice and pad", shifted, {192, 160, 2});
}

TEST(Tiling, IsAbsentWherePixelsMix) {
  const auto global = [](const Variable& x) { return x - broadcast_to(mean(x, {1, 2}, true), x.shape()); };
  EXPECT_FALSE(exact_tiling(AnyLayer(global), {192, 160, 2}));
  const auto smaller = [](const Variable& x) {
    return slice(x, {0, 1, 0, 0}, {1, x.shape()[1] - 1, x.shape()[2], 2});
  };
  EXPECT_FALSE(exact_tiling(AnyLayer(smaller), {192, 160, 2}));
  const auto fixed = [](const Variable& x) {
    return resize_bilinear(resize_bilinear(x, 32, 32), x.shape()[1], x.shape()[2]);
  };
  EXPECT_FALSE(exact_tiling(AnyLayer(fixed), {192, 160, 2}));
}

TEST(Tiling, IsAbsentWherePixelsKnowTheirPlace) {
  const auto coordinates = [](const Variable& x) {
    const std::int64_t h = x.shape()[1], w = x.shape()[2];
    std::vector<float> rows;
    for (std::int64_t i = 0; i < h; ++i)
      rows.insert(rows.end(), static_cast<std::size_t>(w), static_cast<float>(i));
    return concat({x, Variable(Tensor({1, h, w, 1}, rows))}, 3);
  };
  EXPECT_FALSE(exact_tiling(AnyLayer(coordinates), {192, 160, 2}));
  const auto of_size = [](const Variable& x) {
    return x * Variable(Tensor({1}, std::vector<float>{1.0F / static_cast<float>(x.shape()[1])}));
  };
  EXPECT_FALSE(exact_tiling(AnyLayer(of_size), {192, 160, 2}));
  const auto scaled = [](const Variable& x) { return (1.0 / static_cast<double>(x.shape()[1])) * x; };
  EXPECT_FALSE(exact_tiling(AnyLayer(scaled), {192, 160, 2}));
  const auto constant = [](const Variable& x) {
    return concat({x, Variable(Tensor::full({1, x.shape()[1], x.shape()[2], 1}, DType::float32, 0.5))}, 3);
  };
  expect_exact("a constant channel", constant, {192, 160, 2});
}

TEST(Tiling, IsAbsentWhereTheImageIsNotSeen) {
  const auto blind = [](const Variable& x) { return Variable(Tensor::zeros(x.shape(), DType::float32)); };
  EXPECT_FALSE(exact_tiling(AnyLayer(blind), {192, 160, 2}));
  EXPECT_EQ(stride_period(AnyLayer(blind), 2), (HeightWidth{1, 1}));
}

TEST(Tiling, RefusesWhatIsNoImage) {
  EXPECT_EQ(thrown<ShapeError>([] {
              exact_tiling(AnyLayer([](const Variable& x) { return x; }), {1, 9, 9, 2});
            }),
            "exact_tiling: image [1, 9, 9, 2]. It is [height, width, channels].");
}

}  // namespace
}  // namespace trous
