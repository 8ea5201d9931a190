#include <trous/core/error.h>
#include <trous/data/detail/limits.h>

namespace trous::detail {

void check_size(const char* op, const std::string& path, const ImageSize& size, Reading reading) {
  const bool whole = reading == Reading::whole;
  // A width or height is below 2^32, so only the whole image can overflow, and only where a side is too long.
  const bool fits = whole ? size.width <= max_extent && size.height <= max_extent &&
                                size.row_bytes() * size.height <= max_decoded
                          : size.row_bytes() <= max_row && size.height <= max_rows;
  if (fits) return;
  const std::string limits = whole ? text(max_extent, " a side and ", max_decoded, " bytes")
                                   : text(max_row, " bytes a row and ", max_rows, " rows");
  throw FileError(text(op, ": ", path, " has ", size.width, " x ", size.height, " pixels of ", size.channels,
                       " channels", size.bits == 16 ? " of 16 bits" : "", ". Up to ", limits,
                       " are read. Cut it into tiles."));
}

void check_promise(const char* op, const std::string& path, const ImageSize& size, std::int64_t min_bytes,
                   std::int64_t file_bytes) {
  if (min_bytes <= file_bytes) return;
  throw FileError(text(op, ": ", path, " is truncated. Its header says ", size.width, " x ", size.height,
                       " pixels, which take at least ", min_bytes, " bytes, and it has ", file_bytes,
                       ". Fetch or write the file again."));
}

}  // namespace trous::detail
