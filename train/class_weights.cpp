#include <cmath>
#include <numeric>

#include <trous/core/error.h>
#include <trous/train/class_weights.h>

namespace trous {

Tensor class_weights(ClassWeighting weighting, const std::vector<std::int64_t>& pixels) {
  const std::int64_t all = std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0});
  if (all < 1)
    throw ArgumentError("class_weights: no pixel has a class. Count the pixels of a labelled set.");
  std::vector<double> weights;
  double sum = 0;
  std::int64_t present = 0;
  for (const std::int64_t count : pixels) {
    const double share = static_cast<double>(count) / static_cast<double>(all);
    const double weight = count == 0                                  ? 0
                          : weighting == ClassWeighting::inverse_sqrt ? 1 / std::sqrt(share)
                          : weighting == ClassWeighting::enet         ? 1 / std::log(1.02 + share)
                                                                      : 1;
    weights.push_back(weight);
    sum += weight;
    present += count > 0;
  }
  std::vector<float> scaled;
  for (const double weight : weights)
    scaled.push_back(static_cast<float>(weight * static_cast<double>(present) / sum));
  return Tensor(Shape{static_cast<std::int64_t>(scaled.size())}, scaled);
}

ClassWeighting parse_class_weighting(std::string_view name) {
  if (name == "none") return ClassWeighting::none;
  if (name == "inverse-sqrt") return ClassWeighting::inverse_sqrt;
  if (name == "enet") return ClassWeighting::enet;
  throw ArgumentError(text("class weights: \"", name, "\" is not known. Choose none, inverse-sqrt or enet."));
}

}  // namespace trous
