// What an op says of its pixels: transposes, costs, and sizes that cannot be true.
#include <gtest/gtest.h>

#include <trous/core/pixels.h>

namespace trous {
namespace {

// 3 taps 2 apart over 8 rows, 2 taps at stride 3 over 9 columns.
constexpr WindowAxis eight_rows{.in = 8, .out = 8, .taps = 3, .stride = 1, .rate = 2, .before = 2};
constexpr WindowAxis nine_columns{.in = 9, .out = 3, .taps = 2, .stride = 3, .rate = 1, .before = 0};

TEST(Pixels, CountTheTermsOfTheForm) {
  const Pixels conv = Pixels::convolved({5, 2, 3, eight_rows, nine_columns});
  // Rows: the first and the last tap of 2 windows each read padding. Columns: none does.
  EXPECT_EQ(conv.multiply_adds(Taps::all), 5 * 2 * 3 * (8 * 3) * (3 * 2));
  EXPECT_EQ(conv.multiply_adds(Taps::inside_image), 5 * 2 * 3 * (8 * 3 - 4) * (3 * 2));
  EXPECT_EQ(Pixels::product(4, 7, 3).multiply_adds(Taps::inside_image), 4 * 7 * 3);
  EXPECT_EQ(Pixels::same().multiply_adds(Taps::all), 0);
  EXPECT_EQ(Pixels::mixed().multiply_adds(Taps::all), 0);
  EXPECT_EQ(Pixels().multiply_adds(Taps::all), std::nullopt);
}

TEST(Pixels, OfATransposeCostTheSameAndLeadBack) {
  const Pixels conv = Pixels::convolved({5, 2, 3, eight_rows, nine_columns}), back = conv.transposed();
  EXPECT_TRUE(std::holds_alternative<Pixels::Scattered>(back.map));
  EXPECT_TRUE(std::holds_alternative<Pixels::Gathered>(back.transposed().map));
  EXPECT_EQ(*back.windows(), (Windows{eight_rows, nine_columns}));
  for (const Taps taps : {Taps::all, Taps::inside_image}) {
    EXPECT_EQ(back.multiply_adds(taps), conv.multiply_adds(taps));
    EXPECT_EQ(conv.of_weights().multiply_adds(taps), conv.multiply_adds(taps));
  }
  EXPECT_TRUE(std::holds_alternative<Pixels::Unknown>(conv.of_weights().map));
  EXPECT_TRUE(std::holds_alternative<Pixels::Same>(Pixels::same().of_weights().map));
  EXPECT_TRUE(std::holds_alternative<Pixels::Unknown>(Pixels::product(4, 7, 3).of_weights().map));
}

TEST(Pixels, OfAGradientAreKnownToCostNothingOnlyWhereTheOpDoes) {
  EXPECT_EQ(Pixels::same().of_gradient().multiply_adds(Taps::all), 0);
  EXPECT_EQ(Pixels().of_gradient().multiply_adds(Taps::all), std::nullopt);
  EXPECT_EQ(Pixels::convolved({5, 2, 3, eight_rows, nine_columns}).of_gradient().multiply_adds(Taps::all),
            std::nullopt);
}

TEST(Pixels, ContradictWhatHasOtherSizes) {
  const Pixels conv = Pixels::convolved({5, 2, 3, eight_rows, nine_columns});
  EXPECT_EQ(conv.contradiction({5, 8, 9, 2}, {5, 8, 3, 3}), "");
  EXPECT_EQ(conv.transposed().contradiction({5, 8, 3, 3}, {5, 8, 9, 2}), "");
  EXPECT_EQ(conv.contradiction({5, 8, 9, 2}, {5, 24, 3}), "") << "places in a row";
  EXPECT_EQ(conv.contradiction({5, 9, 8, 2}, {5, 8, 3, 3}),
            "its pixels go from 8x9 to 8x3, the input is [5, 9, 8, 2], the result [5, 8, 3, 3]");
  EXPECT_EQ(conv.contradiction({5, 8, 9, 2}, {5, 8, 9, 2}),
            "its pixels go from 8x9 to 8x3, the input is [5, 8, 9, 2], the result [5, 8, 9, 2]");
  EXPECT_EQ(conv.contradiction({5, 72, 2}, {5, 8, 3, 3}),
            "its pixels go from 8x9 to 8x3, the input is [5, 72, 2], the result [5, 8, 3, 3]");
  EXPECT_EQ(Pixels::resized({2, 3}, {4, 6}, true).contradiction({1, 2, 3, 1}, {1, 4, 7, 1}),
            "its pixels go from 2x3 to 4x6, the input is [1, 2, 3, 1], the result [1, 4, 7, 1]");
  EXPECT_EQ(Pixels().contradiction({5}, {7}), "");
}

TEST(Pixels, ContradictWindowsThatAreNone) {
  WindowAxis axis = eight_rows;
  axis.stride = 0;
  EXPECT_EQ(Pixels::pooled({axis, nine_columns}).contradiction({5, 8, 9, 2}, {5, 8, 3, 2}),
            "its windows have 3 taps, stride 0 and rate 2, which count from 1");
  EXPECT_EQ(Pixels::pooled({nine_columns, axis}).transposed().contradiction({5, 8, 9, 2}, {5, 8, 3, 2}),
            "its windows have 3 taps, stride 0 and rate 2, which count from 1");
}

}  // namespace
}  // namespace trous
