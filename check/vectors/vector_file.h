// Files of vectors: values and gradients of ops that another framework computed, as a safetensors file.
// docs/vectors.md explains the format to those who write such a file; in short:
//
//   <case>/input.0, .1, ...     the op's inputs: float32, float64 or, for labels, int32
//   <case>/value                the op's value; optional
//   <case>/cotangent            the cotangent of the value; optional where the value is one number: then 1
//   <case>/gradient.0, .1, ...  the gradient of sum(cotangent * value) in that input; some, all or none
//   __metadata__ "<case>"       the op in JSON: {"op": "atrous_conv2d", "rate": 2, "padding": "SAME"}
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <trous/check/vectors/vector_ops.h>

namespace trous {

/// One case of a file of vectors. All its real numbers are finite.
struct VectorCase {
  std::string name;
  VectorOp op;
  std::vector<Tensor> inputs = {};  ///< with the dtypes that the file has
  std::optional<Tensor> value = {};
  std::optional<Tensor> cotangent = {};
  std::map<std::size_t, Tensor> gradients = {};  ///< by number of the input, whose shape each has
};

/// Reads all cases of a file of vectors, in the order of their first tensors. Throws FileError, which names
/// file and case, if a case is not complete or its tensors do not belong together; nothing is computed.
std::vector<VectorCase> read_vectors(const std::string& path);

}  // namespace trous
