// Values and gradients that were computed elsewhere, in a safetensors file, to be judged:
//
//   <case>/input.0, <case>/input.1, ...   what the op was given; numbers float32 or float64, labels int32
//   <case>/value                          what it gave (may be left out)
//   <case>/cotangent                      of the value; may be left out where that is one number: then it is
//   1 <case>/gradient.0, ...                of sum(cotangent * value) in the inputs of these numbers, each or
//   some
//   __metadata__ "<case>"                 the op in JSON: {"op": "atrous_conv2d", "rate": 2, "padding":
//   "SAME"}
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <trous/autograd/check_grad.h>

namespace trous::cli {

/// A case of such a file.
struct Vector {
  std::string name, op;
  Function call = nullptr;          ///< the op with its attributes
  std::vector<Tensor> inputs = {};  ///< as they stand in the file
  std::optional<Tensor> value = {};
  std::optional<Tensor> cotangent = {};
  std::map<std::size_t, Tensor> gradients = {};  ///< by input
  std::vector<GradCandidate> slips = {};         ///< what a wrong gradient may be that of
};

/// The cases in the order of their first tensors. Throws FileError naming file, case and what is wrong or
/// missing, before any is computed.
std::vector<Vector> read_vectors(const std::string& path);

/// The ops that such a file may name, in alphabetical order.
std::vector<std::string> vector_ops();

}  // namespace trous::cli
