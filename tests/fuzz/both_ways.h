// Images read as a whole and by rows, which must give the same pixels or the same error.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <trous/core/error.h>
#include <trous/data/image.h>
#include <trous/data/image_rows.h>

namespace trous::fuzz {

inline void check_equal(bool equal, const std::string& whole, const std::string& by_rows) {
  if (equal) return;
  std::fprintf(stderr, "as a whole: %s\nby rows: %s\n", whole.c_str(), by_rows.c_str());
  std::abort();
}

/// The error of reading by rows in windows that overlap and skip, or "". Aborts unless the rows are those of
/// `whole`, if there is one.
inline std::string error_by_rows(const std::string& path, const std::optional<Tensor>& whole) {
  // An image that is too large as a whole is read in its first rows only.
  constexpr std::int64_t max_rows = 1 << 15;
  try {
    ImageRows rows(path);
    const std::int64_t height = std::min(max_rows, rows.shape()[0]);
    const std::int64_t count = std::min<std::int64_t>(3, height), step = height % 2 ? 2 : 5;
    for (std::int64_t top = 0; top <= height - count; top += step) {
      const Tensor part = rows.rows(top, count);
      if (whole) check_equal(same_bits(part, rows_of(*whole, top, count)), "a picture", "other rows");
    }
    if (rows.shape()[0] <= max_rows) rows.finish();
    return "";
  } catch (const FileError& error) {
    return error.what();
  }
}

/// Reads the image as a whole and by rows, in either way by the format of its first bytes, and aborts if the
/// results differ. Throws what read_image throws.
inline void read_both_ways(const std::string& path) {
  std::optional<Tensor> whole;
  std::string error;
  try {
    whole = read_image(path);
  } catch (const FileError& fault) {
    error = fault.what();
  }
  const std::string by_rows = error_by_rows(path, whole);
  const bool too_large_as_a_whole = error.find("Up to 32768 a side") != std::string::npos;
  check_equal(too_large_as_a_whole || error == by_rows, error, by_rows);
  if (!whole) throw FileError(error);
}

}  // namespace trous::fuzz
