// Derivatives from values alone, with separate estimates of truncation error and round-off.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace trous::detail {

/// A derivative estimated from differences.
struct Estimate {
  double value = 0;
  double truncation =
      std::numeric_limits<double>::infinity();  ///< how far the estimate still moves as the step shrinks
  double round_off = 0;                         ///< error due to the noise of the values
  double step = 0;                              ///< the smallest step that was used

  double error() const { return truncation + round_off; }
};

/// The derivatives at 0 of several functions of one number, from central differences over steps that halve:
///
///   A[k][0] = (f(h_k) - f(-h_k)) / 2 h_k,   h_k = h_0 / 2^k
///   A[k][m] = (4^m A[k][m-1] - A[k-1][m-1]) / (4^m - 1)         cancels the term of h^2m
///
/// The truncation error of an entry is estimated as its largest distance from the two entries that it is made
/// of and from the best entry of the row before, since one row may converge by accident. Its round-off is
/// that of the differences, noise / h_k, propagated through the same sums of absolute values. The entry with
/// the smallest sum of both is the result. If a kink lies between -h_k and h_k, the entries do not converge
/// and their truncation is large, so an entry of smaller steps that exclude the kink is chosen.
///
/// Source: Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Adv. Eng. Software 4 (1982) 75-76.
class Ridders {
 public:
  /// `noise` is the round-off in a value of each function. `spacing` is the round-off of h when it is added
  /// to a much larger number.
  Ridders(std::vector<double> noise, double spacing);

  /// Adds the values at h and at -h, where h is half of the one before. If a value is not finite, its
  /// function starts again with the next step.
  void add(double h, const std::vector<double>& above, const std::vector<double>& below);

  const std::vector<Estimate>& best() const { return best_; }

  /// The central difference over the newest step, as it is; NaN where a value was not finite.
  double last_difference(std::size_t i) const {
    return last_[i].empty() ? std::numeric_limits<double>::quiet_NaN() : last_[i].front().value;
  }

  /// Whether a smaller step could still help: for some function the error of the best estimate is above
  /// `goal` and above the round-off of one difference.
  bool worth_going_on(double goal) const;

 private:
  struct Entry {
    double value, round_off;
  };

  std::vector<double> noise_;
  double spacing_;
  std::vector<std::vector<Entry>> last_;  // by function: the newest row A[k][.]
  std::vector<double> best_of_last_;      // by function: the best value of that row
  std::vector<Estimate> best_;
  double h_ = 0;
};

}  // namespace trous::detail
