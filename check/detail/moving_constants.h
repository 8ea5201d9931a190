// Finds the value that makes the gradient of a right gradient wrong.
#pragma once

#include <string>

#include <trous/check/detail/line.h>

namespace trous::detail {

/// Looks for a rule that computes with values in place of ops, with a by-product or with value() of an input.
/// Such a rule is right, but its own derivative is lost: on the tape that is differentiated at `order`, the
/// value counts as a constant, although it changes when the input moves. Returns a sentence about the first
/// such value, with the op that reads it and the rule that this op is part of; empty if there is none.
std::string moving_constant(const CheckedFunction& f, int order, int input);

}  // namespace trous::detail
