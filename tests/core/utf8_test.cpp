// The borders of UTF-8, as RFC 3629 draws them.
#include <gtest/gtest.h>

#include <trous/core/utf8.h>

namespace trous {
namespace {

TEST(Utf8, CharactersHaveOneToFourBytes) {
  EXPECT_EQ(utf8_character_bytes(""), 0U);
  EXPECT_EQ(utf8_character_bytes("w\xFF"), 1U);
  EXPECT_EQ(utf8_character_bytes("\xC3\xA9t\xC3\xA9"), 2U);
  EXPECT_EQ(utf8_character_bytes("\xE2\x82\xAC"), 3U);
  EXPECT_EQ(utf8_character_bytes("\xF0\x9F\x98\x80"), 4U);
}

TEST(Utf8, TellsTextFromOtherBytes) {
  for (const char* text : {"", "stem/conv", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  // Stray continuations, cut sequences, overlong forms, surrogates, beyond U+10FFFF, bytes that never occur.
  for (const char* text : {"\x80", "a\xBF", "\xC3", "\xC3(", "\xE2\x82", "\xE2\x82(", "\xF0\x9F\x98",
                           "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80",
                           "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(Utf8, EscapesWhatIsNoText) {
  EXPECT_EQ(escaped_bytes("caf\xe9.png"), "caf\\xe9.png");
  EXPECT_EQ(escaped_bytes("caf\xc3\xa9.png"), "caf\xc3\xa9.png");
  EXPECT_EQ(escaped_bytes("a\nb\x7f"), "a\\x0ab\\x7f");
  EXPECT_EQ(escaped_bytes("\xe2\x82"), "\\xe2\\x82");
}

}  // namespace
}  // namespace trous
