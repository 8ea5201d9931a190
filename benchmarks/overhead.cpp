// bench_overhead: nanoseconds per recorded op on tiny tensors, ours beside libtorch. One thread each: so
// little work is not worth a second one. Google Benchmark decides on the number of iterations and, with
// --benchmark_enable_random_interleaving=true, mixes the repetitions of all, so that noise hits all.
#include <benchmark/benchmark.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/tape.h>
#include <trous/benchmarks/machine.h>
#include <trous/benchmarks/overhead.h>
#include <trous/benchmarks/timing.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/core/random.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>

namespace trous::benchmarks {
namespace {

Tensor draw(const Shape& shape, std::uint64_t key) { return uniform(shape, DType::float32, Key{key}, -1, 1); }

// The nodes that ops recorded: without the leaves.
double recorded(const Variable& y, std::size_t leaves) {
  return static_cast<double>(Tape::of(y).size() - leaves);
}

void conv_bias_relu(benchmark::State& state, TinyConv tiny) {
  const Variable x = track(draw({1, tiny.size, tiny.size, tiny.channels}, 1));
  const Variable w = track(draw({tiny.kernel, tiny.kernel, tiny.channels, tiny.channels}, 2));
  const Variable b = track(draw({tiny.channels}, 3));
  const auto forward = [&] { return sum(relu(conv2d(x, w) + b)); };
  for (auto _ : state) benchmark::DoNotOptimize(grad(forward(), {x, w, b}));
  state.counters["ops"] = recorded(forward(), 3);
}

void add_chain(benchmark::State& state, AddChain chain) {
  const Variable x = track(draw({chain.elements}, 4)), one = draw({chain.elements}, 5);
  const auto forward = [&] {
    Variable y = x;
    for (std::int64_t i = 0; i < chain.length; ++i) y = y + one;
    return sum(y);
  };
  for (auto _ : state) benchmark::DoNotOptimize(grad(forward(), {x}));
  state.counters["ops"] = recorded(forward(), 1);
}

void register_trous_benchmarks() {
  for (const TinyConv& tiny : tiny_convs) {
    const std::string name = text("conv_bias_relu/", tiny.size, 'x', tiny.size, 'x', tiny.channels, "/trous");
    benchmark::RegisterBenchmark(name.c_str(), conv_bias_relu, tiny);
  }
  for (const AddChain& chain : add_chains) {
    const std::string name = text("add_chain/", chain.length, 'x', chain.elements, "/trous");
    benchmark::RegisterBenchmark(name.c_str(), add_chain, chain);
  }
}

}  // namespace
}  // namespace trous::benchmarks

int main(int count, char** words) {
  using namespace trous::benchmarks;
  unbind_thread();
  trous::set_threads(1);
  register_trous_benchmarks();
#ifdef TROUS_BENCH_TORCH
  register_torch_benchmarks();
#endif
  benchmark::AddCustomContext("machine", describe_machine().dump());
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
