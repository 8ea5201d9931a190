// Hashes: of a file for the record of a run, of a tensor for finding copies.
#pragma once

#include <cstdint>
#include <string>

#include <trous/core/tensor.h>

namespace trous {

/// Returns the SHA-256 of a file's bytes as 64 hexadecimal digits, as `sha256sum` prints it. Reads the file
/// in pieces of 1 MiB. Throws FileError if it cannot be read. Source: FIPS 180-4.
std::string sha256_of_file(const std::string& path);

/// A 64-bit hash of dtype, shape and bytes, the same in every run; for finding copies, no defence against
/// forgery. Among n different tensors, two share a hash by chance with a probability of about n^2 / 2^65:
/// 1.4e-11 for 22,600.
std::uint64_t content_hash(const Tensor& tensor);

}  // namespace trous
