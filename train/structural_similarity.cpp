#include <cmath>

#include <trous/autograd/recording.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/reduce.h>
#include <trous/train/structural_similarity.h>

namespace trous {
namespace {

constexpr const char* similarity = "structural_similarity";
constexpr std::int64_t window_reach = 5, window_width = 2 * window_reach + 1;
constexpr double window_deviation = 1.5;

void check_images(const Tensor& truth, const Tensor& prediction, double peak) {
  const Shape& s = truth.shape();
  if (s != prediction.shape()) {
    throw ShapeError(text(similarity, ": truth ", s, " and prediction ", prediction.shape(),
                          " differ. Both must be [n, h, w, c] of one shape."));
  }
  if (s.rank() != 4)
    throw ShapeError(text(similarity, ": images ", s, " have rank ", s.rank(), ". Give [n, h, w, c]."));
  visit_floating(similarity, truth.dtype(), []<class T> {});
  visit_floating(similarity, prediction.dtype(), []<class T> {});
  if (s[1] < window_width || s[2] < window_width) {
    throw ShapeError(text(similarity, ": images ", s, " are ", s[1], 'x', s[2],
                          " pixels, and the window is 11x11. Give images of 11x11 pixels or more."));
  }
  if (!(peak > 0) || !std::isfinite(peak)) {
    throw ArgumentError(text(similarity, ": peak ", peak,
                             " is not above 0, and finite. 1 is usual for images in 0 to 1, 255 for bytes."));
  }
}

// The same Gaussian for each channel, of sum 1, as the filters of a depthwise convolution.
Tensor gaussian(const Shape& filters) {
  std::vector<double> weights;
  double total = 0;
  for (std::int64_t i = -window_reach; i <= window_reach; ++i) {
    const double place = static_cast<double>(i) / window_deviation;
    weights.push_back(std::exp(-place * place / 2));
    total += weights.back();
  }
  std::vector<double> values;
  for (const double weight : weights)
    values.insert(values.end(), static_cast<std::size_t>(filters[2]), weight / total);
  return {filters, values};
}

}  // namespace

std::vector<double> structural_similarity(const Tensor& truth, const Tensor& prediction, double peak) {
  check_images(truth, prediction, peak);
  const Recording evaluation(Recording::nothing);
  const std::int64_t channels = truth.shape()[3];
  const Variable down = gaussian({window_width, 1, channels, 1}),
                 right = gaussian({1, window_width, channels, 1});
  const auto weighted = [&](const Variable& x) {
    return depthwise_conv2d(depthwise_conv2d(x, down, {.padding = "VALID"}), right, {.padding = "VALID"});
  };
  const Variable t = truth.cast(DType::float64), p = prediction.cast(DType::float64);
  const double c1 = 0.01 * peak * (0.01 * peak), c2 = 0.03 * peak * (0.03 * peak);
  const Variable mean_t = weighted(t), mean_p = weighted(p);
  const Variable squares = mean_t * mean_t + mean_p * mean_p, product = mean_t * mean_p;
  const Variable variances = weighted(t * t + p * p) - squares, covariance = weighted(t * p) - product;
  const Variable map = (2 * product + c1) * (2 * covariance + c2) / ((squares + c1) * (variances + c2));
  return mean(map, {1, 2, 3}).value().to_vector<double>();
}

}  // namespace trous
