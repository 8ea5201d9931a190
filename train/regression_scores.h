// Scores of predicted numbers and images.
#pragma once

#include <cstdint>
#include <optional>

#include <trous/core/tensor.h>

namespace trous {

/// What RegressionScores has added up over pairs of a true number t and a predicted number p. Plain numbers,
/// to be stored.
struct RegressionSums {
  std::int64_t count = 0;       ///< pairs
  double squared_errors = 0;    ///< of (p - t)^2
  double absolute_errors = 0;   ///< of |p - t|
  double truth_mean = 0;        ///< of t
  double truth_deviations = 0;  ///< of (t - truth_mean)^2

  bool operator==(const RegressionSums&) const = default;
};

/// The scores of predicted numbers, all from a few sums over a whole data set.
///
///   mse    mean of (p - t)^2
///   mae    mean of |p - t|
///   rmse   sqrt(mse)
///   r2     1 - sum (p - t)^2 / sum (t - mean t)^2, the coefficient of determination
///   psnr   10 log10(peak^2 / mse), in dB; infinite where mse is 0
///
/// A score that is not defined is absent, never 0 or 1: all are where nothing was added, and r2 is where all
/// truths are equal. A NaN in a pair makes its scores NaN.
///
/// Everything is added in float64, pair by pair, in the order given and in one thread: the scores never
/// depend on the number of threads. A cut into batches changes nothing in mse, mae, rmse and psnr, bit by
/// bit. `+=` adds sums that were rounded apart, so it may differ from one long sum by the rounding of n
/// additions, a share n 2^-53.
class RegressionScores {
 public:
  RegressionScores() = default;

  /// The scores whose `sums()` these are. Throws ArgumentError if the count, or a sum of squares or of
  /// distances, is below 0, or if nothing was counted and a sum is not 0.
  explicit RegressionScores(const RegressionSums& sums);

  /// Counts every pair. truth and prediction have one shape, and are each float32 or float64. Throws
  /// ShapeError or DTypeError otherwise, before anything is counted.
  void add(const Tensor& truth, const Tensor& prediction);

  RegressionScores& operator+=(const RegressionScores& other);

  const RegressionSums& sums() const { return sums_; }
  std::int64_t count() const { return sums_.count; }

  std::optional<double> mse() const;
  std::optional<double> mae() const;
  std::optional<double> rmse() const;
  std::optional<double> r2() const;
  /// `peak` is the distance from the least possible number to the largest. Throws ArgumentError unless it is
  /// above 0 and finite.
  std::optional<double> psnr(double peak = 1) const;

 private:
  RegressionSums sums_;
};

}  // namespace trous
