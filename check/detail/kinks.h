// Looks for a kink where a difference and a rule disagree.
#pragma once

#include <cstddef>
#include <string>

#include <trous/check/detail/line.h>

namespace trous::detail {

/// The part of a line around 0 on which the function is one smooth piece.
struct SmoothPart {
  double radius;       ///< at most `h`; 0 where no step, however short, stays on the piece
  std::string kink;    ///< the op that changes its value just beyond the radius; empty where that is `h`
  bool moves = false;  ///< the change of that op shrinks with the step: it is no kink

  /// Whether derivatives along the line can be taken there.
  bool has_derivative() const { return radius > 0 && !moves; }
};

/// Returns the largest smooth part with one of the radii h, h / 4, h / 16, ..., down to the spacing of
/// floating-point numbers.
SmoothPart smooth_part(const Line& line, double h);

/// Looks for a kink that no op on the tape shows: whether the one-sided differences of number `p` stay apart
/// as the step shrinks from h. Returns a sentence with both slopes, or an empty one if they meet. `noise` is
/// the round-off of the values of that number.
std::string one_sided_slopes(const Line& line, std::size_t p, double h, double noise);

}  // namespace trous::detail
