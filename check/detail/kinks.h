// Looks for a kink where a difference and a rule disagree.
#pragma once

#include <string>

#include <trous/check/detail/phi.h>

namespace trous::detail {

/// How far one may go from the inputs both ways along u without leaving their smooth piece.
struct SmoothPart {
  double radius;       ///< at most `h`; 0 where there is no such way, however short
  std::string kink;    ///< what decides otherwise just beyond the radius; empty where that is h
  bool moves = false;  ///< what changes there changes less with smaller steps: it is no kink
};

/// The radius among h, h / 4, h / 16, ... above the spacing of floating-point numbers.
SmoothPart smooth_part(const Phi& phi, int order, int input, const Tensor& u, double h);

/// Whether the one-sided differences of number `which`, whose values have this noise, stay apart as the step
/// shrinks from h, which shows kinks that no op on the tape tells of. Both slopes are in the text; empty if
/// they meet.
std::string one_sided(const Phi& phi, int order, int input, const Tensor& u, double h, std::size_t which,
                      double noise);

}  // namespace trous::detail
