// A program of somebody who uses trous and sees what is installed only: a tape, its gradient and the check of
// it.
#include <iostream>
#include <stdexcept>

#include <trous/core/build_info.h>
#include <trous/trous.h>

using namespace trous;

int main() {
  std::cout << build_info() << '\n';
  const Variable image = track(normal({1, 6, 5, 2}, DType::float64, Key{1}), "image");
  const Tensor filters = normal({3, 3, 2, 3}, DType::float64, Key{2});
  const Variable slope =
      grad(sum(tanh(atrous_conv2d(image, filters, 2, "SAME"))), {image}, CreateGraph::yes)[0];
  std::cout << Tape::of(slope);

  const auto f = [](auto& in) { return tanh(atrous_conv2d(in[0], in[1], 2, "SAME")); };
  const GradReport report = check_grad("tanh of atrous_conv2d", f, {image.value(), filters}, {.order = 2});
  std::cout << report;

  // An error thrown in the library is caught by its kind here, also across the border of a shared library.
  bool caught = false;
  try {
    atrous_conv2d(image, filters, 0, "SAME");
  } catch (const ArgumentError& error) {
    caught = true;
    std::cout << error.what() << '\n';
  }
  return report.passed() && caught ? 0 : 1;
}
