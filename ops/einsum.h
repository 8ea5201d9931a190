// Sums of products in Einstein's notation.
#pragma once

#include <string_view>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// einsum("bij,bjk->bik", {a, b}): the products of all operands' elements, summed over every index that the
/// output does not have.
///
///   y[output] = sum over the other indices of  operands[0][...] operands[1][...] ...
///
/// equation  for each operand the letters of its axes, separated by commas, then -> and the letters of the
///           output. Without -> the output has the letters that occur once, in the order of the alphabet (A
///           to Z before a to z). Blanks do not count
/// operands  one or more, float32 or float64, all of one dtype; axes with the same letter have one extent
/// returns   the output's axes in its order; of rank 0 where it has no letter
///
/// Two operands are a trilinear form: each gradient is a sum of products of the same kind, shown on a tape as
/// einsum_first and einsum_second. More operands are multiplied from left to right, in pairs; one is summed
/// and permuted, without `name`. Indices of one operand alone are summed before it is multiplied.
///
/// Throws ArgumentError if the equation is not of this form, a letter stands twice in one operand (a
/// diagonal) or in the output, the output has a letter that no operand has, or the number of operands is
/// another; DTypeError if the dtypes differ or are not floating; ShapeError if a rank or an extent does not
/// fit.
///
/// Source: numpy.einsum, without ellipses and diagonals.
Variable einsum(std::string_view equation, const std::vector<Variable>& operands, std::string_view name = {});

}  // namespace trous
