#include <string>

#include <trous/autograd/composite.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/compare.h>
#include <trous/ops/detail/labels.h>
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

}  // namespace

Variable softmax_cross_entropy(const Variable& logits, const Variable& labels,
                               const CrossEntropyOptions& options, std::string_view name) {
  detail::check_labelled(cross_entropy_op, logits, labels, options.class_weights, options.ignore_index);
  const std::int64_t classes = detail::classes_of(logits.shape());
  const Variable weights =
      options.class_weights ? *options.class_weights : Variable(Tensor::ones({classes}, logits.dtype()));
  const std::optional<std::int32_t> ignore = options.ignore_index;
  Attributes attributes;
  if (ignore) attributes = {{"ignore_index", std::int64_t{*ignore}}};
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
