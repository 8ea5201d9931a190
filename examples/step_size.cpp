// How small should the step of a difference be? Too large, and the curve bends away (truncation); too small,
// and nothing but the last digits is left (round-off). The program prints the V between the two and draws it
// into step_size.svg; several steps, extrapolated to 0, are better than the best single one, and are what
// check_grad uses.
#include <fstream>
#include <iostream>

#include <trous/trous.h>

using namespace trous;

int main() {
  const Tensor image = normal({1, 8, 8, 2}, DType::float64, Key{1});
  const Tensor filters = normal({3, 3, 2, 3}, DType::float64, Key{2});
  const auto f = [](auto& in) { return tanh(atrous_conv2d(in[0], in[1], 2, "SAME")); };

  const StepSweep sweep = sweep_steps("tanh of atrous_conv2d", f, {image, filters}, {.input = 1});
  std::cout << sweep;
  std::ofstream("step_size.svg") << sweep.svg();

  const bool is_a_v = sweep.best().error < 1e-3 * sweep.points.front().error &&
                      sweep.best().error < 1e-3 * sweep.points.back().error;
  return is_a_v && sweep.extrapolation_error < sweep.best().error ? 0 : 1;
}
