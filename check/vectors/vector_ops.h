// The ops that a file of vectors may name, with their attributes in JSON.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <trous/check/check_grad.h>

namespace trous {

/// An op with its attributes, as a file of vectors describes it.
struct VectorOp {
  std::string name;
  Function call;
  std::size_t min_inputs, max_inputs;
  std::size_t constants_from;        ///< inputs of this number and above are constants: class weights
  std::vector<GradCandidate> slips;  ///< the op with one attribute forgotten, to explain a wrong claim
};

/// The op that a JSON object describes: {"op": "atrous_conv2d", "rate": 2, "padding": "SAME"}.
///
/// Throws FileError, which begins with `where`, if the text is no such JSON, no op has that name, or an
/// attribute is unknown, missing or of another type. Whether the op accepts an attribute's value shows only
/// when the op is called.
VectorOp described_vector_op(const std::string& description, const std::string& where);

/// The names of all ops that a file of vectors may name, in alphabetical order.
std::vector<std::string> vector_ops();

}  // namespace trous
