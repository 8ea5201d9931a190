#include <algorithm>
#include <numeric>
#include <utility>

#include <trous/autograd/observe.h>
#include <trous/autograd/recording.h>
#include <trous/core/error.h>
#include <trous/ops/reduce.h>
#include <trous/train/evaluate.h>

namespace trous {
namespace {

Variable logits_of(const AnyLayer& net, const Tensor& images) {
  Pass pass;
  pass.name_layers(net);
  return net(images, pass);
}

}  // namespace

Tensor predict(const AnyLayer& net, const Tensor& images) {
  const Recording scope(Recording::nothing);
  return argmax(logits_of(net, images), -1).value();
}

Evaluation evaluate_with(const AnyLayer& net, const Dataset& data, const EvaluateOptions& options) {
  if (options.batch < 1) throw ArgumentError(text("evaluate_on: batch ", options.batch, ". Give 1 or more."));
  const Recording scope(Recording::nothing);
  Evaluation result{.scores = confusion_for(data), .loss = std::nullopt};
  std::vector<std::int64_t> indices(static_cast<std::size_t>(data.size));
  std::iota(indices.begin(), indices.end(), 0);
  double loss = 0;
  std::int64_t done = 0;
  std::optional<Observe> ops;
  if (options.on_progress) {
    options.on_progress(0, data.size);
    ops.emplace([&](const OpEvaluation&) { options.on_progress(done, data.size); });
  }
  for (std::int64_t first = 0; first < data.size; first += options.batch) {
    const std::int64_t count = std::min(options.batch, data.size - first);
    const Batch part = make_batch(
        data, std::span(indices).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
    const Variable logits = logits_of(net, part.images);
    const Tensor predictions = argmax(logits, -1).value();
    result.scores.add(part.labels, predictions);
    if (options.loss)
      loss += options.loss(logits, part.labels).value().to_double() * static_cast<double>(count);
    if (options.on_batch) options.on_batch(first, part, predictions);
    done += count;
    if (options.on_progress) options.on_progress(done, data.size);
  }
  if (options.loss && result.scores.pixel_accuracy()) result.loss = loss / static_cast<double>(data.size);
  return result;
}

ConfusionMatrix evaluate_on(const AnyLayer& net, const Dataset& data, std::int64_t batch) {
  return evaluate_with(net, data, {.batch = batch}).scores;
}

}  // namespace trous
