#include <algorithm>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/data/idx.h>

namespace trous {
namespace {

constexpr int uint8_code = 0x08;

const char* type_name(int code) {
  switch (code) {
    case 0x09:
      return "int8";
    case 0x0B:
      return "int16";
    case 0x0C:
      return "int32";
    case 0x0D:
      return "float32";
    case 0x0E:
      return "float64";
    default:
      return "no type of the format";
  }
}

// The extents in the header, known to be all there.
Shape header_shape(const std::string& path, std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 4 || bytes[0] != 0 || bytes[1] != 0) {
    throw FileError(text("read_idx: ", path, " is no IDX file. It starts with ", first_bytes(bytes),
                         " instead of 00 00, a type code and a rank. Give an IDX file, plain or gzip."));
  }
  if (bytes[2] != uint8_code) {
    throw FileError(text("read_idx: ", path, " has type code ", int{bytes[2]}, ", ", type_name(bytes[2]),
                         ". Only code 8, unsigned bytes, is read. Convert the file."));
  }
  const int rank = bytes[3];
  if (rank < 1 || rank > Shape::max_rank) {
    throw FileError(text("read_idx: ", path, " has rank ", rank, ". Ranks 1 to ", Shape::max_rank,
                         " are read. Reshape the array when it is written."));
  }
  const std::size_t header = 4 + 4 * static_cast<std::size_t>(rank);
  if (bytes.size() < header) {
    throw FileError(text("read_idx: ", path, " is truncated. Its header of rank ", rank, " takes ", header,
                         " bytes, it has ", bytes.size(), ". Fetch the file again."));
  }
  std::vector<std::int64_t> extents;
  for (std::size_t at = 4; at < header; at += 4) {
    extents.push_back(std::int64_t{bytes[at]} << 24 | std::int64_t{bytes[at + 1]} << 16 |
                      std::int64_t{bytes[at + 2]} << 8 | std::int64_t{bytes[at + 3]});
  }
  return extents;
}

}  // namespace

Tensor read_idx(const std::string& path) {
  std::vector<std::uint8_t> bytes = read_file(path);
  if (bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b) bytes = gunzip(bytes, path);
  const Shape shape = header_shape(path, bytes);
  try {
    check_tensor_shape(shape, 1);
  } catch (const ShapeError& error) {
    throw FileError(text("read_idx: ", path, " has a header that no tensor fits. ", error.what()));
  }
  const std::span<const std::uint8_t> elements =
      std::span<const std::uint8_t>(bytes).subspan(4 + 4 * static_cast<std::size_t>(shape.rank()));
  const std::int64_t expected = shape.elements(), found = static_cast<std::int64_t>(elements.size());
  if (found != expected) {
    throw FileError(text("read_idx: ", path, found < expected ? " is truncated" : " has bytes too many",
                         ". Its header says ", shape, ", ", expected, " elements, and ", found,
                         " bytes follow. Fetch the file again."));
  }
  return Tensor(shape, elements);
}

}  // namespace trous
