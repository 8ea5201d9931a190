// bench_step: training steps of the reference net, through the tape, as a user would write them.
#include <iostream>
#include <optional>

#include <trous/autograd/grad.h>
#include <trous/benchmarks/reference_net.h>
#include <trous/benchmarks/step_runner.h>
#include <trous/benchmarks/timing.h>
#include <trous/core/parallel.h>
#include <trous/ops/softmax_cross_entropy.h>
#include <trous/train/optimizer.h>

namespace {

using namespace trous;
using namespace trous::benchmarks;

double train_step(ReferenceNet& net, Optimizer& optimizer, const ReferenceBatch& batch,
                  std::uint64_t number) {
  const std::vector<Variable> weights = tracked_weights(net);
  const ReferenceNet bound = bind(net, weights);
  Pass pass = Pass::training(Key{number});
  Variable loss = softmax_cross_entropy(bound(batch.images, pass), batch.labels);
  const double value = loss.value().to_double();
  const std::vector<Variable> gradients = grad(std::move(loss), weights);
  step(optimizer, net, gradients, reference_learning_rate);
  commit(pass, bound, net);
  return value;
}

void run(const StepOptions& options) {
  set_threads(options.threads);
  ReferenceNet net = initialized_reference_net();
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
}

}  // namespace

int main(int count, char** words) {
  unbind_thread();
  try {
    run(read_step_options(count, words));
  } catch (const std::exception& error) {
    std::cerr << "bench_step: " << error.what() << '\n';
    return 1;
  }
}
