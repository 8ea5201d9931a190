#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <trous/core/error.h>
#include <trous/core/text.h>
#include <trous/data/file.h>
#include <trous/data/npy.h>

namespace trous {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the data of the .npy files here are little-endian");

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::int64_t max_npy_header = 1 << 16;  // of arrays without named fields it has a hundred bytes

constexpr std::array<std::pair<DType, std::string_view>, 4> npy_dtypes{{
    {DType::float32, "<f4"},
    {DType::float64, "<f8"},
    {DType::int32, "<i4"},
    {DType::uint8, "|u1"},
}};

struct NpyHeader {
  std::optional<std::string> dtype;
  std::optional<bool> fortran;
  std::optional<std::vector<std::int64_t>> shape;
};

// Reads what repr() of the header's dict prints: three keys, a string, a bool and a tuple of integers.
class NpyHeaderReader {
 public:
  explicit NpyHeaderReader(std::string_view text) : rest_(text) {}

  // False where the text is anything else.
  bool read(NpyHeader& header) {
    if (!take('{')) return false;
    while (!take('}')) {
      std::string key;
      if (!string(key) || !take(':')) return false;
      if (key == "descr" && !header.dtype) {
        if (!string(header.dtype.emplace())) return false;
      } else if (key == "fortran_order" && !header.fortran) {
        const bool yes = word("True");
        if (!yes && !word("False")) return false;
        header.fortran = yes;
      } else if (key == "shape" && !header.shape) {
        if (!tuple(header.shape.emplace())) return false;
      } else {
        return false;
      }
      if (!take(',') && !followed_by('}')) return false;
    }
    skip_space();
    return rest_.empty() && header.dtype && header.fortran && header.shape;
  }

 private:
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size())); }
  bool followed_by(char c) {
    skip_space();
    return rest_.starts_with(c);
  }
  bool take(char c) {
    if (!followed_by(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool word(std::string_view expected) {
    skip_space();
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool string(std::string& value) {
    if (!followed_by('\'') && !followed_by('"')) return false;
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return false;
    value = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }
  bool tuple(std::vector<std::int64_t>& values) {
    if (!take('(')) return false;
    while (!take(')')) {
      skip_space();
      const std::size_t length = std::min(rest_.find_first_not_of("-0123456789"), rest_.size());
      const auto value = parsed_number<std::int64_t>(rest_.substr(0, length));
      if (!value) return false;
      rest_.remove_prefix(length);
      values.push_back(*value);
      if (!take(',') && !followed_by(')')) return false;
    }
    return true;
  }

  std::string_view rest_;
};

// The header for an error: at most 80 characters, all printable.
std::string shown(std::string_view header) {
  std::string result(header.substr(0, 80));
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return result.substr(0, result.find_last_not_of(" ?") + 1);
}

DType dtype_in(const std::string& path, const NpyHeader& header) {
  for (const auto& [dtype, code] : npy_dtypes) {
    if (*header.dtype == code) return dtype;
  }
  throw FileError(text("read_npy: ", path, " has dtype ", shown(*header.dtype),
                       ". '<f4', '<f8', '<i4' and '|u1' are read. Save it with array.astype(numpy.float32), "
                       "or another of these four."));
}

NpyHeader parse_header(const std::string& path, std::string_view content) {
  NpyHeader header;
  if (!NpyHeaderReader(content).read(header)) {
    throw FileError(text("read_npy: ", path, " has a header that is no array's: ", shown(content),
                         ". It names descr, fortran_order and shape. Save it with numpy.save."));
  }
  if (*header.fortran && header.shape->size() > 1) {
    throw FileError(text("read_npy: ", path,
                         " is in Fortran order. C order, last axis fastest, is read. Save "
                         "numpy.ascontiguousarray(array)."));
  }
  return header;
}

// What stands before the elements: magic, version, and the header as a dict of Python.
std::string npy_start(const Shape& shape, DType dtype) {
  const auto* entry = std::find_if(npy_dtypes.begin(), npy_dtypes.end(),
                                   [&](const auto& known) { return known.first == dtype; });
  std::string header = text("{'descr': '", entry->second, "', 'fortran_order': False, 'shape': (");
  for (int axis = 0; axis < shape.rank(); ++axis) header += text(axis ? ", " : "", shape[axis]);
  header += shape.rank() == 1 ? ",), }" : "), }";
  // To a multiple of 64 bytes. The room that NumPy leaves for the first extent to grow is part of these
  // spaces: with up to 8 extents whose product is below 2^63 it never takes another 64.
  constexpr std::size_t before = 10, alignment = 64;
  header.append(alignment - (before + header.size() + 1) % alignment, ' ');
  header += '\n';
  std::string start(magic);
  start += {1, 0, static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
  return start + header;
}

}  // namespace

NpyWriter::NpyWriter(const std::string& path, const Shape& shape, DType dtype)
    : shape_(shape), dtype_(dtype), missing_(shape.elements()) {
  check_tensor_shape(shape, size_of(dtype));
  file_ = std::make_unique<OutputFile>(path);
  const std::string start = npy_start(shape, dtype);
  file_->write({reinterpret_cast<const std::uint8_t*>(start.data()), start.size()});
}

NpyWriter::~NpyWriter() = default;

void NpyWriter::write(const Tensor& rows) {
  const Shape& given = rows.shape();
  if (rows.dtype() != dtype_) {
    throw DTypeError(text("write_npy: the rows are ", rows.dtype(), ", the array is ", dtype_,
                          ". Cast them, or make the writer for ", rows.dtype(), '.'));
  }
  bool fits = given.rank() == shape_.rank();
  for (int axis = 1; fits && axis < shape_.rank(); ++axis) fits = given[axis] == shape_[axis];
  if (!fits) {
    throw ShapeError(text("write_npy: rows ", given, " are none of an array ", shape_,
                          ". All extents but the first are equal."));
  }
  if (rows.elements() > missing_) {
    throw ShapeError(text("write_npy: rows ", given, " are too many for an array ", shape_, ", of which ",
                          missing_, " elements are missing. Make the writer with the extent of all rows."));
  }
  visit(dtype_, [&]<class T>() {
    file_->write({reinterpret_cast<const std::uint8_t*>(rows.values<T>().data()), rows.bytes()});
  });
  missing_ -= rows.elements();
}

void NpyWriter::finish() {
  if (missing_ > 0) {
    throw ArgumentError(text("write_npy: ", missing_, " of ", shape_.elements(), " elements of an array ",
                             shape_, " are missing. Write them before finish."));
  }
  file_->finish();
}

void write_npy(const std::string& path, const Tensor& tensor) {
  NpyWriter writer(path, tensor.shape(), tensor.dtype());
  writer.write(tensor);
  writer.finish();
}

Tensor read_npy(const std::string& path) {
  const InputFile file(path);
  std::array<std::uint8_t, 12> start{};
  const std::span<std::uint8_t> present(start.data(),
                                        static_cast<std::size_t>(std::min<std::int64_t>(12, file.bytes())));
  file.read(0, present);
  if (present.size() < 6 ||
      !std::equal(magic.begin(), magic.end(), start.begin(),
                  [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; })) {
    throw FileError(text("read_npy: ", path, " is no .npy file. It starts with ", first_bytes(present),
                         " instead of 93 4e 55 4d 50 59. Save it with numpy.save."));
  }
  const int version = start[6];
  if (present.size() > 6 && (version < 1 || version > 3)) {
    throw FileError(text("read_npy: ", path, " has format version ", version,
                         ". Versions 1 to 3 are read. Save it with numpy.save."));
  }
  const std::int64_t before = version == 1 ? 10 : 12;
  const std::int64_t length =
      version == 1 ? start[8] | start[9] << 8
                   : start[8] | start[9] << 8 | start[10] << 16 | std::int64_t{start[11]} << 24;
  if (file.bytes() < before + length) {
    throw FileError(text("read_npy: ", path, " is truncated. It has ", file.bytes(),
                         " bytes and ends inside its header. Fetch or save the file again."));
  }
  if (length > max_npy_header) {
    throw FileError(text("read_npy: ", path, " has a header of ", length, " bytes. Up to ", max_npy_header,
                         " are read. Save a plain array, without named fields."));
  }
  std::vector<std::uint8_t> content(static_cast<std::size_t>(length));
  file.read(before, content);
  const NpyHeader header =
      parse_header(path, {reinterpret_cast<const char*>(content.data()), content.size()});
  const DType dtype = dtype_in(path, header);
  Shape shape;
  try {
    shape = Shape(*header.shape);
    check_tensor_shape(shape, size_of(dtype));
  } catch (const ShapeError& error) {
    throw FileError(text("read_npy: ", path, " has a header that no tensor fits. ", error.what()));
  }
  const std::int64_t expected = shape.elements() * static_cast<std::int64_t>(size_of(dtype));
  const std::int64_t found = file.bytes() - before - length;
  if (found != expected) {
    throw FileError(text("read_npy: ", path, found < expected ? " is truncated" : " has bytes too many",
                         ". Its header says ", dtype, ' ', shape, ", ", expected, " bytes, and ", found,
                         " follow. Fetch or save the file again."));
  }
  Tensor tensor = Tensor::uninitialized(shape, dtype);
  visit(dtype, [&]<class T>() {
    const std::span<T> values = tensor.mutable_values<T>();
    file.read(before + length, {reinterpret_cast<std::uint8_t*>(values.data()), tensor.bytes()});
  });
  return tensor;
}

}  // namespace trous
