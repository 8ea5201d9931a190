// Values and gradients that were computed elsewhere, in a safetensors file, to be judged. docs/vectors.md is
// for those who write one; in short:
//
//   <case>/input.0, .1, ...     what the op was given: float32, float64 or, labels, int32
//   <case>/value                what it gave; may be left out
//   <case>/cotangent            of the value; may be left out where that is one number, and is 1 then
//   <case>/gradient.0, .1, ...  of sum(cotangent * value) in the input of that number; some, all or none
//   __metadata__ "<case>"       the op in JSON: {"op": "atrous_conv2d", "rate": 2, "padding": "SAME"}
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <trous/cli/vector_ops.h>

namespace trous::cli {

/// A case of such a file. All its real numbers are finite.
struct Vector {
  std::string name;
  VectorOp op;
  std::vector<Tensor> inputs = {};  ///< as they stand in the file
  std::optional<Tensor> value = {};
  std::optional<Tensor> cotangent = {};
  std::map<std::size_t, Tensor> gradients = {};  ///< by input, each of its shape
};

/// The cases in the order of their first tensors. Throws FileError naming file, case and what is wrong or
/// missing, before any is computed.
std::vector<Vector> read_vectors(const std::string& path);

}  // namespace trous::cli
