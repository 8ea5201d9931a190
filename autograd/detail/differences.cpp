#include <algorithm>
#include <cmath>
#include <limits>

#include <trous/autograd/detail/differences.h>
#include <trous/core/map.h>

namespace trous::detail {
namespace {

constexpr int halvings = 48;  // of the step, at most

// The length of what moves of x along u: its roundings are so many epsilons.
double moving_length(const Tensor& x, const Tensor& u) {
  const Tensor moving = zip(x, u, [](double v, double d) { return d == 0 ? 0 : v; });
  return std::sqrt(dot(moving, moving));
}

}  // namespace

std::vector<Estimate> differences(const Phi& phi, int order, int input, const Tensor& u,
                                  const std::vector<double>& noise, double h, double sharpness) {
  const Tensor& x = phi.inputs()[static_cast<std::size_t>(input)];
  Ridders ridders(noise, std::numeric_limits<double>::epsilon() * moving_length(x, u));
  for (int k = 0; k < halvings; ++k, h /= 2) {
    ridders.add(h, phi.values(order, phi.moved(input, u, h)), phi.values(order, phi.moved(input, u, -h)));
    double largest = 0;
    for (const Estimate& e : ridders.best()) largest = std::max(largest, std::abs(e.value));
    if (!ridders.worth_going_on(1e-4 * sharpness * largest)) break;
  }
  return ridders.best();
}

}  // namespace trous::detail
