// PNG files whose checksums are right whatever a fuzzer has made of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <zlib.h>

namespace trous::fuzz {

/// `input` with the checksum of each chunk that lies in it put right.
inline std::vector<std::uint8_t> with_checksums(std::span<const std::uint8_t> input) {
  std::vector<std::uint8_t> file(input.begin(), input.end());
  for (std::size_t at = 8; at + 12 <= file.size();) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | file[at + i];
    if (length > file.size() - at - 12) break;
    auto sum = static_cast<std::uint32_t>(crc32(0, file.data() + at + 4, static_cast<uInt>(length + 4)));
    for (std::size_t i = 4; i-- > 0; sum >>= 8) file[at + 8 + length + i] = static_cast<std::uint8_t>(sum);
    at += 12 + length;
  }
  return file;
}

}  // namespace trous::fuzz
