#include <vector>

#include <trous/autograd/recording.h>
#include <trous/cli/score.h>
#include <trous/core/clock.h>
#include <trous/ops/slice.h>
#include <trous/train/evaluate.h>

namespace trous::cli {
namespace {

// Samples `first` to `first + count - 1` along axis 0.
Tensor part_of_batch(const Tensor& all, std::int64_t first, std::int64_t count) {
  if (first == 0 && count == all.shape()[0]) return all;
  const Recording scope(Recording::nothing);
  std::vector<std::int64_t> begin(static_cast<std::size_t>(all.shape().rank()), 0);
  std::vector<std::int64_t> size(all.shape().extents().begin(), all.shape().extents().end());
  begin[0] = first;
  size[0] = count;
  return slice(Variable(all), begin, size).value();
}

}  // namespace

Tensor image_of(const Tensor& all, std::int64_t i) {
  const auto extents = all.shape().extents();
  return part_of_batch(all, i, 1).reshaped(
      Shape(std::vector<std::int64_t>(extents.begin() + 1, extents.end())));
}

SplitScores score(const AnyLayer& net, const Dataset& data, const ScoreOptions& options) {
  const Task& task = options.task;
  SplitScores scores{.all = task.scores(data), .boundary = std::nullopt, .images = {}};
  if (task.name == mask_task) scores.boundary = boundary_for(data);
  const auto begun = Clock::now();
  const auto on_batch = [&](std::int64_t first, const Batch& part, const Tensor& output,
                            const Tensor& predictions) {
    if (scores.boundary) scores.boundary->add(part.targets, predictions);
    for (std::int64_t i = 0; i < predictions.shape()[0]; ++i) {
      Batch one{.images = part_of_batch(part.images, i, 1), .targets = part_of_batch(part.targets, i, 1)};
      for (const Tensor& more : part.more) one.more.push_back(part_of_batch(more, i, 1));
      Scores of_one = task.scores(data);
      of_one.add(one, part_of_batch(output, i, 1), part_of_batch(predictions, i, 1));
      scores.images.push_back({.all = of_one.all()});
      if (options.on_image) {
        options.on_image(first + i, image_of(part.targets, i), image_of(predictions, i), image_of(output, i));
      }
    }
  };
  scores.all = evaluate_with(net, data,
                             {.batch = options.batch,
                              .task = task,
                              .plan = options.plan,
                              .on_batch = on_batch,
                              .on_progress = options.on_progress})
                   .scores;
  scores.seconds = seconds_since(begun);
  return scores;
}

}  // namespace trous::cli
