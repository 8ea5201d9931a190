#include <cstdint>
#include <vector>

#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/layers/norm.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/batch_norm.h>
#include <trous/ops/dropout.h>

namespace trous {

BatchNorm::BatchNorm(const BatchNormOptions& o)
    : options(o),
      scale{{Shape{o.channels}}, ones()},
      offset{{Shape{o.channels}}, zeros()},
      running_mean{{Shape{o.channels}}, zeros()},
      running_variance{{Shape{o.channels}}, ones()} {
  if (o.channels < 1) throw ArgumentError(text("BatchNorm: channels ", o.channels, ". Give 1 or more."));
  if (!(o.momentum >= 0 && o.momentum <= 1)) {
    throw ArgumentError(text("BatchNorm: momentum ", o.momentum,
                             " is not in 0 to 1. It is the share of the new batch; 0.1 is usual."));
  }
  if (!(o.epsilon > 0))
    throw ArgumentError(text("BatchNorm: epsilon ", o.epsilon, " is not above 0. 1e-5 is usual."));
}

Variable BatchNorm::normalized(const Variable& x, Pass& pass, bool rectify) const {
  if (!pass.is_training()) {
    return pass.under(this, [&](std::string_view name) {
      return (rectify ? batch_norm_inference_relu : batch_norm_inference)(
          x, scale.get(), offset.get(), running_mean.get(), running_variance.get(), options.epsilon, name);
    });
  }
  const BatchNormResult result = pass.under(this, [&](std::string_view name) {
    return (rectify ? batch_norm_relu : batch_norm)(x, scale.get(), offset.get(), options.epsilon, name);
  });
  const auto values = static_cast<double>(x.shape().elements(0, x.shape().rank() - 1));
  const double momentum = options.momentum, unbiased = values / (values - 1);
  const auto blend = [momentum](double factor) {
    return [=](auto running, auto batch) { return (1 - momentum) * running + momentum * factor * batch; };
  };
  pass.update(running_mean, zip(pass.current(running_mean), result.mean, blend(1)));
  pass.update(running_variance, zip(pass.current(running_variance), result.variance, blend(unbiased)));
  return result.value;
}

Variable BatchNorm::operator()(const Variable& x, Pass& pass) const { return normalized(x, pass, false); }

Variable BatchNorm::rectified(const Variable& x, Pass& pass) const { return normalized(x, pass, true); }

namespace {

void check_probability(const char* layer, double probability) {
  if (!(probability >= 0 && probability < 1)) {
    throw ArgumentError(
        text(layer, ": probability ", probability, " is not in [0, 1). It is the share that is dropped."));
  }
}

}  // namespace

Dropout::Dropout(const DropoutOptions& o) : options(o) { check_probability("Dropout", o.probability); }

Variable Dropout::operator()(const Variable& x, Pass& pass) const {
  return pass.is_training() ? dropout(x, options.probability, pass.draw()) : x;
}

SpatialDropout::SpatialDropout(const DropoutOptions& o) : options(o) {
  check_probability("SpatialDropout", o.probability);
}

Variable SpatialDropout::operator()(const Variable& x, Pass& pass) const {
  if (!pass.is_training()) return x;
  const Shape& s = x.shape();
  if (s.rank() < 3)
    throw ShapeError(
        text("SpatialDropout: x is ", s, ". It must be [n, ..., channels] with pixels between."));
  std::vector<std::int64_t> extents(static_cast<std::size_t>(s.rank()), 1);
  extents.front() = s[0];
  extents.back() = s[s.rank() - 1];
  // The factors 0 and 1 / (1 - probability), one for each channel of each image.
  return x * dropout(Tensor::ones(Shape(extents), x.dtype()), options.probability, pass.draw());
}

}  // namespace trous
