#include <trous/cli/score.h>
#include <trous/core/clock.h>
#include <trous/train/evaluate.h>

namespace trous::cli {

Tensor image_of(const Tensor& labels, std::int64_t i) {
  const std::int64_t height = labels.shape()[1], width = labels.shape()[2];
  return {Shape{height, width},
          labels.values<std::int32_t>().subspan(static_cast<std::size_t>(i * height * width),
                                                static_cast<std::size_t>(height * width))};
}

SplitScores score(const AnyLayer& net, const Dataset& data, std::int64_t batch, const OnProgress& on_progress,
                  const OnImage& on_image, const std::optional<TilePlan>& plan) {
  SplitScores scores{confusion_for(data), boundary_for(data), {}, 0};
  const auto begun = Clock::now();
  const auto on_batch = [&](std::int64_t first, const Batch& part, const Tensor& predictions) {
    scores.boundary.add(part.targets, predictions);
    for (std::int64_t i = 0; i < predictions.shape()[0]; ++i) {
      const Tensor truth = image_of(part.targets, i), prediction = image_of(predictions, i);
      scores.images.emplace_back(confusion_for(data)).add(truth, prediction);
      if (on_image) on_image(first + i, truth, prediction);
    }
  };
  scores.all = evaluate_with(net, data,
                             {.batch = batch, .plan = plan, .on_batch = on_batch, .on_progress = on_progress})
                   .scores.as<SegmentationScores>()
                   .confusion();
  scores.seconds = seconds_since(begun);
  return scores;
}

}  // namespace trous::cli
