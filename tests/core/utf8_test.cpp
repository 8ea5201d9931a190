#include <gtest/gtest.h>

#include <trous/core/detail/utf8.h>

namespace trous::detail {
namespace {

TEST(Utf8, ShortestFormsOfCharactersOnly) {
  for (const char* good : {"", "cafe", "caf\xc3\xa9", "\xe2\x82\xac", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << escaped(good);
  for (const char* bad :
       {"\xe9", "caf\xe9", "\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xff"})
    EXPECT_FALSE(is_utf8(bad)) << escaped(bad);
}

TEST(Utf8, EscapesWhatIsNoText) {
  EXPECT_EQ(escaped("caf\xe9.png"), "caf\\xe9.png");
  EXPECT_EQ(escaped("caf\xc3\xa9.png"), "caf\xc3\xa9.png");
  EXPECT_EQ(escaped("a\nb\x7f"), "a\\x0ab\\x7f");
  EXPECT_EQ(escaped("\xe2\x82"), "\\xe2\\x82");
}

}  // namespace
}  // namespace trous::detail
