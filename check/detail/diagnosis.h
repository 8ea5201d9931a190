// Guesses the cause of a wrong gradient: the slips that make it equal to the right one.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <trous/core/tensor.h>

namespace trous::detail {

/// A gradient by the rules and by differences: a pair of tensors of the input's shape for each number that
/// was differentiated.
struct WrongGradient {
  std::vector<Tensor> rule, difference = {};  ///< without differences only `others` are compared
  /// Other gradients to compare the rule with: "the gradient in input 1", "the gradient of: rate 1".
  std::vector<std::pair<std::string, std::vector<Tensor>>> others = {};
  std::int64_t batch = 1, result_elements = 1;  ///< a factor may be made of these numbers
};

/// Explains a wrong gradient in a sentence or two, for example "The rule is -1 times the difference
/// everywhere: a sign." If no slip fits, lists the elements that are wrong.
std::string diagnosis(const WrongGradient& wrong);

}  // namespace trous::detail
