// The losses that have a name. A training also takes any other function of logits and labels.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <trous/autograd/variable.h>
#include <trous/core/tensor.h>
#include <trous/data/dataset.h>
#include <trous/train/class_weights.h>

namespace trous {

/// A function of logits and labels that training minimises.
///
/// logits    [n, h, w, classes]
/// labels    int32 [n, h, w], `unknown_label` where nothing is known
/// returns   one number, rank 0
using Loss = std::function<Variable(const Variable& logits, const Tensor& labels)>;

/// What a loss that has a name is made of.
struct LossOptions {
  std::optional<Tensor> class_weights = std::nullopt;  ///< float32 [classes], or absent
  double label_smoothing = 0;                          ///< of cross-entropy, see CrossEntropyOptions
};

/// A loss that has a name.
struct NamedLoss {
  std::string_view name;
  Loss (*make)(const LossOptions& options);
  /// The reason why class weights have no effect: "weighs all classes that occur alike". Empty where they
  /// have one.
  std::string_view unweighted = {};
  /// The loss that takes class weights in place of one that does not.
  std::string_view weighted_alternative = {};
  bool smooths_labels = false;  ///< whether label_smoothing has an effect
};

/// The table of losses: "cross-entropy" (softmax_cross_entropy), "dice" (dice_loss), "focal" (focal_loss,
/// gamma 2), "cross-entropy+dice", their sum, "bce" (sigmoid_cross_entropy), "tversky" (tversky_loss, alpha
/// 0.3, beta 0.7), "lovasz" (lovasz_loss), "cross-entropy+boundary" (cross-entropy + 0.01 boundary_loss, the
/// weight with which its paper begins). A new loss is a row of it.
std::span<const NamedLoss> named_losses();

/// The row called `name`. Throws ArgumentError listing the names.
const NamedLoss& named_loss(std::string_view name);

/// The names of named_losses().
std::vector<std::string_view> loss_names();

/// The names of the losses that smooth labels.
std::vector<std::string_view> smoothing_loss_names();

/// Whether class weights have an effect on the loss called `name`. Throws ArgumentError listing the names.
bool takes_class_weights(std::string_view name);

/// The loss called `name`, in which unknown pixels do not count. `class_weights`, float32 [classes], weigh
/// the pixels of cross-entropy and focal. Throws ArgumentError listing the names, for class weights of a loss
/// that has none, for a label_smoothing that is not in [0, 1], or above 0 for a loss that smooths no labels.
Loss make_loss(std::string_view name, const std::optional<Tensor>& class_weights = std::nullopt,
               double label_smoothing = 0);

/// Cross-entropy with class weights that suit the split `training`. Its pixels are counted, in one pass over
/// all its samples, when the loss, or a copy of it, is first called, and only where the count matters: for a
/// weighting by name other than none, and for weights of which some are 0.
///
/// Throws as check_class_weights; at the first call also as class_pixels and class_weights, and ArgumentError
/// if the weights are 0 for every class that occurs.
Loss weighted_cross_entropy(Dataset training, const ClassWeights& weights = default_class_weighting);

}  // namespace trous
