#include <cmath>
#include <string>

#include <trous/autograd/composite.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/gather.h>
#include <trous/ops/kernels/cross_entropy.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/softmax.h>
#include <trous/ops/softmax_cross_entropy.h>

namespace trous {
namespace {

constexpr const char* op = "softmax_cross_entropy";

std::int64_t classes_of(const Shape& logits) { return logits[logits.rank() - 1]; }

void check_labels(const Tensor& labels, std::int64_t classes, std::optional<std::int32_t> ignore_index) {
  const std::span<const std::int32_t> values = labels.values<std::int32_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if ((values[i] < 0 || values[i] >= classes) && !(ignore_index && values[i] == *ignore_index)) {
      throw ArgumentError(text(op, ": label ", values[i], " at place ", i, " of labels ", labels.shape(),
                               " is not in 0 to ", classes - 1,
                               ". Correct the labels, or set ignore_index to what must not count."));
    }
  }
}

void check_weights(const Tensor& weights, const Variable& logits) {
  const std::int64_t classes = classes_of(logits.shape());
  if (!(weights.shape() == Shape{classes})) {
    throw ShapeError(text(op, ": class_weights ", weights.shape(), " for ", classes,
                          " classes. Give one weight per class."));
  }
  if (weights.dtype() != logits.dtype()) {
    throw DTypeError(text(op, ": ", logits.dtype(), " and ", weights.dtype(),
                          " do not mix. Cast one side: cast(x, DType::", logits.dtype(), ")."));
  }
  for (std::int64_t c = 0; c < classes; ++c) {
    const double weight = visit_floating(op, weights.dtype(), [&]<class T> {
      return static_cast<double>(weights.values<T>()[static_cast<std::size_t>(c)]);
    });
    if (!(weight >= 0) || !std::isfinite(weight))
      throw ArgumentError(
          text(op, ": class_weights has ", weight, " for class ", c, ". A weight is 0 or more, and finite."));
  }
}

void check(const Variable& logits, const Variable& labels) {
  const Shape& s = logits.shape();
  if (s.rank() < 1)
    throw ShapeError(text(op, ": logits have rank 0, need 1 or more. logits must be [..., classes]."));
  visit_floating(op, logits.dtype(), []<class T> {});
  if (labels.dtype() != DType::int32) {
    throw DTypeError(
        text(op, ": labels are ", labels.dtype(), ", must be int32. Cast them: cast(labels, DType::int32)."));
  }
  const Shape expected(s.extents().first(static_cast<std::size_t>(s.rank() - 1)));
  if (!(labels.shape() == expected)) {
    throw ShapeError(
        text(op, ": labels ", labels.shape(), " do not fit. logits ", s, " need labels ", expected, '.'));
  }
}

Variable definition(const std::vector<Variable>& in, std::optional<std::int32_t> ignore_index) {
  const kernels::LabelledPixels pixels = kernels::labelled_pixels(in[1].value(), in[2].value(), ignore_index);
  const Variable rows = reshape(in[0], {pixels.picked.elements(), classes_of(in[0].shape())});
  const Variable picked = gather(log_softmax(rows), pixels.picked, 1);
  return scale(sum(masked(picked, pixels.counted) * Variable(pixels.weights)),
               pixels.total > 0 ? -1 / pixels.total : 0);
}

}  // namespace

Variable softmax_cross_entropy(const Variable& logits, const Variable& labels,
                               const CrossEntropyOptions& options, std::string_view name) {
  check(logits, labels);
  const std::int64_t classes = classes_of(logits.shape());
  if (options.class_weights) check_weights(options.class_weights->value(), logits);
  check_labels(labels.value(), classes, options.ignore_index);
  const Variable weights =
      options.class_weights ? *options.class_weights : Variable(Tensor::ones({classes}, logits.dtype()));
  const std::optional<std::int32_t> ignore = options.ignore_index;
  Attributes attributes;
  if (ignore) attributes = {{"ignore_index", std::int64_t{*ignore}}};
  return composite(
      {op, attributes, std::string(name)}, {logits, labels, weights},
      [ignore](std::span<const Tensor> in) {
        return kernels::cross_entropy(in[0], kernels::labelled_pixels(in[1], in[2], ignore));
      },
      [ignore](const std::vector<Variable>& in) { return definition(in, ignore); },
      {{[ignore](const FirstOrder& f) {
         return kernels::cross_entropy_grad(
             f.inputs[0], kernels::labelled_pixels(f.inputs[1], f.inputs[2], ignore), f.grad);
       }},
       {nullptr, false},
       {nullptr, false}});
}

}  // namespace trous
