// IDX: the array format of MNIST and Fashion-MNIST.
#pragma once

#include <string>

#include <trous/core/tensor.h>

namespace trous {

/// Reads the array in an IDX file, plain or compressed by gzip; the content decides which.
///
/// The file: two zero bytes, a type code, the rank, one big-endian 32-bit extent per axis, then the
/// elements, first axis slowest.
///
/// returns   uint8 of the header's shape
///
/// Throws FileError, with path and numbers, if the elements are not unsigned bytes (type code 0x08), if
/// the rank is not 1 to 8, or if the header's extents and the file's size disagree; the header is checked
/// before the tensor is allocated. Source: LeCun, Cortes, Burges, "The MNIST database", file formats.
Tensor read_idx(const std::string& path);

}  // namespace trous
