#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <mutex>
#include <utility>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/core/named_table.h>
#include <trous/data/palette.h>
#include <trous/data/survey.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/boundary_loss.h>
#include <trous/ops/dice_loss.h>
#include <trous/ops/focal_loss.h>
#include <trous/ops/lovasz_loss.h>
#include <trous/ops/regression_loss.h>
#include <trous/ops/sigmoid_cross_entropy.h>
#include <trous/ops/softmax_cross_entropy.h>
#include <trous/ops/tversky_loss.h>
#include <trous/train/loss.h>

namespace trous {
namespace {

constexpr auto unknown = static_cast<std::int32_t>(unknown_label);

std::optional<Variable> weights_of(const std::optional<Tensor>& class_weights) {
  return class_weights ? std::optional<Variable>(*class_weights) : std::nullopt;
}

Loss cross_entropy(const LossOptions& options) {
  return [o = CrossEntropyOptions{.class_weights = weights_of(options.class_weights),
                                  .ignore_index = unknown,
                                  .label_smoothing = options.label_smoothing}](const Variable& logits,
                                                                               const Tensor& labels) {
    return softmax_cross_entropy(logits, labels, o, "loss");
  };
}

Variable dice(const Variable& logits, const Tensor& labels) {
  return dice_loss(logits, labels, {.ignore_index = unknown});
}

Loss dice_alone(const LossOptions&) { return dice; }

Loss focal(const LossOptions& options) {
  return [weights = weights_of(options.class_weights)](const Variable& logits, const Tensor& labels) {
    return focal_loss(logits, labels, {.class_weights = weights, .ignore_index = unknown});
  };
}

Loss cross_entropy_and_dice(const LossOptions& options) {
  return [first = cross_entropy(options)](const Variable& logits, const Tensor& labels) {
    return first(logits, labels) + dice(logits, labels);
  };
}

Loss bce(const LossOptions&) {
  return [](const Variable& logits, const Tensor& labels) {
    return sigmoid_cross_entropy(logits, labels, {.ignore_index = unknown}, "loss");
  };
}

Loss tversky(const LossOptions&) {
  return [](const Variable& logits, const Tensor& labels) {
    return tversky_loss(logits, labels, {.ignore_index = unknown}, "loss");
  };
}

Loss lovasz(const LossOptions&) {
  return [](const Variable& logits, const Tensor& labels) {
    return lovasz_loss(logits, labels, {.ignore_index = unknown}, "loss");
  };
}

Loss cross_entropy_and_boundary(const LossOptions& options) {
  return [first = cross_entropy(options)](const Variable& logits, const Tensor& labels) {
    return first(logits, labels) + 0.01 * boundary_loss(logits, labels, {.ignore_index = unknown});
  };
}

// A loss of numbers, which has no class weights.
template <Variable (*of)(const Variable&, const Variable&, std::string_view)>
Loss of_numbers(const LossOptions&) {
  return [](const Variable& output, const Tensor& targets) { return of(output, targets, "loss"); };
}

Variable huber(const Variable& output, const Variable& targets, std::string_view name) {
  return huber_loss(output, targets, {}, name);
}

constexpr std::string_view no_classes = "knows no classes";

bool is_of(const NamedLoss& loss, Role target) {
  const bool has_classes = target == Role::mask || target == Role::label;
  if (loss.targets == LossOf::numbers) return !has_classes;
  return target == Role::mask || (target == Role::label && loss.targets == LossOf::classes);
}

// The losses of trous. The first is the default of `trous train`. A new one is a row of this list.
constexpr std::array losses{
    NamedLoss{.name = "cross-entropy", .make = cross_entropy, .smooths_labels = true},
    NamedLoss{"dice", dice_alone, "weighs all classes that occur alike", "cross-entropy+dice"},
    NamedLoss{"focal", focal},
    NamedLoss{.name = "cross-entropy+dice", .make = cross_entropy_and_dice, .smooths_labels = true},
    NamedLoss{"bce", bce, "asks for each class alike whether a pixel is of it", "cross-entropy"},
    NamedLoss{"tversky", tversky, "weighs all classes that occur alike", "cross-entropy+dice"},
    NamedLoss{"lovasz", lovasz, "weighs all classes that occur alike", "cross-entropy+dice"},
    NamedLoss{.name = "cross-entropy+boundary",
              .make = cross_entropy_and_boundary,
              .smooths_labels = true,
              .targets = LossOf::masks},
    NamedLoss{.name = "mse",
              .make = of_numbers<mse_loss>,
              .unweighted = no_classes,
              .weighted_alternative = "cross-entropy",
              .targets = LossOf::numbers},
    NamedLoss{.name = "l1",
              .make = of_numbers<l1_loss>,
              .unweighted = no_classes,
              .weighted_alternative = "cross-entropy",
              .targets = LossOf::numbers},
    NamedLoss{.name = "huber",
              .make = of_numbers<huber>,
              .unweighted = no_classes,
              .weighted_alternative = "cross-entropy",
              .targets = LossOf::numbers},
};

NamedTable<NamedLoss>& loss_table() {
  static NamedTable<NamedLoss> table("loss", losses);
  return table;
}

}  // namespace

Variable Loss::operator()(const Variable& output, const Batch& batch) const {
  return of_batch_ ? of_batch_(output, batch) : (*this)(output, batch.targets);
}

Variable Loss::operator()(const Variable& output, const Tensor& targets) const {
  if (of_targets_) return of_targets_(output, targets);
  throw ArgumentError(of_batch_
                          ? "loss: this loss reads whole batches. Give it the Batch, not its targets alone."
                          : "loss: there is no loss. Give a function of outputs and targets.");
}

std::span<const NamedLoss> named_losses() { return loss_table().rows(); }

void add_named_loss(NamedLoss loss) {
  if (!loss.make) {
    throw ArgumentError(
        text("loss: \"", loss.name, "\" has no make. Give the function that makes it, or NamedLoss::of."));
  }
  if (!loss.unweighted.empty() && loss.weighted_alternative.empty())
    loss.weighted_alternative = losses.front().name;
  loss_table().add(loss);
}

const NamedLoss& named_loss(std::string_view name) { return row_named("loss", named_losses(), name); }

std::vector<std::string_view> loss_names() { return names_in(named_losses()); }

std::vector<std::string_view> loss_names_for(Role target) {
  std::vector<std::string_view> names;
  for (const NamedLoss& row : named_losses()) {
    if (is_of(row, target)) names.push_back(row.name);
  }
  return names;
}

std::vector<std::string_view> smoothing_loss_names() {
  std::vector<std::string_view> names;
  for (const NamedLoss& row : named_losses()) {
    if (row.smooths_labels) names.push_back(row.name);
  }
  return names;
}

bool takes_class_weights(std::string_view name) { return named_loss(name).unweighted.empty(); }

Loss make_loss(std::string_view name, const std::optional<Tensor>& class_weights, double label_smoothing) {
  const NamedLoss& row = named_loss(name);
  if (class_weights && !row.unweighted.empty()) {
    std::string noun(name);
    noun[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(noun[0])));
    throw ArgumentError(text("loss: ", name, " with class weights ", class_weights->shape(), ". ", noun, ' ',
                             row.unweighted, ". Take ", row.weighted_alternative, ", or no class weights."));
  }
  if (!(label_smoothing >= 0 && label_smoothing <= 1)) {
    throw ArgumentError(
        text("loss: label smoothing ", label_smoothing, " is not in 0 to 1. 0.1 is usual, 0 is none."));
  }
  if (label_smoothing > 0 && !row.smooths_labels) {
    throw ArgumentError(text("loss: ", name, " with label smoothing ", label_smoothing,
                             ", which it does not have. Take ", listed(smoothing_loss_names()),
                             ", or no label smoothing."));
  }
  return row.make({class_weights, label_smoothing});
}

Loss weighted_cross_entropy(Dataset training, const ClassWeights& weights) {
  const auto* const given = std::get_if<Tensor>(&weights);
  if (given) {
    check_class_weights(*given, static_cast<std::int64_t>(training.classes.size()));
    const std::vector<float> numbers = given->to_vector<float>();
    if (std::find(numbers.begin(), numbers.end(), 0.0F) == numbers.end())
      return cross_entropy({.class_weights = *given});
  } else if (std::get<ClassWeighting>(weights) == ClassWeighting::none) {
    return cross_entropy({});
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
        counted->loss = cross_entropy({.class_weights = *fixed});
      } else {
        counted->loss =
            cross_entropy({.class_weights = class_weights(std::get<ClassWeighting>(weights), pixels)});
      }
    });
    return counted->loss(logits, labels);
  };
}

}  // namespace trous
