#include <string>
#include <utility>
#include <vector>

#include <trous/autograd/composite.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/compare.h>
#include <trous/ops/detail/labels.h>
#include <trous/ops/detail/region_truth.h>
#include <trous/ops/gather.h>
#include <trous/ops/kernels/cross_entropy.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/softmax.h>
#include <trous/ops/softmax_cross_entropy.h>

namespace trous {
namespace {

constexpr const char* cross_entropy_op = "softmax_cross_entropy";

Variable definition(const std::vector<Variable>& in, std::optional<std::int32_t> ignore_index) {
  const kernels::LabelledPixels pixels = kernels::labelled_pixels(in[1].value(), in[2].value(), ignore_index);
  const Shape shape{pixels.picked.elements(), detail::classes_of(in[0].shape())};
  // Masked before the softmax, so that no logit of a pixel that does not count reaches a derivative.
  const Variable counted = broadcast_to(Variable(pixels.counted), shape);
  const Variable rows = masked(reshape(in[0], shape), counted);
  const Variable picked = gather(log_softmax(rows), pixels.picked, 1);
  return scale(sum(picked * Variable(pixels.weights)), pixels.total > 0 ? -1 / pixels.total : 0);
}

// With label smoothing. A class of weight 0 has no share in `pixels`, but in the mean over classes.
Variable smoothed_definition(const std::vector<Variable>& in, std::optional<std::int32_t> ignore_index,
                             double smoothing) {
  const kernels::LabelledPixels pixels = kernels::labelled_pixels(in[1].value(), in[2].value(), ignore_index);
  const std::int64_t classes = detail::classes_of(in[0].shape());
  const Shape shape{pixels.picked.elements(), classes};
  const detail::RegionTruth truth = detail::region_truth(in[1].value(), classes, in[0].dtype(), ignore_index);
  const Variable log_p = log_softmax(masked(reshape(in[0], shape), truth.counted));
  const Variable right = sum(gather(log_p, pixels.picked, 1) * Variable(pixels.weights));
  const Variable all = sum(masked(log_p * detach(in[2]), truth.counted));
  const Variable loss = scale(right, smoothing - 1) + scale(all, -smoothing / static_cast<double>(classes));
  return scale(loss, pixels.total > 0 ? 1 / pixels.total : 0);
}

Variable smoothed(Op op, const std::vector<Variable>& inputs, std::optional<std::int32_t> ignore,
                  double smoothing) {
  return composite(
      std::move(op), inputs,
      [ignore, smoothing](std::span<const Tensor> in) {
        return smoothed_definition({in.begin(), in.end()}, ignore, smoothing).value();
      },
      [ignore, smoothing](const std::vector<Variable>& in) {
        return smoothed_definition(in, ignore, smoothing);
      },
      {{}, {nullptr, false}, {nullptr, false}});
}

}  // namespace

Variable softmax_cross_entropy(const Variable& logits, const Variable& labels,
                               const CrossEntropyOptions& options, std::string_view name) {
  detail::check_labelled(cross_entropy_op, logits, labels, options.class_weights, options.ignore_index);
  const std::int64_t classes = detail::classes_of(logits.shape());
  const Variable weights =
      options.class_weights ? *options.class_weights : Variable(Tensor::ones({classes}, logits.dtype()));
  const std::optional<std::int32_t> ignore = options.ignore_index;
  const double smoothing = options.label_smoothing;
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw ArgumentError(text(cross_entropy_op, ": label_smoothing ", smoothing,
                             " is not in 0 to 1. 0.1 is usual, 0 is plain cross-entropy."));
  }
  if (smoothing > 0) {
    const Attributes smooth = detail::with_ignored({{"label_smoothing", smoothing}}, ignore);
    return smoothed({cross_entropy_op, smooth, std::string(name), Pixels::mixed()}, {logits, labels, weights},
                    ignore, smoothing);
  }
  const Attributes attributes = detail::with_ignored({}, ignore);
  return composite(
      {cross_entropy_op, attributes, std::string(name), Pixels::mixed()}, {logits, labels, weights},
      [ignore](std::span<const Tensor> in) {
        const kernels::LabelledPixels pixels = kernels::labelled_pixels(in[1], in[2], ignore);
        const auto [loss, log_sum] = kernels::cross_entropy().value(in[0], pixels);
        return Computed(loss, {pixels.picked, pixels.counted, pixels.weights,
                               Tensor::scalar(pixels.total, DType::float64), log_sum});
      },
      [ignore](const std::vector<Variable>& in) { return definition(in, ignore); },
      {{[](const FirstOrder& f) {
         const kernels::LabelledPixels pixels{f.kept[0], f.kept[1], f.kept[2], f.kept[3].item<double>()};
         return kernels::cross_entropy().grad(f.inputs[0], pixels, f.kept[4], f.grad);
       }},
       {nullptr, false},
       {nullptr, false}});
}

}  // namespace trous
