// Finds the op that gave the first value that is not finite in a forward or a backward.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <vector>

#include <trous/autograd/op.h>
#include <trous/core/tensor.h>

namespace trous {

/// The first bad value, NaN or infinite; the op that gave or read it; and the inputs of that op.
struct NotFinite {
  enum class Where {
    output,      ///< the op's value, though all its inputs were finite: this op is the cause
    by_product,  ///< a value that the op keeps for its rules (Computed::kept) and that made a later value bad
    input        ///< an input, and with it the output: no op that was traced gave this input
  };

  /// One input of the op.
  struct Read {
    Shape shape;
    DType dtype;
    std::int64_t bad;             ///< how many elements are NaN or infinite
    double low, high;             ///< range of the finite elements; both NaN if there are none
    std::optional<double> there;  ///< the element at the place of the first bad one, if the shapes are equal
  };

  Op op;
  /// The op whose rule this op was a part of, the outermost of several; absent outside rules.
  std::optional<Op> rule_of;
  /// The op of the rule right before, if this op is a sum: the walk sums the cotangents of one value so.
  std::optional<Op> summed_after;
  Where where;
  int which;                      ///< the number of the input or by-product; 0 for the output
  Tensor value;                   ///< the bad value
  std::int64_t first;             ///< its first bad element in row-major order
  std::int64_t nans, infinities;  ///< how many of its elements are bad
  std::vector<Read> reads;
  /// The mask, if there was one: the op whose value leaves the bad value out (where), or that made the
  /// cotangent 0 at its place. Since 0 times infinity is NaN, a mask does not keep a bad value out of a
  /// gradient.
  std::optional<Op> masked_by = {};
};

/// Prints two or three sentences:
///
///   log "1.0", in the rule of pow (exponent 2) "1.0": the output, f32[2, 3], is -infinity at [0, 2], and 2
///   of 6 elements are bad, though all that it read is finite. Input 0, f32[2, 3] within 0 .. 4, is 0 there.
///
/// and one more where a mask is part of the cause:
///
///   where made the cotangent 0 there, and 0 times infinity is NaN. Give sqrt an input inside its domain, as
///   in where(mask, sqrt(where(mask, x, 1)), 0).
std::ostream& operator<<(std::ostream& stream, const NotFinite& bad);

/// Runs `step` and returns the first value that was not finite, or nothing. It checks every op that this
/// thread evaluates, also those of a backward, whatever is recorded:
///
///   if (const auto bad = trace_not_finite([&] { grad(loss(net, batch), weights); })) std::cerr << *bad;
///
/// An op that turns a bad input into a finite value (a mask) is not reported. Ops inside another op's forward
/// are not checked, since they are part of that op, nor are ops below an Observe of the step's own.
///
/// An exception of `step` is rethrown, unless a value was bad before it: then that value is returned, as the
/// likely cause. Throws ArgumentError if `step` is an empty function.
std::optional<NotFinite> trace_not_finite(const std::function<void()>& step);

}  // namespace trous
