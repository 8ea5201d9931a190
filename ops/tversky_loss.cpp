#include <cmath>
#include <string>
#include <vector>

#include <trous/autograd/composite.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/detail/labels.h>
#include <trous/ops/detail/region_truth.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/softmax.h>
#include <trous/ops/tversky_loss.h>

namespace trous {
namespace {

constexpr const char* tversky_op = "tversky_loss";

void check_tversky(const TverskyOptions& options) {
  const auto check = [](const char* what, double value, const char* usual) {
    if (value >= 0 && std::isfinite(value)) return;
    throw ArgumentError(
        text(tversky_op, ": ", what, ' ', value, " is not 0 or more, and finite. ", usual, " is usual."));
  };
  check("alpha", options.alpha, "0.3");
  check("beta", options.beta, "0.7");
  check("smooth", options.smooth, "1");
  if (options.beta > 0 || options.smooth > 0) return;
  throw ArgumentError(text(tversky_op,
                           ": beta 0 and smooth 0 divide 0 by 0 where a class is true and not "
                           "predicted. Give one of them above 0."));
}

Variable tversky_definition(const Variable& logits, const Tensor& labels, const TverskyOptions& options) {
  const std::int64_t classes = detail::classes_of(logits.shape());
  const detail::RegionTruth truth =
      detail::region_truth(labels, classes, logits.dtype(), options.ignore_index);
  // Masked before the softmax too, so that no logit of an ignored pixel reaches a gradient.
  const Variable rows = masked(reshape(logits, {labels.elements(), classes}), truth.counted);
  const Variable p = masked(softmax(rows), truth.counted);
  const Variable both = sum(masked(p, truth.of_class), 0);
  const Variable wrong = scale(sum(where(truth.of_class, 0, p), 0), options.alpha) +
                         scale(sum(where(truth.of_class, 1.0 - p, 0), 0), options.beta);
  // Of a class that does not occur the sum may be 0, and what it is divided by must not make a NaN.
  const Variable all = where(truth.present, both + wrong + options.smooth, 1.0);
  const Variable overlap = (both + options.smooth) / all;
  const double share = truth.classes_present > 0 ? 1 / static_cast<double>(truth.classes_present) : 0;
  return scale(sum(masked(1.0 - overlap, truth.present)), share);
}

}  // namespace

Variable tversky_loss(const Variable& logits, const Variable& labels, const TverskyOptions& options,
                      std::string_view name) {
  detail::check_labelled(tversky_op, logits, labels, std::nullopt, options.ignore_index);
  check_tversky(options);
  const Attributes attributes = detail::with_ignored(
      {{"alpha", options.alpha}, {"beta", options.beta}, {"smooth", options.smooth}}, options.ignore_index);
  return composite(
      {tversky_op, attributes, std::string(name), Pixels::mixed()}, {logits, labels},
      [options](std::span<const Tensor> in) { return tversky_definition(in[0], in[1], options).value(); },
      [options](const std::vector<Variable>& in) {
        return tversky_definition(in[0], in[1].value(), options);
      },
      {{}, {nullptr, false}});
}

}  // namespace trous
