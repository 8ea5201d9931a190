// Guesses at what is wrong with a gradient: does it match the right one, but for a slip that is often made?
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <trous/core/tensor.h>

namespace trous::detail {

/// A gradient as the rules give it and as differences do: a pair of tensors of the input's shape for each
/// number that was differentiated.
struct WrongGradient {
  std::vector<Tensor> rule, difference = {};  ///< no difference: only `others` are compared
  /// What else the rule may be: "the gradient in input 1", "the gradient of: rate 1", in the same form.
  std::vector<std::pair<std::string, std::vector<Tensor>>> others = {};
  std::int64_t batch = 1, result_elements = 1;  ///< numbers that a factor may be made of
};

/// A sentence or two, for example "The rule is -1 times the difference everywhere: a sign."; which elements
/// are wrong if no slip fits.
std::string diagnosis(const WrongGradient& wrong);

}  // namespace trous::detail
