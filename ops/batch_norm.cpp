#include <numeric>

#include <trous/autograd/composite.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/batch_norm.h>
#include <trous/ops/kernels/batch_norm.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

void check(const char* op, const Variable& x, std::initializer_list<const Variable*> per_channel,
           double epsilon) {
  const Shape& s = x.shape();
  if (s.rank() < 2)
    throw ShapeError(
        text(op, ": x has rank ", s.rank(), ", needs 2 or more. x ", s, " must be [batch, ..., channels]."));
  visit_floating(op, x.dtype(), []<class T> {});
  const std::int64_t channels = s[s.rank() - 1];
  for (const Variable* p : per_channel) {
    if (!(p->shape() == Shape{channels})) {
      throw ShapeError(text(op, ": x ", s, " has ", channels, " channels, a parameter has shape ", p->shape(),
                            ". Each needs shape [", channels, "]."));
    }
    if (p->dtype() != x.dtype()) {
      throw DTypeError(text(op, ": ", x.dtype(), " and ", p->dtype(),
                            " do not mix. Cast one side: cast(x, DType::", x.dtype(), ")."));
    }
  }
  if (!(epsilon > 0))
    throw ArgumentError(text(op, ": epsilon ", epsilon,
                             " is not above 0. It keeps a constant channel finite; 1e-5 is usual."));
}

std::vector<int> all_but_last(const Variable& x) {
  std::vector<int> axes(static_cast<std::size_t>(x.shape().rank() - 1));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

Variable definition(const std::vector<Variable>& in, double epsilon) {
  const std::vector<int> axes = all_but_last(in[0]);
  const Variable centred = in[0] - mean(in[0], axes, true);
  const Variable variance = mean(centred * centred, axes, true);
  return centred * pow(variance + epsilon, -0.5) * in[1] + in[2];
}

kernels::Moments kept_moments(const FirstOrder& f) { return {f.kept[0], f.kept[1]}; }

}  // namespace

BatchNormResult batch_norm(const Variable& x, const Variable& scale, const Variable& offset, double epsilon,
                           std::string_view name) {
  check("batch_norm", x, {&scale, &offset}, epsilon);
  const std::int64_t values = x.shape().elements(0, x.shape().rank() - 1);
  if (values < 2) {
    throw ShapeError(
        text("batch_norm: x ", x.shape(), " has ", values,
             " value per channel, and a variance needs 2. Use a larger batch, or evaluation mode."));
  }
  const auto fused = [epsilon](std::span<const Tensor> in) {
    const kernels::Moments m = kernels::moments(in[0]);
    return Computed(kernels::batch_norm(in[0], m, epsilon, in[1], in[2]), {m.mean, m.variance});
  };
  auto [value, kept] = composite_with_kept(
      {"batch_norm", {{"epsilon", epsilon}}, std::string(name)}, {x, scale, offset}, fused,
      [epsilon](const std::vector<Variable>& in) { return definition(in, epsilon); },
      {{[epsilon](const FirstOrder& f) {
         return kernels::batch_norm_grad(f.inputs[0], kept_moments(f), epsilon, f.inputs[1], f.grad);
       }},
       {[epsilon](const FirstOrder& f) {
         return kernels::batch_norm_sums(f.inputs[0], kept_moments(f), epsilon, f.grad).grad_normalized;
       }},
       {[epsilon](const FirstOrder& f) {
         return kernels::batch_norm_sums(f.inputs[0], kept_moments(f), epsilon, f.grad).grad;
       }}});
  return {std::move(value), kept[0], kept[1]};
}

Variable batch_norm_inference(const Variable& x, const Variable& scale, const Variable& offset,
                              const Variable& mean, const Variable& variance, double epsilon) {
  check("batch_norm_inference", x, {&scale, &offset, &mean, &variance}, epsilon);
  const Variable slope = scale * pow(variance + epsilon, -0.5);
  return x * slope + (offset - mean * slope);
}

}  // namespace trous
