#include <trous/autograd/linear_map.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/ops/dropout.h>

namespace trous {

Variable dropout(const Variable& x, double probability, Key key) {
  if (!(probability >= 0 && probability < 1)) {
    throw ArgumentError(
        text("dropout: probability ", probability, " is not in [0, 1). It is the share that is dropped."));
  }
  visit_floating("dropout", x.dtype(), []<class T> {});
  const auto apply = [probability, key](const Tensor& t, std::span<const Tensor>) {
    const double kept = 1 / (1 - probability);
    return zip(t, uniform(t.shape(), t.dtype(), key), [=](auto v, auto u) {
      return u < probability ? decltype(v)(0) : v * static_cast<decltype(v)>(kept);
    });
  };
  const Domain domain{x.shape(), x.dtype()};
  return LinearMap{"dropout", "dropout",     {{"probability", probability}}, domain, domain, apply, apply,
                   {},        Pixels::same()}(x);
}

}  // namespace trous
