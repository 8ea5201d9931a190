#include <trous/core/error.h>
#include <trous/layers/parameter.h>

namespace trous {
namespace {

[[noreturn]] void no_value(const char* what, const Shape& shape) {
  throw Error(text(what, ": one of shape ", shape,
                   " has no value yet. Call initialize(net, key) or load(net, path)."));
}

}  // namespace

const Variable& Parameter::get() const {
  if (!value) no_value("parameter", spec.shape);
  return *value;
}

const Tensor& Buffer::get() const {
  if (!value) no_value("buffer", spec.shape);
  return *value;
}

}  // namespace trous
