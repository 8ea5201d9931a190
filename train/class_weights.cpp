#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include <trous/core/choices.h>
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

// `list` is how the weights were written.
void check_any_above_zero(const std::vector<float>& weights, std::string_view list) {
  if (std::any_of(weights.begin(), weights.end(), [](float weight) { return weight > 0; })) return;
  throw ArgumentError(
      text("class weights: ", list,
           " are all 0, so no pixel counts and nothing is learned. Give at least one class more than 0."));
}

// The only list of weightings.
constexpr std::array weightings{
    NamedClassWeighting{"none", ClassWeighting::none, [](double) { return 1.0; }},
    NamedClassWeighting{"inverse-sqrt", ClassWeighting::inverse_sqrt,
                        [](double share) { return 1 / std::sqrt(share); }},
    NamedClassWeighting{"enet", ClassWeighting::enet,
                        [](double share) { return 1 / std::log(1.02 + share); }},
};

const NamedClassWeighting& row_of(ClassWeighting weighting) {
  for (const NamedClassWeighting& row : weightings) {
    if (row.value == weighting) return row;
  }
  throw ArgumentError(text("class weights: number ", static_cast<int>(weighting),
                           " is in no row of named_class_weightings. Choose ", listed(names_in(weightings)),
                           '.'));
}

}  // namespace

std::span<const NamedClassWeighting> named_class_weightings() { return weightings; }

std::string_view name(ClassWeighting weighting) { return row_of(weighting).name; }

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
  check_any_above_zero(numbers, joined(numbers));
}

void check_class_weights(const Tensor& weights, const std::vector<std::int64_t>& pixels) {
  const std::vector<float> numbers = weights.to_vector<float>();
  for (std::size_t c = 0; c < numbers.size(); ++c) {
    if (pixels[c] > 0 && numbers[c] > 0) return;
  }
  throw ArgumentError(text("class weights: ", joined(numbers),
                           " are 0 for every class that occurs, so nothing "
                           "is learned. The classes have ",
                           joined(pixels), " training pixels. Give a class that has some more than 0."));
}

Tensor class_weights(ClassWeighting weighting, const std::vector<std::int64_t>& pixels) {
  const std::int64_t all = std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0});
  if (all < 1)
    throw ArgumentError("class_weights: no pixel has a class. Count the pixels of a labelled set.");
  const NamedClassWeighting& row = row_of(weighting);
  std::vector<double> weights;
  double sum = 0;
  std::int64_t present = 0;
  for (const std::int64_t count : pixels) {
    const double share = static_cast<double>(count) / static_cast<double>(all);
    const double weight = count == 0 ? 0 : row.weight(share);
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
  if (const auto* const row = find_row(weightings, name)) return row->value;
  throw ArgumentError(text("class weights: \"", name, "\" is not known. Choose ",
                           listed(names_in(weightings)), ", or give one number per class, as in 0.2,1,1."));
}

Tensor parse_class_weights(std::string_view list, const std::vector<std::int64_t>& pixels) {
  const auto numbers = numbers_of(list);
  if (!numbers) return class_weights(parse_class_weighting(list), pixels);
  if (numbers->size() != pixels.size()) {
    throw ArgumentError(text("class weights: ", list, " are ", numbers->size(), " numbers for ",
                             pixels.size(), " classes. Give one per class, the background first."));
  }
  Tensor weights(Shape{static_cast<std::int64_t>(numbers->size())}, *numbers);
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
