// NumPy's array files, to exchange tensors with Python.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <trous/core/tensor.h>

namespace trous {

class OutputFile;

/// Writes a .npy file part by part, so that an array need not be in memory. The file appears whole when
/// finish() returns, or not at all, and has the bytes that write_npy writes.
class NpyWriter {
 public:
  /// Writes the header of an array of this shape and dtype. Throws ShapeError as a tensor of `shape` would,
  /// and FileError as OutputFile does.
  NpyWriter(const std::string& path, const Shape& shape, DType dtype);
  ~NpyWriter();
  NpyWriter(const NpyWriter&) = delete;
  NpyWriter& operator=(const NpyWriter&) = delete;

  /// Appends rows, the parts of the array along axis 0.
  ///
  /// rows      [rows, ...] of the dtype, its other extents those of the array; [] of an array of rank 0
  ///
  /// Throws DTypeError or ShapeError for others or too many of them, FileError if they cannot be written.
  void write(const Tensor& rows);

  /// Puts the file at its path. Throws ArgumentError if rows are missing, else as write() does.
  void finish();

 private:
  std::unique_ptr<OutputFile> file_;
  Shape shape_;
  DType dtype_;
  std::int64_t missing_;  // elements
};

/// Writes a tensor as a .npy file of format 1.0, little-endian, in C order, as write_file does: whole, or not
/// at all. The bytes are those of numpy.save. Throws FileError if it cannot be written.
/// Source: numpy.lib.format.
void write_npy(const std::string& path, const Tensor& tensor);

/// Reads the array in a .npy file of format 1.0, 2.0 or 3.0, of float32, float64, int32 or uint8,
/// little-endian and in C order.
///
/// Throws FileError, with path and numbers, if the file is absent, no .npy file, truncated, of another dtype
/// or order, or if header and size disagree; the header is checked before the tensor is allocated.
Tensor read_npy(const std::string& path);

}  // namespace trous
