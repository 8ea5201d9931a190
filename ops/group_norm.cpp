#include <trous/autograd/composite.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/detail/norm_arguments.h>
#include <trous/ops/group_norm.h>
#include <trous/ops/kernels/group_norm.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

// What is normalised together, and what follows.
struct GroupNorming {
  const char* op;
  kernels::Groups extent;
  double epsilon;
  bool rectified;
  Attributes attributes;
  Pixels pixels;
};

Variable group_definition(const std::vector<Variable>& in, const GroupNorming& n) {
  const auto& [samples, pixels, channels, groups] = n.extent;
  const Variable x = reshape(in[0], {samples, pixels, groups, channels / groups});
  const Variable centred = x - mean(x, {1, 3}, true);
  const Variable variance = mean(centred * centred, {1, 3}, true);
  const Variable normalised = reshape(centred * pow(variance + n.epsilon, -0.5), in[0].shape());
  const Variable y = normalised * in[1] + in[2];
  return n.rectified ? relu(y) : y;
}

Variable group_normed(const std::vector<Variable>& in, const GroupNorming& n, std::string_view name) {
  const auto with = [n](std::span<const Tensor> at, const kernels::Moments& m) {
    return kernels::GroupNormCase{at[0], n.extent, m, n.epsilon, at[1], at[2], n.rectified};
  };
  const auto at_moments = [with](std::span<const Tensor> at, std::span<const Tensor> kept) {
    return kernels::group_norm_value(with(at, {kept[0], kept[1]}));
  };
  const auto fused = [n, with, at_moments](std::span<const Tensor> at) {
    const kernels::Moments m = kernels::group_moments(at[0], n.extent);
    return Computed(kernels::group_norm_value(with(at, m)), {m.mean, m.variance}, at_moments);
  };
  const auto sums = [with](const FirstOrder& f) {
    const auto s = kernels::group_norm_sums(with(f.inputs, {f.kept[0], f.kept[1]}), f.grad);
    return std::vector{s.grad, s.grad_normalized, s.scaled, s.scaled_normalized};
  };
  const auto of_x = [with](const FirstOrder& f) {
    return kernels::group_norm_grad(with(f.inputs, {f.kept[0], f.kept[1]}), f.grad,
                                    {f.shared[0], f.shared[1], f.shared[2], f.shared[3]});
  };
  const auto of_scale = [](const FirstOrder& f) { return f.shared[1]; };
  const auto of_offset = [](const FirstOrder& f) { return f.shared[0]; };
  return composite({n.op, n.attributes, std::string(name), n.pixels}, in, fused,
                   [n](const std::vector<Variable>& at) { return group_definition(at, n); },
                   {{{of_x}, {of_scale}, {of_offset}}, sums});
}

Variable by_groups(const char* op, const std::vector<Variable>& in, std::int64_t groups, double epsilon,
                   bool rectified, std::string_view name) {
  detail::check_norm(op, in[0], {&in[1], &in[2]}, epsilon);
  const Shape& s = in[0].shape();
  const std::int64_t channels = s[s.rank() - 1], pixels = s.elements(1, s.rank() - 1);
  if (groups < 1 || channels % groups != 0) {
    throw ArgumentError(text(op, ": ", groups, " groups of ", channels,
                             " channels do not come out even. x is ", s,
                             ". Give a number that divides the channels."));
  }
  if (pixels * (channels / groups) < 2) {
    throw ShapeError(text(op, ": x ", s, " has 1 value per group, and a variance needs 2. Use ",
                          groups > 1 ? "fewer groups, " : "", "another norm or larger images."));
  }
  const Attributes attributes{{"groups", groups}, {"epsilon", epsilon}};
  return group_normed(
      in, {op, {s[0], pixels, channels, groups}, epsilon, rectified, attributes, Pixels::mixed()}, name);
}

// A pixel is a sample of one pixel with one group.
Variable by_pixels(const char* op, const std::vector<Variable>& in, double epsilon, bool rectified,
                   std::string_view name) {
  detail::check_norm(op, in[0], {&in[1], &in[2]}, epsilon);
  const Shape& s = in[0].shape();
  const std::int64_t channels = s[s.rank() - 1];
  if (channels < 2)
    throw ShapeError(text(op, ": x ", s, " has 1 channel, and a variance needs 2 values. Use a group_norm."));
  const kernels::Groups extent{s.elements(0, s.rank() - 1), 1, channels, 1};
  return group_normed(in, {op, extent, epsilon, rectified, {{"epsilon", epsilon}}, Pixels::same()}, name);
}

}  // namespace

Variable group_norm(const Variable& x, const Variable& scale, const Variable& offset, std::int64_t groups,
                    double epsilon, std::string_view name) {
  return by_groups("group_norm", {x, scale, offset}, groups, epsilon, false, name);
}

Variable group_norm_relu(const Variable& x, const Variable& scale, const Variable& offset,
                         std::int64_t groups, double epsilon, std::string_view name) {
  return by_groups("group_norm_relu", {x, scale, offset}, groups, epsilon, true, name);
}

Variable layer_norm(const Variable& x, const Variable& scale, const Variable& offset, double epsilon,
                    std::string_view name) {
  return by_pixels("layer_norm", {x, scale, offset}, epsilon, false, name);
}

Variable layer_norm_relu(const Variable& x, const Variable& scale, const Variable& offset, double epsilon,
                         std::string_view name) {
  return by_pixels("layer_norm_relu", {x, scale, offset}, epsilon, true, name);
}

}  // namespace trous
