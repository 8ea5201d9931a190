// Safetensors: named tensors and a few strings in one file, which Python and Rust read as they are.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <trous/core/tensor.h>

namespace trous {

/// The contents of a safetensors file.
struct SafetensorsFile {
  std::vector<std::pair<std::string, Tensor>> tensors;  ///< in the order of the header; names differ
  std::map<std::string, std::string> metadata;
};

/// Writes a safetensors file as write_file does: whole, or not at all. The same contents give the same
/// bytes: the header lists metadata by key and tensors in the order given, and is padded with spaces to a
/// multiple of 8; the data of wider elements come first, so that every tensor is aligned in the file.
///
/// Throws ArgumentError if a name occurs twice, is "__metadata__" or is not UTF-8, FileError if the file
/// cannot be written.
/// Source: github.com/huggingface/safetensors, "Format".
void write_safetensors(const std::string& path, const SafetensorsFile& contents);

/// Reads a safetensors file of F32, F64, I32 and U8 tensors.
///
/// Throws FileError, naming the file, the tensor and the numbers, unless the header is JSON of the
/// format's shape, at most 100 MB and inside the file, and the tensors' data lie in the file without
/// overlap or hole, each as long as its shape requires. All of this is checked before a tensor is allocated.
SafetensorsFile read_safetensors(const std::string& path);

}  // namespace trous
