// Padding as the atrous ops take it: by name, by any text, by counts. The general ops are the oracle of
// counts.
#include <ops/support.h>
#include <string>
#include <string_view>

#include <trous/autograd/tape.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/conv2d.h>

namespace trous {
namespace {

// A text of a program's own.
struct TextLike {
  operator std::string_view() const { return "SAME"; }
};

Tensor padded_image() { return uniform({2, 7, 6, 2}, DType::float64, Key{1}); }
Tensor padded_filters() { return uniform({3, 2, 2, 3}, DType::float64, Key{2}); }

TEST(AtrousPadding, IsTakenInEveryForm) {
  const Tensor x = padded_image(), w = padded_filters();
  const std::string text = "SAME";
  const std::vector<double> same = atrous_conv2d(x, w, 2, Padding::same).value().to_vector<double>();
  const auto equal = [&](const Variable& y) { return y.value().to_vector<double>() == same; };
  EXPECT_TRUE(equal(atrous_conv2d(x, w, 2, "SAME")));
  EXPECT_TRUE(equal(atrous_conv2d(x, w, 2, text)));
  EXPECT_TRUE(equal(atrous_conv2d(x, w, 2, std::string("SAME"), "named")));
  EXPECT_TRUE(equal(atrous_conv2d(x, w, 2, std::string_view(text))));
  EXPECT_TRUE(equal(atrous_conv2d(x, w, 2, TextLike())));
  EXPECT_TRUE(equal(atrous_conv2d(x, w, {2, 2}, {"SAME"})));
  EXPECT_TRUE(equal(atrous_conv2d(x, w, 2, WindowPadding(Padding::same))));
  EXPECT_TRUE(equal(atrous_conv2d(x, w, 2, ExplicitPadding{2, 2, 1, 1})));
  EXPECT_TRUE(equal(atrous_conv2d(x, w, 2, {2, 2, 1, 1})));
}

TEST(AtrousPadding, ByCountsIsThatOfConv2d) {
  const Variable x = track(padded_image(), "x"), w = track(padded_filters(), "w");
  const ExplicitPadding padding{1, 3, 0, 2};
  const Conv2dOptions options{.rate = {2, 3}, .padding = padding};
  const Variable y = atrous_conv2d(x, w, {2, 3}, padding), expected = conv2d(x, w, options);
  const auto equal = [](const Variable& a, const Variable& b) {
    return a.shape() == b.shape() && a.value().to_vector<double>() == b.value().to_vector<double>();
  };
  EXPECT_TRUE(equal(y, expected));
  EXPECT_TRUE(equal(atrous_conv2d_filter_grad(x, y, w.shape(), {2, 3}, padding),
                    conv2d_filter_grad(x, y, w.shape(), options)));
  const Variable v = uniform({3, 2, 3, 2}, DType::float64, Key{3});  // out before in
  EXPECT_TRUE(equal(atrous_conv2d_transpose(x, v, {2, 3}, padding), conv2d_transpose(x, v, options)));
  EXPECT_TRUE(equal(atrous_conv2d_transpose(x, v, {2, 7, 7, 3}, {2, 3}, padding),
                    conv2d_transpose(x, v, {2, 7, 7, 3}, options)));
  EXPECT_EQ(text(y.node()->op), "atrous_conv2d (rate 2x3 1:3x0:2)");
  EXPECT_EQ(refused<ArgumentError>([&] {
              atrous_conv2d(x, w, 2, ExplicitPadding{0, -1, 0, 0});
            }),
            "atrous_conv2d: padding 0:-1x0:0 has a negative count. Crop the image to take pixels away.");
}

}  // namespace
}  // namespace trous
