#include <ostream>

#include <trous/autograd/node.h>
#include <trous/autograd/variable.h>
#include <trous/core/error.h>

namespace trous {

bool Variable::tracked() const { return node_ && node_->tracked; }

Variable track(const Tensor& value, std::string_view name) {
  if (!is_floating(value.dtype())) {
    throw DTypeError(
        text("track: ", value.dtype(), " values have no gradient. Cast to float32 or float64 first."));
  }
  return {value, make_node({.kind = "leaf", .name = std::string(name)}, value.shape(), value.dtype(), true)};
}

Variable detach(const Variable& x) { return x.value(); }

std::ostream& operator<<(std::ostream& stream, const Variable& x) { return stream << x.value(); }

}  // namespace trous
