#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

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

// "0, 1.5, 2"
template <class T>
std::string listed(const std::vector<T>& numbers) {
  std::string list;
  for (const T number : numbers) list += text(list.empty() ? "" : ", ", number);
  return list;
}

// `list` is how the weights were written.
void check_any_above_zero(const std::vector<float>& weights, std::string_view list) {
  if (std::any_of(weights.begin(), weights.end(), [](float weight) { return weight > 0; })) return;
  throw ArgumentError(
      text("class weights: ", list,
           " are all 0, so no pixel counts and nothing is learned. Give at least one class more than 0."));
}

}  // namespace

std::string_view name(ClassWeighting weighting) {
  switch (weighting) {
    case ClassWeighting::none:
      return "none";
    case ClassWeighting::inverse_sqrt:
      return "inverse-sqrt";
    case ClassWeighting::enet:
      break;
  }
  return "enet";
}

void check_class_weights(const Tensor& weights, std::int64_t classes) {
  if (weights.shape() != Shape{classes}) {
    throw ShapeError(
        text("class weights: ", weights.shape(), " for ", classes, " classes. Give one weight per class."));
  }
  if (weights.dtype() != DType::float32) {
    throw DTypeError(
        text("class weights: they are ", weights.dtype(), ". Give float32: weights.cast(DType::float32)."));
  }
  const std::vector<float> numbers = weights.to_vector<float>();
  for (std::size_t c = 0; c < numbers.size(); ++c) {
    if (numbers[c] >= 0 && std::isfinite(numbers[c])) continue;
    throw ArgumentError(text("class weights: class ", c, " has ", numbers[c],
                             ". Give each class a finite number, 0 or more."));
  }
  check_any_above_zero(numbers, listed(numbers));
}

void check_class_weights(const Tensor& weights, const std::vector<std::int64_t>& pixels) {
  const std::vector<float> numbers = weights.to_vector<float>();
  for (std::size_t c = 0; c < numbers.size(); ++c) {
    if (pixels[c] > 0 && numbers[c] > 0) return;
  }
  throw ArgumentError(text("class weights: ", listed(numbers),
                           " are 0 for every class that occurs, so nothing "
                           "is learned. The classes have ",
                           listed(pixels), " training pixels. Give a class that has some more than 0."));
}

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
  for (const auto one : {ClassWeighting::none, ClassWeighting::inverse_sqrt, ClassWeighting::enet}) {
    if (name == trous::name(one)) return one;
  }
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
  const Tensor weights(Shape{static_cast<std::int64_t>(numbers->size())}, *numbers);
  check_class_weights(weights, pixels);
  return weights;
}

void check_class_weights(std::string_view list) {
  if (const auto numbers = numbers_of(list)) {
    check_any_above_zero(*numbers, list);
  } else {
    parse_class_weighting(list);
  }
}

}  // namespace trous
