// Which op's value was the first to go bad, NaN or infinite, in a forward or a backward.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <vector>

#include <trous/autograd/op.h>
#include <trous/core/tensor.h>

namespace trous {

/// The first value that went bad, the op that gave or was given it, and what that op had read.
struct NotFinite {
  enum class Where {
    output,      ///< the op's value, though all that it read was finite: it is to blame
    by_product,  ///< what it keeps for its rules (Computed::kept), from which a bad value came later
    input        ///< the value came in bad, and with it the output: no op that was traced gave it
  };

  /// One input of the op.
  struct Read {
    Shape shape;
    DType dtype;
    std::int64_t bad;             ///< how many elements are NaN or infinite
    double low, high;             ///< of the others, both NaN if there are none
    std::optional<double> there;  ///< the element at the bad one's place, if `value` has the same shape
  };

  Op op;
  /// The op whose rule this one was a part of, the outermost of several; none outside rules.
  std::optional<Op> rule_of;
  /// For a sum right after a rule, that rule's op: so cotangents of one value are summed.
  std::optional<Op> summed_after;
  Where where;
  int which;                      ///< of the inputs or by-products; 0 for the output
  Tensor value;                   ///< the bad one
  std::int64_t first;             ///< its first bad element in row-major order
  std::int64_t nans, infinities;  ///< how many of its elements are bad
  std::vector<Read> reads;
  /// The op that kept the bad value out of its own (where), or that made the cotangent 0 at the bad place;
  /// none if there was none. 0 times infinity is NaN, so such a mask does not keep the value out of a
  /// gradient.
  std::optional<Op> masked_by = {};
};

/// As a text of two or three sentences:
///
///   log "1.0", in the rule of pow (exponent 2) "1.0": the output, f32[2, 3], is -infinity at [0, 2], and 2
///   of 6 elements are bad, though all that it read is finite. Input 0, f32[2, 3] within 0 .. 4, is 0 there.
///
/// and one more where a mask is a part of the cause:
///
///   where made the cotangent 0 there, and 0 times infinity is NaN. Give sqrt an input inside its domain, as
///   in where(mask, sqrt(where(mask, x, 1)), 0).
std::ostream& operator<<(std::ostream& stream, const NotFinite& bad);

/// Runs `step` and returns the first value that went bad in it, or nothing. Every op that this thread
/// evaluates is looked at, whatever is recorded, those of a backward too:
///
///   if (const auto bad = trace_not_finite([&] { grad(loss(net, batch), weights); })) std::cerr << *bad;
///
/// An op that makes something finite of a bad input (a mask) is passed over. Not seen are ops inside another
/// op's forward, which are that op's work, and ops below an Observe of the step's own.
///
/// An exception of `step` is thrown on, unless a value went bad before it: then that is returned, as its
/// likely cause. Throws ArgumentError if `step` is an empty function.
std::optional<NotFinite> trace_not_finite(const std::function<void()>& step);

}  // namespace trous
