// Resampling by hand, with half-pixel centres and no antialias.
#include <ops/support.h>

#include <trous/ops/broadcast.h>
#include <trous/ops/reduce.h>
#include <trous/ops/resize.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

Numbers row(const Numbers& pixels, std::int64_t width, bool bilinear) {
  const Tensor x = f64({1, 1, static_cast<std::int64_t>(pixels.size()), 1}, pixels);
  const Tensor tall = x.reshaped({1, static_cast<std::int64_t>(pixels.size()), 1, 1});
  const auto resized = [&](const Tensor& t, std::int64_t h, std::int64_t w) {
    return numbers(bilinear ? resize_bilinear(t, h, w) : resize_nearest(t, h, w));
  };
  EXPECT_EQ(resized(x, 1, width), resized(tall, width, 1)) << "height as width";
  return resized(x, 1, width);
}

TEST(ResizeBilinear, ByHand) {
  EXPECT_EQ(row({0, 10}, 4, true), (Numbers{0, 2.5, 7.5, 10}));
  EXPECT_EQ(row({0, 10, 20, 40}, 2, true), (Numbers{5, 30}));
  EXPECT_EQ(row({0, 10, 20, 40, 80}, 1, true), (Numbers{20})) << "no antialias: the middle pixel alone";
  EXPECT_EQ(row({7}, 3, true), (Numbers{7, 7, 7}));
  EXPECT_EQ(row({1, 2, 3}, 3, true), (Numbers{1, 2, 3}));
}

TEST(ResizeBilinear, BlendsBothAxes) {
  const Tensor x = f64({1, 2, 2, 1}, {0, 4, 8, 12});
  EXPECT_EQ(numbers(resize_bilinear(x, 4, 4)), (Numbers{0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12}));
}

// What lies beside a pixel changes no bit of it, whatever the compiler makes of a multiplication and an
// addition.
TEST(ResizeBilinear, EqualColumnsStayEqualAtEveryWidth) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (std::int64_t width = 1; width <= 40; ++width) {
      const Variable column = normal({1, 5, 1, 1}, dtype, Key{3});
      const Variable x = track(broadcast_to(column, {1, 5, width, 1}).value());
      const Variable y = resize_bilinear(x, 11, width);
      const Variable cotangent = normal({1, 11, 1, 1}, dtype, Key{4});
      const Variable g = vjp(y, {x}, broadcast_to(cotangent, {1, 11, width, 1}).value())[0];
      for (const Variable& image : {y, g}) {
        const std::vector<double> all = image.value().cast(DType::float64).to_vector<double>();
        for (std::size_t i = 0; i < all.size(); ++i)
          EXPECT_EQ(all[i], all[i / static_cast<std::size_t>(width) * static_cast<std::size_t>(width)])
              << dtype << ", width " << width << ", number " << i;
      }
    }
  }
}

TEST(ResizeNearest, ByHand) {
  EXPECT_EQ(row({1, 2}, 5, false), (Numbers{1, 1, 2, 2, 2}));
  EXPECT_EQ(row({0, 1, 2, 3, 4}, 2, false), (Numbers{1, 3}));
  EXPECT_EQ(row({1, 2, 3}, 6, false), (Numbers{1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(row({1, 2, 3}, 3, false), (Numbers{1, 2, 3}));
}

// Every size up to 40 against the definition in whole numbers: floor((2 i + 1) in / (2 out)).
TEST(ResizeNearest, PicksTheDefinedPixelAtEverySize) {
  for (std::int64_t in = 1; in <= 40; ++in) {
    for (std::int64_t out = 1; out <= 40; ++out) {
      const Numbers got = numbers(resize_nearest(counting({1, in, 1, 1}), out, 1));
      for (std::int64_t i = 0; i < out; ++i) {
        const std::int64_t nearest = (2 * i + 1) * in / (2 * out);
        ASSERT_EQ(got[static_cast<std::size_t>(i)], static_cast<double>(nearest)) << in << " to " << out;
      }
    }
  }
}

TEST(Resize, ConservesTheCotangent) {
  const Variable x = track(zeros({1, 3, 5, 1}, DType::float64));
  EXPECT_DOUBLE_EQ(numbers(sum(grad(sum(resize_bilinear(x, 7, 4)), {x})[0]))[0], 28);
  EXPECT_EQ(numbers(sum(grad(sum(resize_nearest(x, 7, 4)), {x})[0]))[0], 28);
}

TEST(ResizeErrors, Texts) {
  const Tensor flat = zeros({4, 4, 2}), image = zeros({1, 4, 4, 2}),
               whole = zeros({1, 4, 4, 2}, DType::int32);
  EXPECT_EQ(refused<ShapeError>([&] { resize_bilinear(flat, 2, 2); }),
            "resize_bilinear: x has rank 3, needs 4. x [4, 4, 2] must be [batch, height, width, channels].");
  EXPECT_EQ(refused<ArgumentError>([&] { resize_nearest(image, 2, 0); }),
            "resize_nearest: the size 2x0 leaves no pixel. Give a height and width of 1 or more.");
  EXPECT_EQ(refused<DTypeError>([&] { resize_nearest(whole, 2, 2); }),
            "resize_nearest: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  constexpr std::int64_t huge = std::int64_t{1} << 62;
  EXPECT_EQ(
      refused<ShapeError>([&] { resize_bilinear(image, huge, huge); }),
      text("shape: ", Shape{1, huge, huge, 2}, " has more than 2^63 - 1 elements. Use smaller extents."));
}

}  // namespace
}  // namespace trous
