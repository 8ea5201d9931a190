// Losses, and those that have a name. A training also takes any other function of outputs and targets.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <trous/autograd/variable.h>
#include <trous/core/tensor.h>
#include <trous/data/dataset.h>
#include <trous/train/class_weights.h>

namespace trous {

/// A function that training minimises: of what a network gives for a batch, and what it was to give. Made of
/// any function of two values,
///
///   (const Variable& output, const Tensor& targets) -> Variable
///   (const Variable& output, const Batch& batch) -> Variable
///
/// output    what the network gives, such as logits [n, h, w, classes]
/// targets   Batch::targets, such as int32 [n, h, w], `unknown_label` where nothing is known
/// batch     all tensors of the samples, for a loss that needs more than the targets
/// returns   one number, rank 0
class Loss {
 public:
  /// No loss.
  Loss(std::nullptr_t = nullptr) {}
  template <class F>
  requires std::invocable<const F&, const Variable&, const Tensor&> Loss(F of_targets)
      : of_targets_(std::move(of_targets)) {}
  template <class F>
  requires(!std::invocable<const F&, const Variable&, const Tensor&> &&
           std::invocable<const F&, const Variable&, const Batch&>) Loss(F of_batch)
      : of_batch_(std::move(of_batch)) {}

  /// Whether there is a loss.
  explicit operator bool() const { return of_targets_ || of_batch_; }

  Variable operator()(const Variable& output, const Batch& batch) const;
  /// Throws ArgumentError for a loss of a whole batch, and if there is none.
  Variable operator()(const Variable& output, const Tensor& targets) const;

 private:
  std::function<Variable(const Variable&, const Tensor&)> of_targets_;
  std::function<Variable(const Variable&, const Batch&)> of_batch_;
};

/// What a loss that has a name is made of.
struct LossOptions {
  std::optional<Tensor> class_weights = std::nullopt;  ///< float32 [classes], or absent
  double label_smoothing = 0;                          ///< of cross-entropy, see CrossEntropyOptions
};

/// The targets of which a loss is a function.
enum class LossOf {
  classes,  ///< masks or labels
  masks,    ///< masks alone
  numbers   ///< numbers, images or points
};

/// A loss that has a name.
///
///   NamedLoss::of<charbonnier>("charbonnier", LossOf::numbers)
struct NamedLoss {
  std::string_view name;
  Loss (*make)(const LossOptions& options) = nullptr;
  /// The reason why class weights have no effect: "weighs all classes that occur alike". Empty where they
  /// have one.
  std::string_view unweighted = {};
  /// The loss that takes class weights in place of one that does not. For a loss that is added it may be left
  /// out, and is then the first of the table.
  std::string_view weighted_alternative = {};
  bool smooths_labels = false;  ///< whether label_smoothing has an effect
  LossOf targets = LossOf::classes;

  /// The row of a function of outputs and targets, or of outputs and the whole batch, as Loss takes them. It
  /// has neither class weights nor a smoothing of labels.
  template <auto function>
  static constexpr NamedLoss of(std::string_view name, LossOf targets) {
    return {.name = name,
            .make = [](const LossOptions&) { return Loss(function); },
            .unweighted = "takes no class weights",
            .targets = targets};
  }
};

/// The table of losses: "cross-entropy" (softmax_cross_entropy), "dice" (dice_loss), "focal" (focal_loss,
/// gamma 2), "cross-entropy+dice", their sum, "bce" (sigmoid_cross_entropy), "tversky" (tversky_loss, alpha
/// 0.3, beta 0.7), "lovasz" (lovasz_loss), "cross-entropy+boundary" (cross-entropy + 0.01 boundary_loss, the
/// weight with which its paper begins), "mse" (mse_loss), "l1" (l1_loss), "huber" (huber_loss, delta 1), then
/// those that were added.
std::span<const NamedLoss> named_losses();

/// Adds a loss. Throws ArgumentError as NamedTable::add, and without `make`.
void add_named_loss(NamedLoss loss);

/// The row called `name`. Throws ArgumentError listing the names.
const NamedLoss& named_loss(std::string_view name);

/// The names of named_losses().
std::vector<std::string_view> loss_names();

/// The names of the losses that are functions of targets of this role.
std::vector<std::string_view> loss_names_for(Role target);

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
