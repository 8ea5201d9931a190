#include <limits>
#include <vector>

#include <trous/autograd/linear_map.h>
#include <trous/autograd/record.h>
#include <trous/core/error.h>
#include <trous/ops/gather.h>
#include <trous/ops/kernels/order.h>
#include <trous/ops/order.h>
#include <trous/ops/slice.h>

namespace trous {

Variable cumsum(const Variable& x, int axis, const CumsumOptions& options) {
  const int along = normalize_axis("cumsum", x.shape(), axis);
  visit_floating("cumsum", x.dtype(), []<class T> {});
  const auto sums = [along, exclusive = options.exclusive](bool reverse) -> LinearMap::Apply {
    return [along, exclusive, reverse](const Tensor& t, std::span<const Tensor>) {
      return kernels::cumsum(t, along, exclusive, reverse);
    };
  };
  const Domain domain{x.shape(), x.dtype()};
  return LinearMap{options.reverse ? "cumsum_reverse" : "cumsum",
                   options.reverse ? "cumsum" : "cumsum_reverse",
                   {{"axis", std::int64_t{along}}, {"", options.exclusive ? "exclusive" : "inclusive"}},
                   domain,
                   domain,
                   sums(options.reverse),
                   sums(!options.reverse),
                   {},
                   Pixels::along(along, x.shape())}(x);
}

Variable argsort(const Variable& x, int axis, Sorted order) {
  const int along = normalize_axis("argsort", x.shape(), axis);
  if (x.shape()[along] > std::numeric_limits<std::int32_t>::max()) {
    throw ShapeError(text("argsort: axis ", along, " of x ", x.shape(),
                          " has more than 2^31 - 1 elements, which int32 cannot number. Sort parts of it."));
  }
  const bool descending = order == Sorted::descending;
  return record(
      {.kind = "argsort",
       .attributes = {{"axis", std::int64_t{along}}, {"", descending ? "descending" : "ascending"}},
       .pixels = Pixels::along(along, x.shape())},
      {x},
      [along, descending](std::span<const Tensor> in) { return kernels::argsort(in[0], along, descending); },
      {Rule::locally_constant()});
}

Variable sort(const Variable& x, int axis, Sorted order) {
  const int along = normalize_axis("sort", x.shape(), axis);
  return gather(x, argsort(x, along, order), along);
}

TopK topk(const Variable& x, std::int64_t count, int axis) {
  const int along = normalize_axis("topk", x.shape(), axis);
  if (count < 1 || count > x.shape()[along]) {
    throw ArgumentError(text("topk: count ", count, " of ", x.shape()[along], " elements on axis ", along,
                             " of x ", x.shape(), ". Take 1 or more, and no more than there are."));
  }
  const std::vector<std::int64_t> begin(static_cast<std::size_t>(x.shape().rank()), 0);
  std::vector<std::int64_t> size(x.shape().begin(), x.shape().end());
  size[static_cast<std::size_t>(along)] = count;
  const Variable first = slice(argsort(x, along, Sorted::descending), begin, size);
  return {gather(x, first, along), first};
}

}  // namespace trous
