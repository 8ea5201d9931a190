#include <trous/autograd/linear_map.h>
#include <trous/autograd/record.h>
#include <trous/ops/cast.h>

namespace trous {

Variable cast(const Variable& x, DType dtype) {
  if (!is_floating(dtype) || !is_floating(x.dtype())) {
    return record({.kind = "cast", .attributes = {{"", std::string(name(dtype))}}, .pixels = Pixels::same()},
                  {x}, [dtype](std::span<const Tensor> in) { return in[0].cast(dtype); },
                  {Rule::locally_constant()});
  }
  const auto to = [](DType target) -> LinearMap::Apply {
    return [target](const Tensor& t, std::span<const Tensor>) { return t.cast(target); };
  };
  return LinearMap{"cast",    "cast",        {}, {x.shape(), x.dtype()}, {x.shape(), dtype},
                   to(dtype), to(x.dtype()), {}, Pixels::same()}(x);
}

}  // namespace trous
