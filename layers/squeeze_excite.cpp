#include <algorithm>

#include <trous/core/error.h>
#include <trous/layers/join.h>
#include <trous/layers/squeeze_excite.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/pointwise.h>

namespace trous {
namespace {

// The options, after they were checked.
const SqueezeExciteOptions& checked(const SqueezeExciteOptions& o) {
  if (o.channels < 1 || o.reduction < 1) {
    throw ArgumentError(text("SqueezeExcite: channels ", o.channels, " and reduction ", o.reduction,
                             ". Give 1 or more of each."));
  }
  return o;
}

std::int64_t inner_channels(const SqueezeExciteOptions& o) {
  return std::max<std::int64_t>(1, o.channels / o.reduction);
}

}  // namespace

SqueezeExcite::SqueezeExcite(const SqueezeExciteOptions& o)
    : options(checked(o)),
      squeeze({.in_channels = o.channels, .out_channels = inner_channels(o), .kernel = 1}),
      excite({.in_channels = inner_channels(o),
              .out_channels = o.channels,
              .kernel = 1,
              .initializer = glorot_uniform()}) {}

Variable SqueezeExcite::operator()(const Variable& x, Pass& pass) const {
  return x * sigmoid(excite(relu(squeeze(global_average_pool(x), pass)), pass));
}

}  // namespace trous
