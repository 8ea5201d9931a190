#include <numeric>

#include <trous/autograd/composite.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/batch_norm.h>
#include <trous/ops/detail/norm_arguments.h>
#include <trous/ops/kernels/batch_norm.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

std::vector<int> all_but_last(const Variable& x) {
  std::vector<int> axes(static_cast<std::size_t>(x.shape().rank() - 1));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

Variable definition(const std::vector<Variable>& in, double epsilon, bool rectified) {
  const std::vector<int> axes = all_but_last(in[0]);
  const Variable centred = in[0] - mean(in[0], axes, true);
  const Variable variance = mean(centred * centred, axes, true);
  const Variable y = centred * pow(variance + epsilon, -0.5) * in[1] + in[2];
  return rectified ? relu(y) : y;
}

BatchNormResult normalized(const char* op, const std::vector<Variable>& in, double epsilon, bool rectified,
                           std::string_view name) {
  const Variable& x = in[0];
  detail::check_norm(op, x, {&in[1], &in[2]}, epsilon);
  const std::int64_t values = x.shape().elements(0, x.shape().rank() - 1);
  if (values < 2) {
    throw ShapeError(
        text(op, ": x ", x.shape(), " has ", values,
             " value per channel, and a variance needs 2. Use a larger batch, or evaluation mode."));
  }
  const auto with = [epsilon, rectified](std::span<const Tensor> at, const kernels::Moments& m) {
    return kernels::BatchNormCase{at[0], m, epsilon, at[1], at[2], rectified};
  };
  const auto at_moments = [with](std::span<const Tensor> at, std::span<const Tensor> kept) {
    return kernels::batch_norm().value(with(at, {kept[0], kept[1]}));
  };
  const auto fused = [with, at_moments](std::span<const Tensor> at) {
    const kernels::Moments m = kernels::batch_norm().moments(at[0]);
    return Computed(kernels::batch_norm().value(with(at, m)), {m.mean, m.variance}, at_moments);
  };
  const auto sums = [with](const FirstOrder& f) {
    const auto [plain, with_x] = kernels::batch_norm().sums(with(f.inputs, {f.kept[0], f.kept[1]}), f.grad);
    return std::vector{plain, with_x};
  };
  const auto of_x = [with](const FirstOrder& f) {
    return kernels::batch_norm().grad(with(f.inputs, {f.kept[0], f.kept[1]}), f.grad,
                                      {f.shared[0], f.shared[1]});
  };
  const auto of_scale = [](const FirstOrder& f) { return f.shared[1]; };
  const auto of_offset = [](const FirstOrder& f) { return f.shared[0]; };
  auto [value, kept] = composite_with_kept(
      {op, {{"epsilon", epsilon}}, std::string(name), Pixels::same()}, in, fused,
      [epsilon, rectified](const std::vector<Variable>& at) { return definition(at, epsilon, rectified); },
      {{{of_x}, {of_scale}, {of_offset}}, sums});
  return {std::move(value), kept[0], kept[1]};
}

// With statistics that are given, as constants of a trained network or as inputs like others.
Variable given(const char* op, const std::vector<Variable>& in, double epsilon, bool rectified,
               std::string_view name) {
  detail::check_norm(op, in[0], {&in[1], &in[2], &in[3], &in[4]}, epsilon);
  const auto fused = [epsilon, rectified](std::span<const Tensor> at) {
    return kernels::batch_norm().value({at[0], {at[3], at[4]}, epsilon, at[1], at[2], rectified});
  };
  return composite(
      {op, {{"epsilon", epsilon}}, std::string(name), Pixels::same()}, in, fused,
      [epsilon, rectified](const std::vector<Variable>& at) {
        const Variable slope = at[1] * pow(at[4] + epsilon, -0.5);
        const Variable y = (at[0] - at[3]) * slope + at[2];
        return rectified ? relu(y) : y;
      },
      std::vector<CompositeSlot>(in.size()));
}

}  // namespace

BatchNormResult batch_norm(const Variable& x, const Variable& scale, const Variable& offset, double epsilon,
                           std::string_view name) {
  return normalized("batch_norm", {x, scale, offset}, epsilon, false, name);
}

BatchNormResult batch_norm_relu(const Variable& x, const Variable& scale, const Variable& offset,
                                double epsilon, std::string_view name) {
  return normalized("batch_norm_relu", {x, scale, offset}, epsilon, true, name);
}

Variable batch_norm_inference(const Variable& x, const Variable& scale, const Variable& offset,
                              const Variable& mean, const Variable& variance, double epsilon,
                              std::string_view name) {
  return given("batch_norm_inference", {x, scale, offset, mean, variance}, epsilon, false, name);
}

Variable batch_norm_inference_relu(const Variable& x, const Variable& scale, const Variable& offset,
                                   const Variable& mean, const Variable& variance, double epsilon,
                                   std::string_view name) {
  return given("batch_norm_inference_relu", {x, scale, offset, mean, variance}, epsilon, true, name);
}

}  // namespace trous
