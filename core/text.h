// Conversions between values and text: how messages print numbers, and how words are read as numbers.
#pragma once

#include <charconv>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace trous {

/// Joins `parts` as operator<< prints them.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

/// Joins the elements of `list`, as operator<< prints them, with `separator` between two of them.
template <class List>
std::string joined(const List& list, std::string_view separator = ", ") {
  std::ostringstream stream;
  std::string_view before;
  for (const auto& element : list) {
    stream << before << element;
    before = separator;
  }
  return stream.str();
}

/// Prints an error or a share in two digits: 1.2e-03.
std::string scientific(double value);

/// Prints the fewest digits that read back as the same number: 0.1, 1e+30.
std::string shortest_digits(double value);

/// Prints two numbers for a message that compares them: in six digits, or in as many as are needed for
/// different numbers to have different texts.
std::pair<std::string, std::string> distinct_digits(double a, double b);

/// Reads `word` as a decimal number. Returns nothing if any part of `word` is no part of the number, or if T
/// cannot hold it.
template <class T>
std::optional<T> parsed_number(std::string_view word) {
  T value{};
  const char* const end = word.data() + word.size();
  const auto [stop, failure] = std::from_chars(word.data(), end, value);
  if (failure != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace trous
