// The ops that a file of vectors may name, and what it says of their attributes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <trous/autograd/check_grad.h>

namespace trous::cli {

/// An op with its attributes.
struct VectorOp {
  std::string name;
  Function call;
  std::size_t least_inputs, most_inputs;
  std::size_t constants_from;        ///< inputs of this number and above have no derivative: class weights
  std::vector<GradCandidate> slips;  ///< the same with an attribute forgotten: what a wrong claim may be of
};

/// The op in JSON: {"op": "atrous_conv2d", "rate": 2, "padding": "SAME"}. `where` begins what is thrown:
/// FileError if it is no such JSON, there is no such op, or an attribute is unknown, missing or of another
/// type. Whether the op takes its values is told when it is called.
VectorOp described_op(const std::string& description, const std::string& where);

/// All names, in alphabetical order.
std::vector<std::string> vector_ops();

}  // namespace trous::cli
