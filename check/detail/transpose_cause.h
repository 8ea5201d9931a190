// Guesses the cause of a wrong transpose from its numbers.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <trous/core/shape.h>

namespace trous::detail {

/// The matrices of A and of its claimed transpose, both indexed as A is: entry (i, j) is element i of y by
/// element j of x.
struct ClaimedTranspose {
  Shape x, y;
  std::size_t rows, columns;
  std::vector<double> a, b;  ///< A[i, j] and A^T[j, i]
  double allowed;            ///< the largest difference of entries that count as equal

  bool equal(double left, double right) const { return std::abs(left - right) <= allowed; }
};

/// Names the one cause that explains every entry that differs; empty if none does.
std::string cause_of(const ClaimedTranspose& m);

/// Names a common factor of all pairs of <A x, y> and <x, A^T y>, where no matrices are known; empty if there
/// is none.
std::string cause_of(const std::vector<std::pair<double, double>>& sides);

}  // namespace trous::detail
