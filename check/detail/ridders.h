// Derivatives from values alone, with an error that says what it is made of.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace trous::detail {

/// A derivative as differences give it.
struct Estimate {
  double value = 0;
  double truncation =
      std::numeric_limits<double>::infinity();  ///< by how far it still moves as the step shrinks
  double round_off = 0;                         ///< what the noise of the values can do to it
  double step = 0;                              ///< the smallest step that it is made of

  double error() const { return truncation + round_off; }
};

/// The derivatives at 0 of several functions of one number, from central differences over steps that halve:
///
///   A[k][0] = (f(h_k) - f(-h_k)) / 2 h_k,   h_k = h_0 / 2^k
///   A[k][m] = (4^m A[k][m-1] - A[k-1][m-1]) / (4^m - 1)         cancels the term of h^2m
///
/// The truncation of an entry is taken to be its larger distance from the two entries that it is made of, and
/// from the best of the row before: one row may settle by accident. Its round-off is that of the differences,
/// noise / h_k, carried through the same sums of absolute values. Of all entries the one with the least sum
/// of both counts. Where a kink lies between -h_k and h_k the entries do not settle, so its truncation says
/// so, and smaller steps that leave the kink outside win.
///
/// Source: Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Adv. Eng. Software 4 (1982) 75-76.
class Ridders {
 public:
  /// `noise`: how much round-off there is in a value of each function; `spacing`: in h itself, where it is
  /// added to numbers much larger than it.
  Ridders(std::vector<double> noise, double spacing);

  /// The values at h and at -h, h being half of the one before. Where one is not finite, a function begins
  /// anew with the next step.
  void add(double h, const std::vector<double>& above, const std::vector<double>& below);

  const std::vector<Estimate>& best() const { return best_; }

  /// The central difference over the newest step, as it is; NaN where a value was not finite.
  double last_difference(std::size_t i) const {
    return last_[i].empty() ? std::numeric_limits<double>::quiet_NaN() : last_[i].front().value;
  }

  /// Whether a smaller step could still help: somewhere the round-off of one difference is below the error of
  /// the best estimate so far, and that error above `goal`.
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
