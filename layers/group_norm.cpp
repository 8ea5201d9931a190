#include <numeric>

#include <trous/core/error.h>
#include <trous/layers/group_norm.h>
#include <trous/ops/group_norm.h>

namespace trous {
namespace {

void check_options(const char* layer, std::int64_t channels, std::int64_t least, double epsilon) {
  if (channels < least)
    throw ArgumentError(
        text(layer, ": channels ", channels, ". Give ", least, " or more",
             least > 1 && channels == 1 ? ", or another norm, since a variance needs 2." : "."));
  if (!(epsilon > 0))
    throw ArgumentError(text(layer, ": epsilon ", epsilon, " is not above 0. 1e-5 is usual."));
}

std::int64_t usual_groups(std::int64_t channels) {
  return channels % 2 == 0 ? std::gcd(channels / 2, std::int64_t{8}) : 1;
}

GroupNormOptions with_groups(GroupNormOptions o) {
  check_options("GroupNorm", o.channels, 1, o.epsilon);
  if (o.groups == 0) o.groups = usual_groups(o.channels);
  if (o.groups < 0 || o.channels % o.groups != 0) {
    throw ArgumentError(
        text("GroupNorm: ", o.groups, " groups of ", o.channels,
             " channels do not come out even. Give a number that divides the channels, or 0 for ",
             usual_groups(o.channels), '.'));
  }
  return o;
}

}  // namespace

GroupNorm::GroupNorm(const GroupNormOptions& o)
    : options(with_groups(o)), scale{{Shape{o.channels}}, ones()}, offset{{Shape{o.channels}}, zeros()} {}

Variable GroupNorm::operator()(const Variable& x, Pass& pass) const {
  return pass.under(this, [&](std::string_view name) {
    return group_norm(x, scale.get(), offset.get(), options.groups, options.epsilon, name);
  });
}

Variable GroupNorm::rectified(const Variable& x, Pass& pass) const {
  return pass.under(this, [&](std::string_view name) {
    return group_norm_relu(x, scale.get(), offset.get(), options.groups, options.epsilon, name);
  });
}

LayerNorm::LayerNorm(const LayerNormOptions& o)
    : options(o), scale{{Shape{o.channels}}, ones()}, offset{{Shape{o.channels}}, zeros()} {
  check_options("LayerNorm", o.channels, 2, o.epsilon);
}

Variable LayerNorm::operator()(const Variable& x, Pass& pass) const {
  return pass.under(this, [&](std::string_view name) {
    return layer_norm(x, scale.get(), offset.get(), options.epsilon, name);
  });
}

Variable LayerNorm::rectified(const Variable& x, Pass& pass) const {
  return pass.under(this, [&](std::string_view name) {
    return layer_norm_relu(x, scale.get(), offset.get(), options.epsilon, name);
  });
}

InstanceNorm::InstanceNorm(const LayerNormOptions& o)
    : options(o), scale{{Shape{o.channels}}, ones()}, offset{{Shape{o.channels}}, zeros()} {
  check_options("InstanceNorm", o.channels, 1, o.epsilon);
}

Variable InstanceNorm::operator()(const Variable& x, Pass& pass) const {
  return pass.under(this, [&](std::string_view name) {
    return group_norm(x, scale.get(), offset.get(), options.channels, options.epsilon, name);
  });
}

Variable InstanceNorm::rectified(const Variable& x, Pass& pass) const {
  return pass.under(this, [&](std::string_view name) {
    return group_norm_relu(x, scale.get(), offset.get(), options.channels, options.epsilon, name);
  });
}

}  // namespace trous
