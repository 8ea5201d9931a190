#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <trous/autograd/composite.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>
#include <trous/ops/regression_loss.h>

namespace trous {
namespace {

void check_pair(const std::string& op, const Variable& prediction, const Variable& target) {
  visit_floating(op, prediction.dtype(), []<class T> {});
  visit_floating(op, target.dtype(), []<class T> {});
  if (prediction.dtype() != target.dtype()) {
    throw DTypeError(text(op, ": ", prediction.dtype(), " and ", target.dtype(),
                          " do not mix. Cast one side: cast(x, DType::", prediction.dtype(), ")."));
  }
  if (prediction.shape() != target.shape()) {
    throw ShapeError(text(op, ": prediction ", prediction.shape(), " and target ", target.shape(),
                          " differ. Both need one shape: reshape one, or broadcast_to."));
  }
}

// The composite whose definition is the mean of `loss` of the difference.
Variable mean_of_difference(const Op& op, const Variable& prediction, const Variable& target,
                            const std::function<Variable(const Variable&)>& loss) {
  check_pair(op.kind, prediction, target);
  const auto definition = [loss](const Variable& a, const Variable& b) {
    const Variable losses = loss(a - b);
    return losses.shape().elements() > 0 ? mean(losses) : sum(losses);
  };
  return composite(
      op, {prediction, target},
      [definition](std::span<const Tensor> in) { return definition(in[0], in[1]).value(); },
      [definition](const std::vector<Variable>& in) { return definition(in[0], in[1]); }, {{}, {}});
}

}  // namespace

Variable mse_loss(const Variable& prediction, const Variable& target, std::string_view name) {
  return mean_of_difference({"mse_loss", {}, std::string(name), Pixels::mixed()}, prediction, target,
                            [](const Variable& d) { return d * d; });
}

Variable l1_loss(const Variable& prediction, const Variable& target, std::string_view name) {
  return mean_of_difference({"l1_loss", {}, std::string(name), Pixels::mixed()}, prediction, target,
                            [](const Variable& d) { return abs(d); });
}

Variable huber_loss(const Variable& prediction, const Variable& target, const HuberOptions& options,
                    std::string_view name) {
  const double delta = options.delta;
  if (!(delta > 0) || !std::isfinite(delta))
    throw ArgumentError(text("huber_loss: delta ", delta, " is not above 0, and finite. 1 is usual."));
  // With c = d the product is d^2 / 2, with c = +-delta the line. No square of a large d overflows.
  return mean_of_difference({"huber_loss", {{"delta", delta}}, std::string(name), Pixels::mixed()},
                            prediction, target, [delta](const Variable& d) {
                              const Variable c = clip(d, -delta, delta);
                              return c * (d - 0.5 * c);
                            });
}

}  // namespace trous
