// Weights of classes, without which predicting background everywhere can minimise the loss.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include <trous/core/tensor.h>

namespace trous {

enum class ClassWeighting {
  none,          ///< 1
  inverse_sqrt,  ///< 1 / sqrt(f)
  enet           ///< 1 / ln(1.02 + f). Source: Paszke et al., arXiv:1606.02147
};

/// The default weighting of a training. Without weights a small network predicts background for every pixel
/// after a few hundred steps.
constexpr ClassWeighting default_class_weighting = ClassWeighting::inverse_sqrt;

/// A weighting and its name.
struct NamedClassWeighting {
  std::string_view name;
  ClassWeighting value;
  double (*weight)(double share);  ///< of a class with this share of the pixels, above 0; before scaling
};

/// The table of weightings: "none", "inverse-sqrt", "enet". A new one is its value in ClassWeighting and a
/// row of it.
std::span<const NamedClassWeighting> named_class_weightings();

/// The name in named_class_weightings(). Throws ArgumentError for a value that is in no row.
std::string_view name(ClassWeighting weighting);

/// Class weights as an option: a weighting by the pixels of the training split, or one weight per class,
/// float32 [classes].
using ClassWeights = std::variant<ClassWeighting, Tensor>;

/// float32 [classes], from the number of pixels of each class, f being a class's share of them; scaled so
/// that the mean weight of a class that occurs is 1. A class that never occurs weighs 0, since no label has
/// it. Throws ArgumentError where no pixel has a class.
Tensor class_weights(ClassWeighting weighting, const std::vector<std::int64_t>& pixels);

/// Throws ShapeError or DTypeError unless `weights` is float32 [classes], ArgumentError unless each weight is
/// finite and 0 or more, and one of them above 0.
void check_class_weights(const Tensor& weights, std::int64_t classes);

/// Throws ArgumentError, with the numbers of both, if `weights` are 0 for every class that has pixels: the
/// loss would be 0 and nothing would be learned. `pixels` has the number of pixels of each class.
void check_class_weights(const Tensor& weights, const std::vector<std::int64_t>& pixels);

/// The weighting called `name`. Throws ArgumentError listing the names.
ClassWeighting parse_class_weighting(std::string_view name);

/// Converts the text `list` to class weights. It is the name of a weighting, which needs the `pixels`, or one
/// number per class, 0 or more, such as "0.2,1,1". Throws ArgumentError for anything else, if the number of
/// numbers is not that of classes, and if they are 0 for every class that has pixels.
Tensor parse_class_weights(std::string_view list, const std::vector<std::int64_t>& pixels);

/// Throws the errors of parse_class_weights that do not depend on classes and pixels.
void check_class_weights(std::string_view list);

}  // namespace trous
