// An op of your own, and the checker that tells a right rule from a wrong one. Softsign,
// y = x / (1 + |x|), is recorded twice: once with its derivative, 1 / (1 + |x|)^2, and once with a slip that
// is easy to make. The program passes if the checker passes the one and finds the other.
#include <cmath>
#include <iostream>

#include <trous/trous.h>

using namespace trous;

Tensor softsign_value(std::span<const Tensor> in) {
  return map(in[0], [](auto v) { return v / (1 + std::abs(v)); });
}

// The rule is a sentence made of ops, so it can be differentiated again.
Variable softsign(const Variable& x) {
  return record({"softsign"}, {x}, softsign_value,
                {[](const Vjp& v) { return v.grad() / pow(1.0 + abs(v.input(0)), 2); }});
}

// The slip: the derivative of a quotient without the square below. At 0 it is right.
Variable wrong_softsign(const Variable& x) {
  return record({"softsign"}, {x}, softsign_value,
                {[](const Vjp& v) { return v.grad() / (1.0 + abs(v.input(0))); }});
}

int main() {
  const Tensor x = normal({3, 4}, DType::float64, Key{1});
  const GradReport right =
      check_grad("softsign", [](auto& in) { return softsign(in[0]); }, {x}, {.order = 3});
  std::cout << right << '\n';
  const GradReport wrong = check_grad("wrong_softsign", [](auto& in) { return wrong_softsign(in[0]); }, {x});
  std::cout << wrong << '\n';

  // On the tape, the gradient of the gradient shows the ops that the rule is made of.
  const Variable tracked = track(x, "x");
  const Variable slope = grad(sum(softsign(tracked)), {tracked}, CreateGraph::yes)[0];
  std::cout << "The gradient of sum(softsign(x)):\n" << Tape::of(slope);
  return right.passed() && !wrong.passed() ? 0 : 1;
}
