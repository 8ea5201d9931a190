#include <cmath>
#include <string>
#include <vector>

#include <trous/autograd/composite.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/detail/labels.h>
#include <trous/ops/detail/region_truth.h>
#include <trous/ops/dice_loss.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/softmax.h>

namespace trous {
namespace {

constexpr const char* dice_op = "dice_loss";

Variable definition(const Variable& logits, const Tensor& labels, const DiceOptions& options) {
  const std::int64_t classes = detail::classes_of(logits.shape());
  const detail::RegionTruth truth =
      detail::region_truth(labels, classes, logits.dtype(), options.ignore_index);
  // Masked before the softmax too, so that no logit of an ignored pixel reaches a gradient.
  const Variable rows = masked(reshape(logits, {labels.elements(), classes}), truth.counted);
  const Variable p = masked(softmax(rows), truth.counted);
  const Variable both = sum(masked(p, truth.of_class), 0);
  const Variable overlap =
      (2.0 * both + options.smooth) / (sum(p, 0) + Variable(truth.sizes) + options.smooth);
  const double share = truth.classes_present > 0 ? 1 / static_cast<double>(truth.classes_present) : 0;
  return scale(sum(masked(1.0 - overlap, truth.present)), share);
}

}  // namespace

Variable dice_loss(const Variable& logits, const Variable& labels, const DiceOptions& options,
                   std::string_view name) {
  detail::check_labelled(dice_op, logits, labels, std::nullopt, options.ignore_index);
  if (!(options.smooth >= 0) || !std::isfinite(options.smooth))
    throw ArgumentError(text(dice_op, ": smooth ", options.smooth,
                             " is not 0 or more, and finite. 1 is usual, 0 is plain Dice."));
  const Attributes attributes = detail::with_ignored({{"smooth", options.smooth}}, options.ignore_index);
  return composite(
      {dice_op, attributes, std::string(name), Pixels::mixed()}, {logits, labels},
      [options](std::span<const Tensor> in) { return definition(in[0], in[1], options).value(); },
      [options](const std::vector<Variable>& in) { return definition(in[0], in[1].value(), options); },
      {{}, {nullptr, false}});
}

}  // namespace trous
