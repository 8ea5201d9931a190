// Bytes that come from outside, such as names of files, as text that errors and JSON can hold.
#pragma once

#include <string>
#include <string_view>

namespace trous::detail {

/// `bytes` with every byte that is not part of UTF-8 text, and every control character, written as \xe9.
/// Text without such bytes is returned as it is.
std::string escaped(std::string_view bytes);

}  // namespace trous::detail
