// Mirrors, rotations, copies and borders of tensors, and tensors cut into parts. Axes may be negative,
// counted from the end.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// x with the order of its elements reversed along each of `axes`. A linear map that is its own transpose.
/// Throws ArgumentError for an axis that does not exist or is named twice.
Variable flip(const Variable& x, const std::vector<int>& axes);

/// y[.., k + shift, ..] = x[.., k, ..] along `axis`: what leaves at one end comes in at the other. `shift` is
/// any number. Gradient: rolled back. Throws ArgumentError if there is no such axis.
Variable roll(const Variable& x, std::int64_t shift, int axis);

/// x side by side with itself, `repeats[k]` times along axis k. Gradient: the sum over the copies. Throws
/// ArgumentError unless there is one count per axis and each is 1 or more.
Variable tile(const Variable& x, const std::vector<std::int64_t>& repeats);

/// x cut along `axis` into parts of these sizes, in order; concat joins them again. Gradient of each: zeros
/// around it. Throws ArgumentError unless the sizes add up to the axis.
std::vector<Variable> split(const Variable& x, const std::vector<std::int64_t>& sizes, int axis);

/// x with a border that mirrors it about its first and last elements along each axis, which are not repeated:
/// of a b c, with 2 before and 1 behind, c b a b c b. numpy's and PyTorch's "reflect".
///
/// before, after   elements to add, one entry per axis, 0 or more and less than the extent
///
/// Gradient: that of the copies is added to their element. Throws ArgumentError for other counts.
Variable pad_reflect(const Variable& x, const std::vector<std::int64_t>& before,
                     const std::vector<std::int64_t>& after);

/// x with a border that repeats its first and last elements along each axis: of a b c, with 2 before and 1
/// behind, a a a b c c. numpy's "edge", PyTorch's "replicate".
///
/// before, after   elements to add, one entry per axis, 0 or more
///
/// Gradient: that of the copies is added to their element. Throws ArgumentError for a negative count,
/// ShapeError where there is no element to repeat.
Variable pad_edge(const Variable& x, const std::vector<std::int64_t>& before,
                  const std::vector<std::int64_t>& after);

}  // namespace trous
