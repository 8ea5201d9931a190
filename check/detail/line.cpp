#include <algorithm>
#include <cmath>
#include <limits>

#include <trous/check/detail/line.h>
#include <trous/core/map.h>

namespace trous::detail {
namespace {

// x where u is not 0, and 0 elsewhere.
Tensor moving_part(const Tensor& x, const Tensor& u) {
  return zip(x, u, [](double v, double d) { return d == 0 ? 0 : v; });
}

}  // namespace

std::vector<Tensor> Line::at(double t) const {
  std::vector<Tensor> inputs = f.inputs();
  if (t == 0) return inputs;  // with the signs of their zeros
  Tensor& x = inputs[static_cast<std::size_t>(input)];
  x = zip(x, u, [t](double v, double d) { return v + t * d; });
  return inputs;
}

std::vector<double> Line::derivatives(const CheckedFunction::Gradients& gradients) const {
  std::vector<double> result;
  for (const std::vector<Tensor>& gradient : gradients)
    result.push_back(along(gradient[static_cast<std::size_t>(input)], u));
  return result;
}

double Line::spacing() const {
  const Tensor moving = moving_part(moving_input(), u);
  return std::numeric_limits<double>::epsilon() * std::sqrt(dot(moving, moving));
}

double Line::scale() const {
  const Tensor moving = moving_part(moving_input(), u),
               moves = moving_part(Tensor::ones(u.shape(), DType::float64), u);
  return std::max(1.0, std::sqrt(dot(moving, moving) / dot(moves, moves)));
}

}  // namespace trous::detail
