// Text of numbers, and numbers of text.
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/text.h>

namespace trous {
namespace {

TEST(Text, JoinsWhatItIsGiven) {
  EXPECT_EQ(text("rate ", 2, ", ", 0.5), "rate 2, 0.5");
  EXPECT_EQ(joined(std::vector<int>{}), "");
  EXPECT_EQ(joined(std::vector<int>{3}), "3");
  EXPECT_EQ(joined(std::vector<std::string>{"a", "", "b"}, "-"), "a--b");
}

TEST(Text, PrintsNumbersInFewDigits) {
  EXPECT_EQ(scientific(0.00123), "1.2e-03");
  EXPECT_EQ(scientific(0), "0.0e+00");
  EXPECT_EQ(shortest_digits(0.1), "0.1");
  EXPECT_EQ(shortest_digits(1e30), "1e+30");
  EXPECT_EQ(shortest_digits(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(parsed_number<double>(shortest_digits(std::nextafter(0.1, 1.0))), std::nextafter(0.1, 1.0));
}

TEST(Text, ShowsThatTwoNumbersDiffer) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(distinct_digits(1.5, 2), (Pair{"1.5", "2"}));
  EXPECT_EQ(distinct_digits(0.25, 0.25), (Pair{"0.25", "0.25"}));
  EXPECT_EQ(distinct_digits(1.00000001, 1.00000002), (Pair{"1.00000001", "1.00000002"}));
}

TEST(Text, ReadsWholeWordsAlone) {
  EXPECT_EQ(parsed_number<std::int64_t>("-17"), -17);
  EXPECT_EQ(parsed_number<double>("1e-3"), 0.001);
  for (const char* word : {"", " 1", "1 ", "1,", "one", "+1", "0x10", "1.5"})
    EXPECT_FALSE(parsed_number<std::int64_t>(word)) << '"' << word << '"';
  EXPECT_EQ(parsed_number<std::uint8_t>("255"), 255);
  EXPECT_FALSE(parsed_number<std::uint8_t>("256"));
  EXPECT_FALSE(parsed_number<double>("1e999"));
}

}  // namespace
}  // namespace trous
