// An op of your own, and the checker that tells a right rule from a wrong one. Softplus,
// y = log(1 + exp(x)), is recorded twice: once with its derivative, the sigmoid, and once with a slip that
// is easy to make. The program passes if the checker passes the one and finds the other.
#include <cmath>
#include <iostream>

#include <trous/trous.h>

using namespace trous;

Tensor softplus_value(std::span<const Tensor> in) {
  return map(in[0], [](auto v) { return v > 0 ? v + std::log1p(std::exp(-v)) : std::log1p(std::exp(v)); });
}

// The rule is a sentence made of ops, so it can be differentiated again.
Variable softplus(const Variable& x) {
  return record({"softplus"}, {x}, softplus_value,
                {[](const Vjp& v) { return v.grad() * sigmoid(v.input(0)); }});
}

// The slip: tanh for the sigmoid. Both are S-shaped, and both tend to 1.
Variable wrong_softplus(const Variable& x) {
  return record({"softplus"}, {x}, softplus_value,
                {[](const Vjp& v) { return v.grad() * tanh(v.input(0)); }});
}

int main() {
  const Tensor x = normal({3, 4}, DType::float64, Key{1});
  const GradReport right =
      check_grad("softplus", [](auto& in) { return softplus(in[0]); }, {x}, {.order = 3});
  std::cout << right << '\n';
  const GradReport wrong = check_grad("wrong_softplus", [](auto& in) { return wrong_softplus(in[0]); }, {x});
  std::cout << wrong << '\n';

  // On the tape, the gradient of the gradient shows the ops that the rule is made of.
  const Variable tracked = track(x, "x");
  const Variable slope = grad(sum(softplus(tracked)), {tracked}, CreateGraph::yes)[0];
  std::cout << "The gradient of sum(softplus(x)):\n" << Tape::of(slope);
  return right.passed() && !wrong.passed() ? 0 : 1;
}
