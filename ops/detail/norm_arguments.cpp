#include <trous/core/error.h>
#include <trous/ops/detail/norm_arguments.h>

namespace trous::detail {

void check_norm(std::string_view op, const Variable& x, std::initializer_list<const Variable*> per_channel,
                double epsilon) {
  const Shape& s = x.shape();
  if (s.rank() < 2)
    throw ShapeError(
        text(op, ": x has rank ", s.rank(), ", needs 2 or more. x ", s, " must be [batch, ..., channels]."));
  visit_floating(op, x.dtype(), []<class T> {});
  const std::int64_t channels = s[s.rank() - 1];
  for (const Variable* p : per_channel) {
    if (p->shape() != Shape{channels}) {
      throw ShapeError(text(op, ": x ", s, " has ", channels, " channels, a parameter has shape ", p->shape(),
                            ". Each needs shape [", channels, "]."));
    }
    if (p->dtype() != x.dtype()) {
      throw DTypeError(text(op, ": ", x.dtype(), " and ", p->dtype(),
                            " do not mix. Cast one side: cast(x, DType::", x.dtype(), ")."));
    }
  }
  if (!(epsilon > 0))
    throw ArgumentError(text(op, ": epsilon ", epsilon,
                             " is not above 0. It keeps a constant channel finite; 1e-5 is usual."));
}

}  // namespace trous::detail
