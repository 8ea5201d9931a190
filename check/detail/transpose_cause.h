// Guesses what is wrong with a claimed transpose, from the numbers alone.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <trous/core/shape.h>

namespace trous::detail {

/// Both matrices as A's: entry (i, j) is element i of y by element j of x.
struct ClaimedTranspose {
  Shape x, y;
  std::size_t rows, columns;
  std::vector<double> a, b;  ///< A[i, j] and A^T[j, i]
  double allowed;            ///< by how much equal entries differ

  bool equal(double left, double right) const { return std::abs(left - right) <= allowed; }
};

/// Which one cause explains every entry that differs; empty if none does.
std::string cause_of(const ClaimedTranspose& m);

/// The same from pairs of <A x, y> and <x, A^T y> alone: a factor that all have in common.
std::string cause_of(const std::vector<std::pair<double, double>>& sides);

}  // namespace trous::detail
