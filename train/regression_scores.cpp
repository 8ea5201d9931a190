#include <cmath>

#include <trous/core/error.h>
#include <trous/train/regression_scores.h>

namespace trous {
namespace {

// One pair more. The mean and the deviations follow Welford, Technometrics 4 (1962) 419, without the
// cancellation of a sum of squares.
void count_pair(RegressionSums& sums, double truth, double prediction) {
  const double error = prediction - truth, apart = truth - sums.truth_mean;
  ++sums.count;
  sums.squared_errors += error * error;
  sums.absolute_errors += std::abs(error);
  sums.truth_mean += apart / static_cast<double>(sums.count);
  sums.truth_deviations += apart * (truth - sums.truth_mean);
}

void check_score_pair(const Tensor& truth, const Tensor& prediction) {
  if (truth.shape() != prediction.shape()) {
    throw ShapeError(text("RegressionScores: truth ", truth.shape(), " and prediction ", prediction.shape(),
                          " differ. Both need one number per place."));
  }
  visit_floating("RegressionScores", truth.dtype(), []<class T> {});
  visit_floating("RegressionScores", prediction.dtype(), []<class T> {});
}

}  // namespace

RegressionScores::RegressionScores(const RegressionSums& sums) : sums_(sums) {
  if (sums.count < 0)
    throw ArgumentError(text("RegressionScores: count ", sums.count, " is below 0. A count is 0 or more."));
  for (const double sum : {sums.squared_errors, sums.absolute_errors, sums.truth_deviations}) {
    if (sum < 0)
      throw ArgumentError(text("RegressionScores: the sum ", sum, " is below 0. Each is 0 or more."));
  }
  if (sums.count == 0 && sums != RegressionSums())
    throw ArgumentError("RegressionScores: a sum of no pairs is not 0. Give the count that belongs to it.");
}

void RegressionScores::add(const Tensor& truth, const Tensor& prediction) {
  check_score_pair(truth, prediction);
  visit_floating("RegressionScores", truth.dtype(), [&]<class T> {
    visit_floating("RegressionScores", prediction.dtype(), [&]<class P> {
      const auto t = truth.values<T>();
      const auto p = prediction.values<P>();
      for (std::size_t i = 0; i < t.size(); ++i)
        count_pair(sums_, static_cast<double>(t[i]), static_cast<double>(p[i]));
    });
  });
}

// The deviations of two sets together: Chan, Golub and LeVeque, The American Statistician 37 (1983) 242.
RegressionScores& RegressionScores::operator+=(const RegressionScores& other) {
  const RegressionSums &a = sums_, &b = other.sums_;
  if (b.count == 0) return *this;
  const auto m = static_cast<double>(a.count), n = static_cast<double>(b.count);
  const double apart = b.truth_mean - a.truth_mean;
  sums_ = {.count = a.count + b.count,
           .squared_errors = a.squared_errors + b.squared_errors,
           .absolute_errors = a.absolute_errors + b.absolute_errors,
           .truth_mean = a.truth_mean + apart * (n / (m + n)),
           .truth_deviations = a.truth_deviations + b.truth_deviations + apart * apart * (m * (n / (m + n)))};
  return *this;
}

std::optional<double> RegressionScores::mse() const {
  if (count() == 0) return std::nullopt;
  return sums_.squared_errors / static_cast<double>(count());
}

std::optional<double> RegressionScores::mae() const {
  if (count() == 0) return std::nullopt;
  return sums_.absolute_errors / static_cast<double>(count());
}

std::optional<double> RegressionScores::rmse() const {
  if (count() == 0) return std::nullopt;
  return std::sqrt(*mse());
}

std::optional<double> RegressionScores::r2() const {
  if (sums_.truth_deviations == 0) return std::nullopt;
  return 1 - sums_.squared_errors / sums_.truth_deviations;
}

std::optional<double> RegressionScores::psnr(double peak) const {
  if (!(peak > 0) || !std::isfinite(peak)) {
    throw ArgumentError(text("RegressionScores: peak ", peak,
                             " is not above 0, and finite. 1 is usual for images in 0 to 1, 255 for bytes."));
  }
  if (count() == 0) return std::nullopt;
  return 20 * std::log10(peak) - 10 * std::log10(*mse());
}

}  // namespace trous
