#include <cmath>

#include <trous/core/error.h>
#include <trous/ops/detail/labels.h>

namespace trous::detail {
namespace {

void check_shapes(std::string_view op, const Variable& logits, const Variable& labels) {
  const Shape& s = logits.shape();
  if (s.rank() < 1)
    throw ShapeError(text(op, ": logits have rank 0, need 1 or more. logits must be [..., classes]."));
  visit_floating(op, logits.dtype(), []<class T> {});
  if (labels.dtype() != DType::int32) {
    throw DTypeError(
        text(op, ": labels are ", labels.dtype(), ", must be int32. Cast them: cast(labels, DType::int32)."));
  }
  const Shape expected(s.extents().first(static_cast<std::size_t>(s.rank() - 1)));
  if (labels.shape() != expected) {
    throw ShapeError(
        text(op, ": labels ", labels.shape(), " do not fit. logits ", s, " need labels ", expected, '.'));
  }
}

void check_weights(std::string_view op, const Tensor& weights, const Variable& logits) {
  const std::int64_t classes = classes_of(logits.shape());
  if (weights.shape() != Shape{classes}) {
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

void check_labels(std::string_view op, const Tensor& labels, std::int64_t classes,
                  std::optional<std::int32_t> ignore_index) {
  const std::span<const std::int32_t> values = labels.values<std::int32_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if ((values[i] < 0 || values[i] >= classes) && !(ignore_index && values[i] == *ignore_index)) {
      throw ArgumentError(text(op, ": label ", values[i], " at place ", i, " of labels ", labels.shape(),
                               " is not in 0 to ", classes - 1,
                               ". Correct the labels, or set ignore_index to what must not count."));
    }
  }
}

}  // namespace

std::int64_t classes_of(const Shape& logits) { return logits[logits.rank() - 1]; }

void check_labelled(std::string_view op, const Variable& logits, const Variable& labels,
                    const std::optional<Variable>& class_weights, std::optional<std::int32_t> ignore_index) {
  check_shapes(op, logits, labels);
  if (class_weights) check_weights(op, class_weights->value(), logits);
  check_labels(op, labels.value(), classes_of(logits.shape()), ignore_index);
}

Attributes with_ignored(Attributes attributes, std::optional<std::int32_t> ignore_index) {
  if (ignore_index) attributes.add("ignore_index", std::int64_t{*ignore_index});
  return attributes;
}

}  // namespace trous::detail
