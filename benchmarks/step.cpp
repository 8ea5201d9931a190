// bench_step: training steps of a network of step_nets.h, through the tape, as a user would write them; and
// where they go.
#include <iostream>
#include <optional>

#include <nlohmann/json.hpp>

#include <trous/autograd/grad.h>
#include <trous/benchmarks/machine.h>
#include <trous/benchmarks/step_nets.h>
#include <trous/benchmarks/step_runner.h>
#include <trous/benchmarks/timing.h>
#include <trous/core/parallel.h>
#include <trous/ops/softmax_cross_entropy.h>
#include <trous/train/optimizer.h>
#include <trous/train/profile.h>

namespace {

using namespace trous;
using namespace trous::benchmarks;

template <class Net>
double train_step(
    Net& net, Optimizer& optimizer, const ReferenceBatch& batch, std::uint64_t number,
    const std::function<void(StepPhase)>& begin = [](StepPhase) {}) {
  begin(StepPhase::forward);
  const std::vector<Variable> weights = tracked_weights(net);
  const Net bound = bind(net, weights);
  Pass pass = Pass::training(Key{number});
  Variable loss = softmax_cross_entropy(bound(batch.images, pass), batch.targets);
  const double value = loss.value().to_double();
  begin(StepPhase::backward);
  const std::vector<Variable> gradients = grad(std::move(loss), weights);
  begin(StepPhase::update);
  step(optimizer, net, gradients, reference_learning_rate);
  commit(pass, bound, net);
  return value;
}

// Time per kind of op, in steps of their own: watching costs a little.
template <class Net>
void profile_steps(const StepOptions& options, Net& net, Optimizer& optimizer) {
  constexpr std::uint64_t steps = 10, first = 1000;
  StepProfiler profiler;
  for (std::uint64_t k = 0; k < steps; ++k) {
    const ReferenceBatch batch = reference_batch(options.batch, options.size, first + k);
    train_step(net, optimizer, batch, first + k, [&](StepPhase phase) { profiler.begin(phase); });
    profiler.end_step();
  }
  const StepProfile found = profiler.profile();
  nlohmann::json result{{"ops", nlohmann::json::array()}, {"seconds", found.total() / steps}};
  for (const OpProfile& op : found.ops) {
    result["ops"].push_back({{"op", op.kind},
                             {"phase", name(op.phase)},
                             {"calls", op.calls / static_cast<std::int64_t>(steps)},
                             {"seconds", op.seconds / steps},
                             {"operations", 2 * static_cast<double>(op.multiply_adds) / steps}});
  }
  for (const StepPhase phase : {StepPhase::forward, StepPhase::backward, StepPhase::update})
    result["outside_ops"][name(phase)] = found.outside_ops(phase) / steps;
  write_json(options.profile, result);
}

template <class Net>
void run(const StepOptions& options, Net net) {
  Optimizer optimizer = Adam();
  std::optional<ReferenceBatch> batch;
  std::uint64_t number = 0;
  time_steps("trous", options,
             {.prepare =
                  [&](std::uint64_t step) {
                    number = step;
                    batch = reference_batch(options.batch, options.size, step);
                  },
              .run = [&] { return train_step(net, optimizer, *batch, number); }});
  if (!options.profile.empty()) profile_steps(options, net, optimizer);
}

}  // namespace

int main(int count, char** words) {
  unbind_thread();
  try {
    const StepOptions options = read_step_options(count, words);
    set_threads(options.threads);
    with_step_net(options.net, [&](auto net) { run(options, std::move(net)); });
  } catch (const std::exception& error) {
    std::cerr << "bench_step: " << error.what() << '\n';
    return 1;
  }
}
