// Fits a line to noisy points by gradient descent, and compares it with the least-squares solution, which
// is known in closed form. Everything that training is, is here: track, compute, grad, step.
#include <cmath>
#include <iostream>

#include <trous/trous.h>

using namespace trous;

int main() {
  constexpr std::int64_t points = 64;
  const Tensor x = uniform({points, 1}, DType::float64, Key{1}, -2, 2);
  const Variable noise = normal({points, 1}, DType::float64, Key{2}, 0, 0.1);
  const Tensor y = (0.7 * Variable(x) - 1.5 + noise).value();

  Tensor slope = Tensor::zeros({1, 1}, DType::float64);
  Tensor offset = Tensor::zeros({1}, DType::float64);
  for (int step = 0; step < 200; ++step) {
    const Variable w = track(slope, "slope"), b = track(offset, "offset");
    const Variable error = matmul(x, w) + b - y;
    const Variable loss = mean(error * error);
    const std::vector<Variable> gradients = grad(loss, {w, b});
    slope = (Variable(slope) - 0.1 * gradients[0]).value();
    offset = (Variable(offset) - 0.1 * gradients[1]).value();
    if (step % 50 == 0) std::cout << "step " << step << "  loss " << loss.value().to_double() << '\n';
  }

  // Least squares: slope = cov(x, y) / var(x).
  const Variable dx = Variable(x) - mean(x), dy = Variable(y) - mean(y);
  const double best_slope = sum(dx * dy).value().to_double() / sum(dx * dx).value().to_double();
  const double best_offset = mean(y).value().to_double() - best_slope * mean(x).value().to_double();
  std::cout << "descent        " << slope.to_double() << " x + " << offset.to_double() << '\n'
            << "least squares  " << best_slope << " x + " << best_offset << '\n';
  const bool agree =
      std::abs(slope.to_double() - best_slope) < 1e-9 && std::abs(offset.to_double() - best_offset) < 1e-9;
  return agree ? 0 : 1;
}
