#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <trous/core/utf8.h>
#include <trous/data/palette.h>
#include <trous/run/report/html.h>

namespace trous::report {
namespace {

// Bytes of the character that `text` starts with, or 0 if it starts with none that XML has.
std::size_t character_bytes(std::string_view text) {
  const std::size_t count = utf8_character_bytes(text);
  const bool no_character = text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
  return no_character ? 0 : count;
}

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

template <class... Format>
std::string number_text(double value, Format... format) {
  if (!std::isfinite(value)) return dash;
  std::array<char, 400> digits;  // 1e308 with its decimals
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, format...).ptr;
  std::string result(digits.data(), end);
  if (result.find_first_not_of("-0.") == std::string::npos && result[0] == '-') result.erase(0, 1);
  return result;
}

}  // namespace

std::string escaped(std::string_view text) {
  constexpr const char* replacement = "\uFFFD";
  std::string result;
  while (!text.empty()) {
    const std::size_t count = character_bytes(text);
    const char c = text[0];
    const bool control = (c >= 0 && c < 0x20 && c != '\t' && c != '\n') || c == 0x7F;
    if (count == 0 || control) {
      result += replacement;
    } else if (const std::string_view name = entity(c); !name.empty()) {
      result += name;
    } else {
      result += text.substr(0, count);
    }
    text.remove_prefix(std::max<std::size_t>(count, 1));
  }
  return result;
}

std::string fixed(const std::optional<double>& value, int digits) {
  return value ? number_text(*value, std::chars_format::fixed, digits) : dash;
}

std::string capitalized(std::string words) {
  if (!words.empty() && words[0] >= 'a' && words[0] <= 'z')
    words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words;
}

std::string brief(double value) { return number_text(value, std::chars_format::general, 4); }

std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t place = digits.size(); place > first + 3; place -= 3) digits.insert(place - 3, ",");
  return digits;
}

std::string percent(const std::optional<double>& share) {
  return share && std::isfinite(*share) ? fixed(100 * *share, 1) + "\u00A0%" : std::string(dash);
}

std::string duration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e12) return dash;
  if (seconds < 60) return fixed(seconds, 1) + "\u00A0s";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  if (hours == 0) return grouped(minutes) + "\u00A0min " + grouped(whole % 60) + "\u00A0s";
  return grouped(hours) + "\u00A0h " + grouped(minutes) + "\u00A0min";
}

std::string memory(std::int64_t bytes) { return grouped((bytes + (1 << 19)) / (1 << 20)) + "\u00A0MiB"; }

std::string extents(const std::vector<std::int64_t>& numbers) {
  std::string result;
  for (const std::int64_t number : numbers) result += (result.empty() ? "" : " \u00D7 ") + grouped(number);
  return result;
}

std::string element(std::string_view tag, std::string_view attributes, std::string_view content) {
  std::string result = "<";
  result += tag;
  if (!attributes.empty()) (result += ' ') += attributes;
  result += '>';
  result += content;
  ((result += "</") += tag) += '>';
  return result;
}

std::string section(std::string_view id, std::string_view title, std::string_view content) {
  return element("section", "id=\"" + std::string(id) + "\"",
                 element("h2", "", title) + "\n" + std::string(content)) +
         "\n";
}

std::string table(std::string_view label, const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows) {
  const auto side = [&](std::size_t i) { return columns[i].number ? " class=\"n\"" : ""; };
  std::string head;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    head += element("th", std::string("scope=\"col\"") + side(i), escaped(columns[i].name));
  }
  std::string body;
  for (const std::vector<std::string>& row : rows) {
    std::string cells = element("th", std::string("scope=\"row\"") + side(0), row[0]);
    for (std::size_t i = 1; i < row.size(); ++i) {
      cells += element("td", columns[i].number ? "class=\"n\"" : "", row[i]);
    }
    body += element("tr", "", cells) + "\n";
  }
  return element("div",
                 "class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + escaped(label) + "\"",
                 element("table", "",
                         element("thead", "", element("tr", "", head)) + "\n" + element("tbody", "", body))) +
         "\n";
}

std::string chip(std::int64_t label) {
  constexpr const char* digits = "0123456789abcdef";
  const Color color = class_color(label);
  std::string hex = "#";
  for (const int value : {color.red, color.green, color.blue}) {
    hex += digits[value / 16];
    hex += digits[value % 16];
  }
  return "<span class=\"chip\" style=\"background:" + hex + "\"></span>";
}

std::string bar(const std::optional<double>& share) {
  if (!share) return "";
  const double shown = std::isfinite(*share) ? std::clamp(*share, 0.0, 1.0) : 0;
  return "<span class=\"bar\"><span style=\"width:" + fixed(100 * shown, 1) + "%\"></span></span>";
}

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  result.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) result += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return result;
}

}  // namespace trous::report
