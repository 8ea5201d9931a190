// The same tiny programs in libtorch.
#include <benchmark/benchmark.h>
#include <set>
#include <string>
#include <torch/torch.h>

#include <trous/benchmarks/overhead.h>

namespace trous::benchmarks {
namespace {

torch::Tensor leaf(at::IntArrayRef sizes) { return (torch::rand(sizes) * 2 - 1).set_requires_grad(true); }

// The nodes of its tape under y, without those that only add to a leaf's .grad.
double recorded(const torch::Tensor& y) {
  std::set<torch::autograd::Node*> seen;
  std::vector<torch::autograd::Node*> open{y.grad_fn().get()};
  while (!open.empty()) {
    torch::autograd::Node* const node = open.back();
    open.pop_back();
    if (!node || node->name().find("AccumulateGrad") != std::string::npos || !seen.insert(node).second)
      continue;
    for (const auto& edge : node->next_edges()) open.push_back(edge.function.get());
  }
  return static_cast<double>(seen.size());
}

void conv_bias_relu(benchmark::State& state, TinyConv tiny) {
  const torch::Tensor x = leaf({1, tiny.channels, tiny.size, tiny.size});
  const torch::Tensor w = leaf({tiny.channels, tiny.channels, tiny.kernel, tiny.kernel});
  const torch::Tensor b = leaf({tiny.channels});
  const std::int64_t padding = tiny.kernel / 2;
  const auto forward = [&] { return torch::relu(torch::conv2d(x, w, b, 1, padding)).sum(); };
  for (auto _ : state) benchmark::DoNotOptimize(torch::autograd::grad({forward()}, {x, w, b}));
  state.counters["ops"] = recorded(forward());
}

void add_chain(benchmark::State& state, AddChain chain) {
  const torch::Tensor x = leaf({chain.elements}), one = torch::rand({chain.elements});
  const auto forward = [&] {
    torch::Tensor y = x;
    for (std::int64_t i = 0; i < chain.length; ++i) y = y + one;
    return y.sum();
  };
  for (auto _ : state) benchmark::DoNotOptimize(torch::autograd::grad({forward()}, {x}));
  state.counters["ops"] = recorded(forward());
}

}  // namespace

void register_torch_benchmarks() {
  torch::set_num_threads(1);
  const auto with = [](std::int64_t a, std::int64_t b) {
    return std::to_string(a) + 'x' + std::to_string(b);
  };
  for (const TinyConv& tiny : tiny_convs) {
    const std::string size = with(tiny.size, tiny.size) + 'x' + std::to_string(tiny.channels);
    benchmark::RegisterBenchmark(("conv_bias_relu/" + size + "/libtorch").c_str(), conv_bias_relu, tiny);
  }
  for (const AddChain& chain : add_chains) {
    const std::string size = with(chain.length, chain.elements);
    benchmark::RegisterBenchmark(("add_chain/" + size + "/libtorch").c_str(), add_chain, chain);
  }
}

}  // namespace trous::benchmarks
