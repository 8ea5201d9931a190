// How large the images are that the readers and writers of image files take. All limits stand here, and are
// compared with the header of a file before any pixel is allocated.
#pragma once

#include <cstdint>
#include <string>

namespace trous::detail {

/// The longest side of an image that is read as a whole, and of one that write_png takes.
inline constexpr std::int64_t max_extent = std::int64_t{1} << 15;

/// The largest image that is read as a whole: 1 GiB decoded.
inline constexpr std::int64_t max_decoded = std::int64_t{1} << 30;

/// The longest row of an image that is read or written by rows: 16 MiB decoded. Memory then holds a few rows.
inline constexpr std::int64_t max_row = std::int64_t{1} << 24;

/// The largest number of rows, which is PNG's own limit: 2^31 - 1. JPEG has at most 65500.
inline constexpr std::int64_t max_rows = (std::int64_t{1} << 31) - 1;

/// How an image is read, which decides its limits.
enum class Reading {
  whole,   ///< sides of at most max_extent, at most max_decoded bytes
  by_rows  ///< rows of at most max_row bytes, at most max_rows of them
};

/// The size of an image that a file's header states.
struct ImageSize {
  std::int64_t width, height, channels;
  int bits = 8;  ///< of a stored number; one of 16 bits takes 4 bytes when decoded, another takes 1

  std::int64_t row_bytes() const { return width * channels * (bits == 16 ? 4 : 1); }
};

/// Throws FileError, naming `op` and `path`, if `size` is beyond the limits of `reading`.
void check_size(const char* op, const std::string& path, const ImageSize& size, Reading reading);

/// Throws FileError if a file of `file_bytes` is shorter than `min_bytes`, which is the least that pixels of
/// this size can be compressed to. So a small file that claims a billion pixels is refused at once.
void check_promise(const char* op, const std::string& path, const ImageSize& size, std::int64_t min_bytes,
                   std::int64_t file_bytes);

}  // namespace trous::detail
