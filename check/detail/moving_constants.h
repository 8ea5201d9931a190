// Looks for the reason why a gradient is right and its own gradient is not.
#pragma once

#include <string>

#include <trous/check/detail/line.h>

namespace trous::detail {

/// A gradient of order two or more ends by accident where a rule computes with values in place of ops: with a
/// by-product, or with value() of an input. Then the tape of what is differentiated at `order` holds a number
/// that counts as constant, and that another one takes the place of where the input moves. Returns a sentence
/// about the first such number, with the op that reads it and the rule that this op is a part of; empty if
/// there is none.
std::string moving_constant(const CheckedFunction& f, int order, int input);

}  // namespace trous::detail
