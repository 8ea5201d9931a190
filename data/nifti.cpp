#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/data/nifti.h>

namespace trous {
namespace {

constexpr std::size_t nifti_header_bytes = 348;

// Where the fields stand, in bytes.
constexpr std::size_t dim_at = 40, datatype_at = 70, bitpix_at = 72, pixdim_at = 76, vox_offset_at = 108,
                      slope_at = 112, intercept_at = 116, units_at = 123, magic_at = 344;

// A number of the file's byte order.
template <class T>
T number(std::span<const std::uint8_t> bytes, std::size_t at, bool swapped) {
  std::array<std::uint8_t, sizeof(T)> raw;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), sizeof(T), raw.begin());
  if (swapped) std::reverse(raw.begin(), raw.end());
  return std::bit_cast<T>(raw);
}

struct NiftiHeader {
  bool swapped;
  Shape shape;  // [z, y, x]
  int datatype;
  std::size_t voxel_bytes, offset;
};

std::size_t bytes_of_type(int datatype) {
  switch (datatype) {
    case 2:    // uint8
    case 256:  // int8
      return 1;
    case 4:    // int16
    case 512:  // uint16
      return 2;
    case 8:   // int32
    case 16:  // float32
      return 4;
    case 64:  // float64
      return 8;
    default:
      return 0;
  }
}

bool judge_start(const std::string& path, std::span<const std::uint8_t> bytes) {
  const bool long_enough = bytes.size() >= 4;
  const std::int32_t size = long_enough ? number<std::int32_t>(bytes, 0, false) : 0;
  const std::int32_t swapped_size = long_enough ? number<std::int32_t>(bytes, 0, true) : 0;
  if (size == 540 || swapped_size == 540) {
    throw FileError(text("read_nifti: ", path, " is a NIfTI-2 file. NIfTI-1 is read. Save it as NIfTI-1."));
  }
  if (size != nifti_header_bytes && swapped_size != nifti_header_bytes) {
    throw FileError(text("read_nifti: ", path, " is no NIfTI-1 file. It starts with ", first_bytes(bytes),
                         " instead of the header's size, 348, in 4 bytes. Convert it to NIfTI-1."));
  }
  if (bytes.size() < nifti_header_bytes + 4) {
    throw FileError(text("read_nifti: ", path, " is truncated. A header takes 352 bytes, it has ",
                         bytes.size(), ". Fetch the file again."));
  }
  if (std::memcmp(bytes.data() + magic_at, "ni1", 4) == 0) {
    throw FileError(text("read_nifti: ", path,
                         " is the header of a pair of files. One file with header and "
                         "voxels is read. Save it as .nii."));
  }
  if (std::memcmp(bytes.data() + magic_at, "n+1", 4) != 0) {
    throw FileError(text("read_nifti: ", path, " is no NIfTI-1 file. At byte 344 it has ",
                         first_bytes(bytes.subspan(magic_at, 4)),
                         " instead of 6e 2b 31 00. Convert it to NIfTI-1."));
  }
  return size != nifti_header_bytes;
}

Shape judge_shape(const std::string& path, std::span<const std::uint8_t> bytes, bool swapped) {
  const int axes = number<std::int16_t>(bytes, dim_at, swapped);
  if (axes < 1 || axes > 7) {
    throw FileError(text("read_nifti: ", path, " has ", axes,
                         " axes. NIfTI-1 has 1 to 7. Fetch or write the file again."));
  }
  Shape shape{1, 1, 1};
  for (int axis = 0; axis < axes; ++axis) {
    const auto extent =
        number<std::int16_t>(bytes, dim_at + 2 * (1 + static_cast<std::size_t>(axis)), swapped);
    if (extent < 1 || (axis >= 3 && extent > 1)) {
      throw FileError(text("read_nifti: ", path, " has extent ", extent, " on axis ", axis,
                           ", counted from 0. A volume has extents of 1 or more on axes 0 to 2, and 1 on "
                           "others. Cut one volume out of it."));
    }
    if (axis < 3) shape[2 - axis] = extent;
  }
  return shape;
}

NiftiHeader judge_header(const std::string& path, std::span<const std::uint8_t> bytes) {
  NiftiHeader header{};
  header.swapped = judge_start(path, bytes);
  header.shape = judge_shape(path, bytes, header.swapped);
  header.datatype = number<std::int16_t>(bytes, datatype_at, header.swapped);
  header.voxel_bytes = bytes_of_type(header.datatype);
  const int bits = number<std::int16_t>(bytes, bitpix_at, header.swapped);
  if (header.voxel_bytes == 0 || static_cast<std::size_t>(bits) != 8 * header.voxel_bytes) {
    throw FileError(text("read_nifti: ", path, " has data type ", header.datatype, " of ", bits,
                         " bits. 2 (uint8), 256 (int8), 4 (int16), 512 (uint16), 8 (int32), 16 (float32) and "
                         "64 (float64) are read. Convert it."));
  }
  const float offset = number<float>(bytes, vox_offset_at, header.swapped);
  // Also false for NaN.
  if (!(offset >= 352 && offset <= static_cast<float>(bytes.size()) && offset == std::floor(offset))) {
    throw FileError(text("read_nifti: ", path, " has its voxels at byte ", offset, " of ", bytes.size(),
                         ". They start at a whole number from 352 on. Fetch or write the file again."));
  }
  header.offset = static_cast<std::size_t>(offset);
  // Three extents below 2^15 and 8 bytes: no overflow.
  const std::int64_t expected = header.shape.elements() * static_cast<std::int64_t>(header.voxel_bytes);
  const std::int64_t found =
      static_cast<std::int64_t>(bytes.size()) - static_cast<std::int64_t>(header.offset);
  if (found != expected) {
    throw FileError(text("read_nifti: ", path, found < expected ? " is truncated" : " has bytes too many",
                         ". Its header says [z, y, x] = ", header.shape, ", ", expected, " bytes, and ",
                         found, " follow. Fetch the file again."));
  }
  return header;
}

template <class Stored, Element T>
Tensor converted(std::span<const std::uint8_t> bytes, const NiftiHeader& header) {
  Tensor voxels = Tensor::uninitialized(header.shape, dtype_of<T>());
  const std::span<T> values = voxels.mutable_values<T>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Stored value = number<Stored>(bytes, header.offset + i * sizeof(Stored), header.swapped);
    values[i] = T{value};
  }
  return voxels;
}

Tensor read_voxels(std::span<const std::uint8_t> bytes, const NiftiHeader& header) {
  switch (header.datatype) {
    case 256:
      return converted<std::int8_t, std::int32_t>(bytes, header);
    case 4:
      return converted<std::int16_t, std::int32_t>(bytes, header);
    case 512:
      return converted<std::uint16_t, std::int32_t>(bytes, header);
    case 8:
      return converted<std::int32_t, std::int32_t>(bytes, header);
    case 16:
      return converted<float, float>(bytes, header);
    case 64:
      return converted<double, double>(bytes, header);
    default:
      return Tensor(header.shape, bytes.subspan(header.offset));
  }
}

// Millimetres in the header's unit of space.
double unit(std::uint8_t units) {
  switch (units & 7) {
    case 1:
      return 1e3;
    case 3:
      return 1e-3;
    default:
      return 1;
  }
}

}  // namespace

NiftiVolume read_nifti(const std::string& path) {
  std::vector<std::uint8_t> bytes = read_file(path);
  if (bytes.size() >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B) bytes = gunzip(bytes, path);
  const NiftiHeader header = judge_header(path, bytes);
  NiftiVolume volume{.voxels = read_voxels(bytes, header), .spacing = {}, .slope = 1, .intercept = 0};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double size = number<float>(bytes, pixdim_at + 4 * (axis + 1), header.swapped);
    volume.spacing[axis] = std::abs(size) * unit(bytes[units_at]);
  }
  const double slope = number<float>(bytes, slope_at, header.swapped);
  const double intercept = number<float>(bytes, intercept_at, header.swapped);
  // 0, or NaN in files that nibabel wrote: no scaling was stored.
  if (slope != 0 && std::isfinite(slope) && std::isfinite(intercept)) {
    volume.slope = slope;
    volume.intercept = intercept;
  }
  return volume;
}

}  // namespace trous
