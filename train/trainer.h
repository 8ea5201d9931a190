// The loop: a segmentation network learns from a data set.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <trous/data/dataset.h>
#include <trous/layers/sequential.h>
#include <trous/train/metrics.h>
#include <trous/train/optimizer.h>
#include <trous/train/schedule.h>

namespace trous {

struct TrainOptions {
  std::int64_t steps = 400;
  std::int64_t batch = 16;
  double learning_rate = 2e-3;
  Schedule schedule = Schedule::poly;
  Optimizer optimizer = Adam();
  std::optional<Tensor> class_weights = std::nullopt;  ///< float32 [classes]
  std::int64_t validate_every = 100;                   ///< steps; the last step is always followed by one
  std::uint64_t seed = 0;                              ///< of the batches' order and of dropout
};

/// One finished step, for progress.
struct StepReport {
  std::int64_t step, steps;  ///< step counts from 1
  double loss, learning_rate;
};

/// One validation.
struct ValidationReport {
  std::int64_t step;
  double train_loss;  ///< mean since the last validation
  ConfusionMatrix scores;
  bool best;  ///< the highest foreground mIoU so far; its weights are kept
};

/// What may be watched; each may be empty.
struct TrainCallbacks {
  std::function<void(const StepReport&)> on_step = nullptr;
  std::function<void(const ValidationReport&, const AnyLayer& net)> on_validation = nullptr;
};

struct TrainResult {
  std::int64_t best_step = 0;
  double best_score = 0;  ///< validation mIoU of the foreground classes
  /// Where the loss, a gradient, a weight or a running statistic became NaN or infinite: the first tensor
  /// that did, in words. Training has then stopped, and the network holds its best weights so far, or its
  /// first ones.
  std::optional<std::string> diverged;
};

/// Trains `net`, anything that maps images [n, h, w, c] to logits [n, h, w, classes], with softmax
/// cross-entropy, and leaves it with the weights of its best validation. The weights after k steps depend
/// on net, data and options alone, not on the number of threads.
TrainResult train(AnyLayer& net, const Splits& data, const TrainOptions& options,
                  const TrainCallbacks& callbacks = {});

/// The same for a network of known type.
template <class Net>
TrainResult train(Net& net, const Splits& data, const TrainOptions& options,
                  const TrainCallbacks& callbacks = {}) {
  AnyLayer trained = net;
  TrainResult result = train(trained, data, options, callbacks);
  const auto from = parameters(trained), to = parameters(net);
  for (std::size_t i = 0; i < to.size(); ++i) to[i].part->value = from[i].part->value;
  const auto statistics = buffers(trained), kept = buffers(net);
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i].part->value = statistics[i].part->value;
  return result;
}

/// The likeliest class of every pixel: int32 [n, h, w]. Records nothing.
Tensor predict(const AnyLayer& net, const Tensor& images);

/// The scores of `net` over the whole of `data`. Throws ArgumentError if batch < 1.
ConfusionMatrix evaluate_on(const AnyLayer& net, const Dataset& data, std::int64_t batch = 16);

}  // namespace trous
