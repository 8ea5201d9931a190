// NumPy's array files, to exchange tensors with Python.
#pragma once

#include <string>

#include <trous/core/tensor.h>

namespace trous {

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
