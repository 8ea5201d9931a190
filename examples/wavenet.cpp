// One dimension: atrous convolutions over time. A small stack in the manner of WaveNet (arXiv:1609.03499)
// learns to continue signals. A signal is an image of height 1, [n, 1, time, channels], and a convolution is
// causal where all its padding lies before the signal. That no output sees the future is read off a gradient.
#include <cmath>
#include <iostream>

#include <trous/trous.h>
using namespace trous;

constexpr std::int64_t length = 96, channels = 16;

// Two taps along time, `rate` steps apart, the later one at the output's own time.
Conv2d causal(std::int64_t in, std::int64_t rate) {
  return Conv2d{{.in_channels = in,
                 .out_channels = channels,
                 .kernel = {1, 2},
                 .rate = {1, rate},
                 .padding = ExplicitPadding{.left = rate}}};
}
Conv2d point(std::int64_t out) { return Conv2d{{.in_channels = channels, .out_channels = out, .kernel = 1}}; }

// x + a point of tanh(filter) sigmoid(gate); what the gate lets through also goes to the end of the stack.
struct GatedBlock {
  Conv2d filter, gate, residual = point(channels);

  explicit GatedBlock(std::int64_t rate) : filter(causal(channels, rate)), gate(causal(channels, rate)) {}
  Variable gated(const Variable& x, Pass& pass) const {
    return tanh(filter(x, pass)) * sigmoid(gate(x, pass));
  }
  static void parts(auto& self, auto&& f) {
    f("filter", self.filter);
    f("gate", self.gate);
    f("residual", self.residual);
  }
};

// An output sees 1 + 1 + (1 + 2 + 4 + 8 + 16) = 33 steps.
struct WaveNet {
  Conv2d first = causal(1, 1), last = point(1);
  std::vector<GatedBlock> blocks;

  WaveNet() {
    for (const int rate : {1, 2, 4, 8, 16}) blocks.emplace_back(rate);
  }
  Variable operator()(const Variable& signals, Pass& pass) const {
    Variable x = first(signals, pass);
    Variable skipped = Tensor::zeros({1}, DType::float32);
    for (const GatedBlock& block : blocks) {
      const Variable y = block.gated(x, pass);
      skipped = skipped + y;
      x = x + block.residual(y, pass);
    }
    return last(relu(skipped), pass);
  }
  static void parts(auto& self, auto&& f) {
    f("first", self.first);
    f("blocks", self.blocks);
    f("last", self.last);
  }
};

// 16 sums of two sines of random frequency and phase, one step longer than the network reads.
Tensor signals(std::uint64_t number) {
  Random random(fold_in(Key{5}, number));
  std::vector<float> values;
  for (int n = 0; n < 16; ++n) {
    const double f = random.uniform(0.15, 0.9), g = random.uniform(0.15, 0.9);
    const double a = random.uniform(0, 6.28), b = random.uniform(0, 6.28);
    for (std::int64_t t = 0; t <= length; ++t) {
      const auto time = static_cast<double>(t);
      values.push_back(static_cast<float>(0.5 * (std::sin(f * time + a) + std::sin(g * time + b))));
    }
  }
  return Tensor({16, 1, length + 1, 1}, values);
}
// The steps first .. first + length - 1.
Variable part(const Tensor& signals, std::int64_t first) {
  return slice(signals, {0, 0, first, 0}, {16, 1, length, 1});
}
// Of the steps from 40 on, before which an output sees the padding.
double error(const Variable& prediction, const Variable& truth) {
  const auto late = [](const Variable& v) { return slice(v, {0, 0, 40, 0}, {16, 1, length - 40, 1}); };
  const Variable d = late(prediction) - late(truth);
  return mean(d * d).value().to_double();
}

int main() {
  WaveNet net;
  initialize(net, Key{1});
  Optimizer optimizer = Adam();
  for (std::uint64_t k = 0; k < 400; ++k) {
    const Tensor batch = signals(k);
    const std::vector<Variable> weights = tracked_weights(net);
    Pass pass = Pass::training(Key{k});
    const Variable d = bind(net, weights)(part(batch, 0), pass) - part(batch, 1);
    const Variable loss = mean(d * d);
    step(optimizer, net, grad(loss, weights), k < 300 ? 5e-3 : 1e-3);
    if (k % 100 == 0) std::cout << "step " << k << "  loss " << loss.value().to_double() << '\n';
  }
  const Tensor test = signals(100000);
  const Variable now = part(test, 0), next = part(test, 1);
  const double learned = error(evaluate(net, now), next), repeated = error(now, next);
  std::cout << "mean squared error of the next step: " << learned
            << ", of repeating the last one: " << repeated << '\n';

  // The gradient of output 50 in the signal: nothing after step 50, and nothing before step 50 - 32.
  const Variable signal = track(slice(test, {0, 0, 0, 0}, {1, 1, length, 1}).value());
  const Variable output = slice(evaluate(net, signal), {0, 0, 50, 0}, {1, 1, 1, 1});
  const std::vector<float> seen = grad(sum(output), {signal})[0].value().to_vector<float>();
  bool causal = true;
  for (std::size_t t = 0; t < seen.size(); ++t) causal = causal && (seen[t] == 0 || (t >= 18 && t <= 50));
  std::cout << "output 50 depends on steps 18 to 50 alone: " << (causal ? "yes" : "no") << '\n';
  return learned < 0.02 * repeated && causal ? 0 : 1;
}
