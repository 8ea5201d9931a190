#include <cmath>

#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/train/clip.h>

namespace trous {

double global_norm(const std::vector<Tensor>& tensors) {
  for (const Tensor& tensor : tensors) visit_floating("global_norm", tensor.dtype(), []<class T> {});
  double sum = 0;
  for (const Tensor& tensor : tensors) sum += dot(tensor, tensor);
  return std::sqrt(sum);
}

std::vector<Tensor> clipped(std::vector<Tensor> gradients, double norm, double max_norm) {
  if (!(max_norm > 0))
    throw ArgumentError(text("clipped: max_norm ", max_norm, " is not above 0. 1 is usual."));
  if (!(norm >= 0) || !std::isfinite(norm)) {
    throw ArgumentError(text("clipped: norm ", norm,
                             " is not 0 or more, and finite. Look for the gradient that went bad first."));
  }
  if (norm <= max_norm) return gradients;
  const double by = max_norm / norm;
  for (Tensor& gradient : gradients)
    gradient = map(gradient, [by](auto g) { return by * static_cast<double>(g); });
  return gradients;
}

}  // namespace trous
