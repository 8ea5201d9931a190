// Numbers as text of which nothing is lost.
#pragma once

#include <array>
#include <charconv>
#include <string>

namespace trous::detail {

/// The fewest digits that tell `value` from every other double.
inline std::string digits(double value) {
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

}  // namespace trous::detail
