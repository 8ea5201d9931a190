#include <trous/core/error.h>
#include <trous/data/palette.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/dice_loss.h>
#include <trous/ops/focal_loss.h>
#include <trous/ops/softmax_cross_entropy.h>
#include <trous/train/loss.h>

namespace trous {
namespace {

constexpr auto unknown = static_cast<std::int32_t>(unknown_label);

std::optional<Variable> weights_of(const std::optional<Tensor>& class_weights) {
  return class_weights ? std::optional<Variable>(*class_weights) : std::nullopt;
}

Loss cross_entropy(const std::optional<Tensor>& class_weights) {
  return [weights = weights_of(class_weights)](const Variable& logits, const Tensor& labels) {
    return softmax_cross_entropy(logits, labels, {.class_weights = weights, .ignore_index = unknown}, "loss");
  };
}

Variable dice(const Variable& logits, const Tensor& labels) {
  return dice_loss(logits, labels, {.ignore_index = unknown});
}

}  // namespace

std::vector<std::string_view> loss_names() {
  return {"cross-entropy", "dice", "focal", "cross-entropy+dice"};
}

Loss make_loss(std::string_view name, const std::optional<Tensor>& class_weights) {
  if (name == "cross-entropy") return cross_entropy(class_weights);
  if (name == "dice") return dice;
  if (name == "focal") {
    return [weights = weights_of(class_weights)](const Variable& logits, const Tensor& labels) {
      return focal_loss(logits, labels, {.class_weights = weights, .ignore_index = unknown});
    };
  }
  if (name == "cross-entropy+dice") {
    return [first = cross_entropy(class_weights)](const Variable& logits, const Tensor& labels) {
      return first(logits, labels) + dice(logits, labels);
    };
  }
  throw ArgumentError(
      text("loss: \"", name, "\" is not known. Choose cross-entropy, dice, focal or cross-entropy+dice."));
}

}  // namespace trous
