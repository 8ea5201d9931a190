// One dimension: a stack of atrous convolutions over time, in the manner of WaveNet (arXiv:1609.03499),
// learns to continue signals. A signal is an image of height 1, [n, 1, time, channels]; a convolution is
// causal where all its padding lies before the signal. That no output sees the future is read off a gradient.
// Longer than other examples, since data, network and check are all its own.
#include <cmath>
#include <iostream>

#include <trous/trous.h>
using namespace trous;

// Two taps, `rate` steps apart, the later one at the output's own time.
Conv2d causal(std::int64_t in, std::int64_t rate) {
  const ExplicitPadding before{.left = rate};
  return Conv2d{
      {.in_channels = in, .out_channels = 16, .kernel = {1, 2}, .rate = {1, rate}, .padding = before}};
}

// tanh(filter) sigmoid(gate), added to x and to what the stack gives. Output t sees t - 32 to t.
struct WaveNet {
  Conv2d first = causal(1, 1), last{{.in_channels = 16, .out_channels = 1, .kernel = 1}};
  std::vector<Conv2d> filters, gates;

  WaveNet() {
    for (const int rate : {1, 2, 4, 8, 16}) {
      filters.push_back(causal(16, rate));
      gates.push_back(causal(16, rate));
    }
  }
  Variable operator()(const Variable& signals, Pass& pass) const {
    Variable x = first(signals, pass), given = Tensor::zeros({1}, DType::float32);
    for (std::size_t i = 0; i < filters.size(); ++i) {
      const Variable gated = tanh(filters[i](x, pass)) * sigmoid(gates[i](x, pass));
      x = x + gated;
      given = given + gated;
    }
    return last(relu(given), pass);
  }
  static void parts(auto& self, auto&& f) {
    f("first", self.first);
    f("last", self.last);
    f("filters", self.filters);
    f("gates", self.gates);
  }
};

// 16 sums of two sines of random frequency and phase, of 97 steps.
Tensor signals(std::uint64_t number) {
  Random random(fold_in(Key{5}, number));
  std::vector<float> values;
  for (int n = 0; n < 16; ++n) {
    const double f = random.uniform(0.15, 0.9), g = random.uniform(0.15, 0.9);
    const double a = random.uniform(0, 6.28), b = random.uniform(0, 6.28);
    for (int t = 0; t <= 96; ++t)
      values.push_back(static_cast<float>(0.5 * (std::sin(f * t + a) + std::sin(g * t + b))));
  }
  return Tensor({16, 1, 97, 1}, values);
}
Variable steps(const Variable& signals, std::int64_t first, std::int64_t count) {
  return slice(signals, {0, 0, first, 0}, {16, 1, count, 1});
}

int main() {
  WaveNet net;
  initialize(net, Key{1});
  Optimizer optimizer = Adam();
  for (std::uint64_t k = 0; k < 400; ++k) {
    const Tensor batch = signals(k);
    const std::vector<Variable> weights = tracked_weights(net);
    const Variable loss = mse_loss(evaluate(bind(net, weights), steps(batch, 0, 96)), steps(batch, 1, 96));
    step(optimizer, net, grad(loss, weights), k < 300 ? 5e-3 : 1e-3);
    if (k % 100 == 0) std::cout << "step " << k << "  loss " << loss.value().to_double() << '\n';
  }
  // From step 40 on, since before that an output sees the padding.
  const Tensor test = signals(100000);
  const Variable signal = track(steps(test, 0, 96).value()), next = evaluate(net, signal);
  const double learned = mse_loss(steps(next, 40, 56), steps(test, 41, 56)).value().to_double();
  const double repeated = mse_loss(steps(test, 40, 56), steps(test, 41, 56)).value().to_double();
  std::cout << "mean squared error of the next step: " << learned << ", of repeating the last: " << repeated;

  const std::vector<float> seen = grad(sum(steps(next, 50, 1)), {signal})[0].value().to_vector<float>();
  bool right = true;  // the gradient of output 50 in each signal: steps 18 to 50, and no other
  for (std::size_t i = 0; i < seen.size(); ++i)
    right = right && (seen[i] != 0) == (i % 96 >= 18 && i % 96 <= 50);
  std::cout << "\noutput 50 depends on the steps 18 to 50 alone: " << (right ? "yes" : "no") << '\n';
  return learned < 0.02 * repeated && right ? 0 : 1;
}
