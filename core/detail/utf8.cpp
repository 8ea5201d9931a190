#include <cstddef>
#include <cstdint>

#include <trous/core/detail/utf8.h>
#include <trous/core/utf8.h>

namespace trous::detail {

std::string escaped(std::string_view bytes) {
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

}  // namespace trous::detail
