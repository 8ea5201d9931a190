#include <trous/core/error.h>
#include <trous/layers/parameter.h>

namespace trous {
namespace {

[[noreturn]] void no_value(const char* what, std::string_view path, const Shape& shape) {
  const std::string fact =
      text(what, ": ", path.empty() ? "one" : path, " of shape ", shape, " has no value yet.");
  throw Error(path.empty()
                  ? fact +
                        " Call initialize(net, key) or load(net, path); if that was done, the member "
                        "is missing in its layer's parts()."
                  : fact + " Call initialize(net, key) or load(net, path).");
}

}  // namespace

const Variable& Parameter::get(std::string_view path) const {
  if (!value) no_value("parameter", path, spec.shape);
  return *value;
}

const Tensor& Buffer::get(std::string_view path) const {
  if (!value) no_value("buffer", path, spec.shape);
  return *value;
}

}  // namespace trous
