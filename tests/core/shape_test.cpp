// A Shape holds any numbers; asking it for a product, or a tensor to have it, checks them. The checks stand
// before every allocation, so a wrong one is a crash in someone's kernel.
#include <core/thrown.h>
#include <cstdint>
#include <limits>
#include <numeric>
#include <sstream>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/shape.h>

namespace trous {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

std::string printed(const Shape& shape) { return text(shape); }

TEST(Shape, IsMadeFromAListAVectorOrASpan) {
  const std::vector<std::int64_t> extents{2, 6, 5, 3};
  const Shape list{2, 6, 5, 3};
  EXPECT_EQ(list, Shape(extents));
  EXPECT_EQ(list, Shape(std::span<const std::int64_t>(extents)));
  EXPECT_EQ(list.rank(), 4);
  EXPECT_EQ(std::vector<std::int64_t>(list.begin(), list.end()), extents);
  EXPECT_EQ(list.extents().size(), 4U);
  EXPECT_EQ(list[2], 5);
}

TEST(Shape, OneNumberIsAnExtentAndNotARank) {
  EXPECT_EQ(Shape{7}.rank(), 1);
  EXPECT_EQ(Shape{7}[0], 7);
}

TEST(Shape, ComparesRankAndExtents) {
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2, 3}), (Shape{2, 3, 1}));
  EXPECT_NE(Shape(), Shape{1});
  // What a longer shape left behind in the inline storage must not count.
  Shape shrunk{4, 5, 6};
  shrunk = Shape{4};
  EXPECT_EQ(shrunk, Shape{4});
}

TEST(Shape, NegativeAxesCountFromTheEnd) {
  Shape shape{2, 3, 4};
  EXPECT_EQ(shape[-1], 4);
  EXPECT_EQ(shape[-3], 2);
  shape[-2] = 7;
  EXPECT_EQ(shape, (Shape{2, 7, 4}));
}

TEST(Shape, Prints) {
  EXPECT_EQ(printed({2, 6, 5, 3}), "[2, 6, 5, 3]");
  EXPECT_EQ(printed({7}), "[7]");
  EXPECT_EQ(printed({}), "[]");
  EXPECT_EQ(printed({-1, 0}), "[-1, 0]");
}

TEST(Shape, CountsElements) {
  EXPECT_EQ(Shape().elements(), 1);
  EXPECT_EQ((Shape{2, 6, 5, 3}).elements(), 180);
  EXPECT_EQ((Shape{2, 6, 5, 3}).elements(1, 3), 30);
  EXPECT_EQ((Shape{2, 6, 5, 3}).elements(2, 2), 1);
  EXPECT_EQ((Shape{0, 3}).elements(), 0);
}

TEST(Shape, HasAtMostEightAxes) {
  EXPECT_EQ((Shape{1, 2, 1, 2, 1, 2, 1, 2}).elements(), 16);
  const std::string message = "shape: rank 9 is more than 8. Merge axes with reshape.";
  EXPECT_EQ(thrown<ShapeError>([] { Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}; }), message);
  EXPECT_EQ(thrown<ShapeError>([] { Shape{std::vector<std::int64_t>(9, 1)}; }), message);
}

TEST(Shape, OverflowOfTheProductIsAnError) {
  EXPECT_EQ((Shape{largest}).elements(), largest);
  EXPECT_EQ(thrown<ShapeError>([] {
              (void)Shape{largest, 2}.elements();
            }),
            "shape: [9223372036854775807, 2] has more than 2^63 - 1 elements. Use smaller extents.");
  // 2^32 * 2^32 is 0 modulo 2^64: a wrapped product would look harmless.
  const std::int64_t wrapping = std::int64_t{1} << 32;
  EXPECT_EQ(thrown<ShapeError>([&] {
              (void)Shape{wrapping, wrapping}.elements();
            }),
            "shape: [4294967296, 4294967296] has more than 2^63 - 1 elements. Use smaller extents.");
}

TEST(Shape, NegativeExtentsAreAnErrorThatNamesTheAxis) {
  EXPECT_EQ(thrown<ShapeError>([] {
              (void)Shape{2, -3, 4}.elements();
            }),
            "shape: extent -3 on axis 1 of [2, -3, 4] is negative. Extents count elements.");
  // Two negative extents have a positive product.
  EXPECT_EQ(thrown<ShapeError>([] {
              (void)Shape{-2, -3}.elements();
            }),
            "shape: extent -2 on axis 0 of [-2, -3] is negative. Extents count elements.");
}

TEST(TensorShape, OnlyTheBatchMayBeZero) {
  EXPECT_NO_THROW(check_tensor_shape({0}, 4));
  EXPECT_NO_THROW(check_tensor_shape({0, 2, 3}, 4));
  EXPECT_EQ(thrown<ShapeError>([] {
              check_tensor_shape({2, 0, 3}, 4);
            }),
            "tensor: extent 0 on axis 1 of [2, 0, 3]. Only axis 0, the batch, may be 0.");
  EXPECT_EQ(thrown<ShapeError>([] {
              check_tensor_shape({0, 4, 0}, 4);
            }),
            "tensor: extent 0 on axis 2 of [0, 4, 0]. Only axis 0, the batch, may be 0.");
}

TEST(TensorShape, BytesMayNotOverflowEither) {
  const std::int64_t elements = largest / 8 + 1;
  EXPECT_NO_THROW(check_tensor_shape({elements}, 4));
  EXPECT_EQ(thrown<ShapeError>([&] { check_tensor_shape({elements}, 8); }),
            "tensor: [1152921504606846976] of 8-byte elements exceeds 2^63 - 1 bytes. Use smaller extents.");
}

TEST(Position, CountsInRowMajorOrder) {
  const Shape shape{2, 3, 4};
  std::int64_t index = 0;
  for (std::int64_t a = 0; a < 2; ++a)
    for (std::int64_t b = 0; b < 3; ++b)
      for (std::int64_t c = 0; c < 4; ++c) EXPECT_EQ(position(shape, index++), (Shape{a, b, c}));
  EXPECT_EQ(position(Shape{}, 0), Shape{});
}

TEST(Axis, IsCountedFromEitherEnd) {
  const Shape shape{2, 6, 5};
  EXPECT_EQ(normalize_axis("sum", shape, 0), 0);
  EXPECT_EQ(normalize_axis("sum", shape, 2), 2);
  EXPECT_EQ(normalize_axis("sum", shape, -1), 2);
  EXPECT_EQ(normalize_axis("sum", shape, -3), 0);
  EXPECT_EQ(thrown<ArgumentError>([&] { normalize_axis("sum", shape, 3); }),
            "sum: axis 3 does not exist. x [2, 6, 5] has rank 3; axes are -3 to 2.");
  EXPECT_EQ(thrown<ArgumentError>([&] { normalize_axis("sum", shape, -4); }),
            "sum: axis -4 does not exist. x [2, 6, 5] has rank 3; axes are -3 to 2.");
}

TEST(Axis, OfAScalarIsAnErrorThatMakesSense) {
  EXPECT_EQ(thrown<ArgumentError>([] { normalize_axis("sum", {}, 0); }),
            "sum: axis 0 does not exist. x [] has rank 0; it has no axes.");
}

}  // namespace
}  // namespace trous
