#include <string>

#include <trous/autograd/add.h>
#include <trous/autograd/record.h>
#include <trous/core/map.h>

namespace trous {
namespace {

constexpr std::string_view kind = "add";

}  // namespace

bool is_sum(const Op& op) { return op.kind == kind; }

Variable add_same_shape(const Variable& a, const Variable& b, std::string_view name) {
  if (a.dtype() != b.dtype()) {
    throw DTypeError(text(
        "add: ", a.dtype(), " and ", b.dtype(),
        " do not mix. Cast one side: cast(x, DType::", is_floating(b.dtype()) ? b.dtype() : a.dtype(), ")."));
  }
  if (a.shape() != b.shape()) {
    throw ShapeError(
        text("add: shapes ", a.shape(), " and ", b.shape(), " differ. Use broadcast_to on one side."));
  }
  const auto pass = [](const Vjp& v) { return v.grad(); };
  return record(
      {.kind = std::string(kind), .name = std::string(name), .pixels = Pixels::same()}, {a, b},
      [](std::span<const Tensor> in) { return zip(in[0], in[1], [](auto x, auto y) { return x + y; }); },
      {Rule(Reads::nothing(), pass), Rule(Reads::nothing(), pass)});
}

}  // namespace trous
