// What a misspelt name may have meant.
#include <gtest/gtest.h>

#include <trous/core/suggestion.h>

namespace trous {
namespace {

TEST(Suggestion, NamesTheNearest) {
  EXPECT_EQ(suggestion("rte", {"stride", "rate", "kernel"}), " Did you mean rate?");
  EXPECT_EQ(suggestion("paddnig", {"stride", "padding"}), " Did you mean padding?");
  EXPECT_EQ(suggestion("strides", {"stride", "padding"}), " Did you mean stride?");
  EXPECT_EQ(suggestion("bias", {"bias2", "bias"}), " Did you mean bias?");
}

TEST(Suggestion, LongNamesMayDifferMore) {
  EXPECT_EQ(suggestion("atrousconvolution", {"atrous_convolution2d"}), " Did you mean atrous_convolution2d?");
}

TEST(Suggestion, IsSilentWhereNothingIsNear) {
  EXPECT_EQ(suggestion("gelu_fast", {"relu", "conv2d"}), "");
  EXPECT_EQ(suggestion("", {"relu"}), "");
  EXPECT_EQ(suggestion("xy", {"ab", "c"}), "") << "every letter would have to go";
  EXPECT_EQ(suggestion("relu", {}), "");
  EXPECT_EQ(suggestion(std::string(100000, 'r'), {"relu"}), "");
}

}  // namespace
}  // namespace trous
