// Pieces of HTML that is well-formed XML too. Numbers look the same in every locale.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trous::report {

/// Text as HTML shows it, in content and in quoted attributes. What is not UTF-8, and control characters,
/// become U+FFFD.
std::string escaped(std::string_view text);

/// The words with a capital letter in front.
std::string capitalized(std::string words);

inline constexpr const char* dash = "\u2013";  ///< stands for "there is none"

/// 0.620; a dash where it is absent or not finite.
std::string fixed(const std::optional<double>& value, int digits);
std::string brief(double value);                          ///< up to four significant digits: 0.008, 1.23e-05
std::string grouped(std::int64_t value);                  ///< 59,659
std::string percent(const std::optional<double>& share);  ///< 86.9 %; a dash as in fixed
std::string duration(double seconds);                     ///< 1 min 37 s
std::string memory(std::int64_t bytes);                   ///< 488 MiB
std::string extents(const std::vector<std::int64_t>& numbers);  ///< 64 × 84 × 1

/// `<tag attributes>content</tag>`; `attributes` and `content` are HTML.
std::string element(std::string_view tag, std::string_view attributes, std::string_view content);

/// A section with its heading and the id that the table of contents points to.
std::string section(std::string_view id, std::string_view title, std::string_view content);

struct Column {
  std::string name;
  bool number = true;  ///< flush right
};

/// A table that scrolls in its own box where the page is narrow. The first cell of each row is its heading.
/// `label` and column names are text, cells are HTML.
std::string table(std::string_view label, const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows);

/// A square of a class's colour.
std::string chip(std::int64_t label);

/// A horizontal bar for a share of 0..1; empty where it is absent.
std::string bar(const std::optional<double>& share);

/// Source: RFC 4648, section 4.
std::string base64(std::span<const std::uint8_t> bytes);

/// At most `count` >= 2 elements of `all`, evenly spread, the first and the last among them.
template <class T>
std::vector<T> thinned(const std::vector<T>& all, std::size_t count) {
  if (all.size() <= count) return all;
  std::vector<T> some;
  for (std::size_t i = 0; i < count; ++i) some.push_back(all[i * (all.size() - 1) / (count - 1)]);
  return some;
}

}  // namespace trous::report
