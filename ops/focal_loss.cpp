#include <cmath>
#include <string>

#include <trous/autograd/composite.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/compare.h>
#include <trous/ops/detail/labels.h>
#include <trous/ops/focal_loss.h>
#include <trous/ops/gather.h>
#include <trous/ops/kernels/cross_entropy.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/softmax.h>

namespace trous {
namespace {

constexpr const char* focal_op = "focal_loss";

// (1 - p)^gamma. Where p rounds to 1 the base is 0, and a derivative of the power may be infinite there; but
// those of p in the logits are 0 to every order, so such a pixel is taken out altogether.
Variable distance_from_right(const Variable& log_p, double gamma) {
  const Variable wrong = 1.0 - exp(log_p);
  const Variable open = greater(wrong, 0);
  return masked(pow(where(open, wrong, 1.0), gamma), open);
}

Variable definition(const Variable& logits, const Tensor& labels, const Tensor& weights, double gamma,
                    std::optional<std::int32_t> ignore_index) {
  const kernels::LabelledPixels pixels = kernels::labelled_pixels(labels, weights, ignore_index);
  const Shape shape{labels.elements(), detail::classes_of(logits.shape())};
  // Masked before the softmax too, so that no logit of an ignored pixel reaches a gradient.
  const Variable counted = broadcast_to(Variable(pixels.counted), shape);
  const Variable rows = masked(reshape(logits, shape), counted);
  const Variable log_p = gather(log_softmax(rows), pixels.picked, 1);
  const Variable loss = gamma == 0 ? log_p : distance_from_right(log_p, gamma) * log_p;
  return scale(sum(masked(loss, pixels.counted) * Variable(pixels.weights)),
               pixels.total > 0 ? -1 / pixels.total : 0);
}

}  // namespace

Variable focal_loss(const Variable& logits, const Variable& labels, const FocalOptions& options,
                    std::string_view name) {
  detail::check_labelled(focal_op, logits, labels, options.class_weights, options.ignore_index);
  const double gamma = options.gamma;
  if (!(gamma >= 0) || !std::isfinite(gamma))
    throw ArgumentError(
        text(focal_op, ": gamma ", gamma, " is not 0 or more, and finite. 2 is usual, 0 is cross-entropy."));
  const Variable weights = options.class_weights
                               ? *options.class_weights
                               : Variable(Tensor::ones({detail::classes_of(logits.shape())}, logits.dtype()));
  const std::optional<std::int32_t> ignore = options.ignore_index;
  const Attributes attributes = detail::with_ignored({{"gamma", gamma}}, ignore);
  return composite(
      {focal_op, attributes, std::string(name), Pixels::mixed()}, {logits, labels, weights},
      [gamma, ignore](std::span<const Tensor> in) {
        return definition(in[0], in[1], in[2], gamma, ignore).value();
      },
      [gamma, ignore](const std::vector<Variable>& in) {
        return definition(in[0], in[1].value(), in[2].value(), gamma, ignore);
      },
      {{}, {nullptr, false}, {nullptr, false}});
}

}  // namespace trous
