#include <cstdint>

#include <trous/core/utf8.h>

namespace trous {

std::size_t utf8_character_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t count = first >= 0xC2 && first < 0xE0   ? 2
                            : first >= 0xE0 && first < 0xF0 ? 3
                            : first >= 0xF0 && first < 0xF5 ? 4
                                                            : 0;
  if (count == 0 || count > text.size()) return 0;
  for (std::size_t i = 1; i < count; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies above U+10FFFF.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0) ||
      (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90)) {
    return 0;
  }
  return count;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t count = utf8_character_bytes(text);
    if (count == 0) return false;
    text.remove_prefix(count);
  }
  return true;
}

std::string escaped_bytes(std::string_view bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string result;
  while (!bytes.empty()) {
    const std::size_t length = utf8_character_bytes(bytes);
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    if (length == 0 || byte < 0x20 || byte == 0x7F) {
      result += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
      bytes.remove_prefix(1);
    } else {
      result += bytes.substr(0, length);
      bytes.remove_prefix(length);
    }
  }
  return result;
}

}  // namespace trous
