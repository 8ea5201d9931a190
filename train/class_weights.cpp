#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

#include <trous/core/error.h>
#include <trous/train/class_weights.h>

namespace trous {
namespace {

// The numbers of "0.2,1,1", or nothing if it is no list of numbers.
std::optional<std::vector<float>> numbers_of(std::string_view list) {
  std::vector<float> numbers;
  for (const char* at = list.data();; ++at) {
    float value = 0;
    const auto [end, failure] = std::from_chars(at, list.data() + list.size(), value);
    if (failure != std::errc() || !(value >= 0) || !std::isfinite(value)) return std::nullopt;
    numbers.push_back(value);
    at = end;
    if (at == list.data() + list.size()) return numbers;
    if (*at != ',') return std::nullopt;
  }
}

}  // namespace

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
  throw ArgumentError(text("class weights: \"", name,
                           "\" is not known. Choose none, inverse-sqrt or enet, or give "
                           "one number per class, as in 0.2,1,1."));
}

Tensor parse_class_weights(std::string_view list, const std::vector<std::int64_t>& pixels) {
  const auto numbers = numbers_of(list);
  if (!numbers) return class_weights(parse_class_weighting(list), pixels);
  if (numbers->size() != pixels.size()) {
    throw ArgumentError(text("class weights: ", list, " are ", numbers->size(), " numbers for ",
                             pixels.size(), " classes. Give one per class, the background first."));
  }
  return Tensor(Shape{static_cast<std::int64_t>(numbers->size())}, *numbers);
}

void check_class_weights(std::string_view list) {
  if (!numbers_of(list)) parse_class_weighting(list);
}

}  // namespace trous
