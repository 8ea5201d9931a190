// UTF-8: the encoding of every name and text that trous writes to a file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace trous {

/// The number of bytes, 1 to 4, of the character that `text` begins with; 0 if `text` is empty or begins with
/// none. Overlong forms, surrogates and what lies above U+10FFFF are no characters.
/// Source: RFC 3629, section 4.
std::size_t utf8_character_bytes(std::string_view text);

/// Whether `text` consists of UTF-8 characters alone.
bool is_utf8(std::string_view text);

/// `bytes` as text that errors and JSON can hold: each byte that is not part of a UTF-8 character, and each
/// control character, is written as \xe9.
std::string escaped_bytes(std::string_view bytes);

}  // namespace trous
