#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <mutex>
#include <utility>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/data/palette.h>
#include <trous/data/survey.h>
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

Loss dice_alone(const std::optional<Tensor>&) { return dice; }

Loss focal(const std::optional<Tensor>& class_weights) {
  return [weights = weights_of(class_weights)](const Variable& logits, const Tensor& labels) {
    return focal_loss(logits, labels, {.class_weights = weights, .ignore_index = unknown});
  };
}

Loss cross_entropy_and_dice(const std::optional<Tensor>& class_weights) {
  return [first = cross_entropy(class_weights)](const Variable& logits, const Tensor& labels) {
    return first(logits, labels) + dice(logits, labels);
  };
}

// The only list of losses. The first is the default of `trous train`.
constexpr std::array losses{
    NamedLoss{"cross-entropy", cross_entropy},
    NamedLoss{"dice", dice_alone, "weighs all classes that occur alike", "cross-entropy+dice"},
    NamedLoss{"focal", focal},
    NamedLoss{"cross-entropy+dice", cross_entropy_and_dice},
};

}  // namespace

std::span<const NamedLoss> named_losses() { return losses; }

const NamedLoss& named_loss(std::string_view name) { return row_named("loss", losses, name); }

std::vector<std::string_view> loss_names() { return names_in(losses); }

bool takes_class_weights(std::string_view name) { return named_loss(name).unweighted.empty(); }

Loss make_loss(std::string_view name, const std::optional<Tensor>& class_weights) {
  const NamedLoss& row = named_loss(name);
  if (class_weights && !row.unweighted.empty()) {
    std::string noun(name);
    noun[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(noun[0])));
    throw ArgumentError(text("loss: ", name, " with class weights ", class_weights->shape(), ". ", noun, ' ',
                             row.unweighted, ". Take ", row.weighted_alternative, ", or no class weights."));
  }
  return row.make(class_weights);
}

Loss weighted_cross_entropy(Dataset training, const ClassWeights& weights) {
  const auto* const given = std::get_if<Tensor>(&weights);
  if (given) {
    check_class_weights(*given, static_cast<std::int64_t>(training.classes.size()));
    const std::vector<float> numbers = given->to_vector<float>();
    if (std::find(numbers.begin(), numbers.end(), 0.0F) == numbers.end()) return cross_entropy(*given);
  } else if (std::get<ClassWeighting>(weights) == ClassWeighting::none) {
    return cross_entropy(std::nullopt);
  }
  struct Counted {
    std::once_flag once;
    Loss loss;
  };
  return [training = std::move(training), weights, counted = std::make_shared<Counted>()](
             const Variable& logits, const Tensor& labels) {
    std::call_once(counted->once, [&] {
      const std::vector<std::int64_t> pixels = class_pixels(training);
      if (const auto* const fixed = std::get_if<Tensor>(&weights)) {
        check_class_weights(*fixed, pixels);
        counted->loss = cross_entropy(*fixed);
      } else {
        counted->loss = cross_entropy(class_weights(std::get<ClassWeighting>(weights), pixels));
      }
    });
    return counted->loss(logits, labels);
  };
}

}  // namespace trous
