#include <cstddef>
#include <cstdint>

#include <trous/core/detail/utf8.h>

namespace trous::detail {
namespace {

// The number of bytes of the character that begins at `at`, or 0 where there is none.
std::size_t character_length(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[at + i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || bytes.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // The second byte excludes longer forms than needed, surrogates, and what lies beyond U+10FFFF.
  const std::uint8_t second = byte(1);
  if (first == 0xE0 && second < 0xA0) return 0;
  if (first == 0xED && second >= 0xA0) return 0;
  if (first == 0xF0 && second < 0x90) return 0;
  if (first == 0xF4 && second >= 0x90) return 0;
  return length;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = character_length(bytes, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string escaped(std::string_view bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string result;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = character_length(bytes, i);
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (length == 0 || byte < 0x20 || byte == 0x7F) {
      result += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
      ++i;
    } else {
      result += bytes.substr(i, length);
      i += length;
    }
  }
  return result;
}

}  // namespace trous::detail
