#include <cmath>

#include <trous/core/error.h>
#include <trous/layers/activations.h>
#include <trous/ops/activations.h>

namespace trous {
namespace {

double finite(const char* layer, const char* option, double value) {
  if (std::isfinite(value)) return value;
  throw ArgumentError(text(layer, ": ", option, ' ', value, ". Give a finite number."));
}

}  // namespace

LeakyRelu::LeakyRelu(const LeakyReluOptions& o) : options{finite("LeakyRelu", "slope", o.slope)} {}

Variable LeakyRelu::operator()(const Variable& x) const { return leaky_relu(x, options.slope); }

Elu::Elu(const EluOptions& o) : options{finite("Elu", "alpha", o.alpha)} {}

Variable Elu::operator()(const Variable& x) const { return elu(x, options.alpha); }

PRelu::PRelu(const PReluOptions& o)
    : options(o),
      slope{{Shape{o.channels}},
            [first = finite("PRelu", "first_slope", o.first_slope)](const ParameterSpec& spec, DType dtype,
                                                                    Key) {
              return Tensor::full(spec.shape, dtype, first);
            }} {
  if (o.channels < 1) throw ArgumentError(text("PRelu: channels ", o.channels, ". Give 1 or more."));
}

Variable PRelu::operator()(const Variable& x, Pass& pass) const {
  return pass.under(this, [&](std::string_view name) { return prelu(x, slope.get(), name); });
}

}  // namespace trous
