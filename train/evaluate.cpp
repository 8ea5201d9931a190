#include <algorithm>
#include <numeric>
#include <utility>

#include <trous/autograd/observe.h>
#include <trous/autograd/recording.h>
#include <trous/core/error.h>
#include <trous/ops/join.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/slice.h>
#include <trous/train/evaluate.h>

namespace trous {
namespace {

// 2^22 float32 pixels of three channels take 50 MB.
constexpr std::int64_t max_batch_pixels = std::int64_t{1} << 22;

// The outputs for these inputs: for all samples at once, or for one image [n, h, w, c] after the other in
// tiles.
Variable outputs_of(const AnyLayer& net, const std::vector<Variable>& inputs, const TilePlan& plan) {
  const Tensor& images = inputs.front().value();
  const Shape& s = images.shape();
  if (plan.whole() || s[0] == 0) {
    Pass pass;
    pass.name_layers(net);
    return net(inputs, pass);
  }
  std::vector<Variable> all;
  for (std::int64_t i = 0; i < s[0]; ++i) {
    const Tensor image = slice(Variable(images), {i, 0, 0, 0}, {1, s[1], s[2], s[3]}).value();
    const Tensor logits = tiled_logits(net, plan, image.reshaped({s[1], s[2], s[3]}));
    all.push_back(logits.reshaped({1, s[1], s[2], logits.shape()[2]}));
  }
  return s[0] == 1 ? all.front() : concat(all, 0);
}

// The tiles where none are given, of images whose every pixel has its output. Tiles that are blended are
// blended as probabilities, which numbers are not.
TilePlan plan_for(const AnyLayer& net, const Dataset& data) {
  const Shape &image = data.image_shape, target = fields_of(data)[1].shape;
  const bool on_pixels = lies_on_pixels(data.target.role) && image.rank() == 3 && target.rank() >= 2 &&
                         target[0] == image[0] && target[1] == image[1];
  const bool one_input =
      std::none_of(data.more.begin(), data.more.end(), [](const auto& f) { return f.input; });
  if (!on_pixels || !one_input) return {};
  TilePlan plan = plan_tiles(net, data.image_shape);
  return plan.exact || data.target.role == Role::mask ? plan : TilePlan{};
}

}  // namespace

std::vector<Variable> inputs_of(const Batch& batch, const std::vector<SampleField>& more) {
  std::vector<Variable> inputs{batch.images};
  for (std::size_t i = 0; i < more.size(); ++i) {
    if (more[i].input) inputs.push_back(batch.more[i]);
  }
  return inputs;
}

Tensor predict(const AnyLayer& net, const Tensor& images) {
  const Recording scope(Recording::nothing);
  const Shape& s = images.shape();
  const TilePlan plan = s.rank() == 4 ? plan_tiles(net, {s[1], s[2], s[3]}) : TilePlan{};
  return argmax(outputs_of(net, {images}, plan), -1).value();
}

std::int64_t evaluation_batch(const Shape& shape, std::int64_t batch) {
  const std::int64_t pixels = shape.rank() == 3 ? shape[0] * shape[1] : shape.elements();
  const std::int64_t fitting = max_batch_pixels / std::max<std::int64_t>(1, pixels);
  return std::max<std::int64_t>(1, std::min(fitting, batch));
}

Evaluation evaluate_with(const AnyLayer& net, const Dataset& data, const EvaluateOptions& options) {
  if (options.batch < 1) throw ArgumentError(text("evaluate_on: batch ", options.batch, ". Give 1 or more."));
  const Recording scope(Recording::nothing);
  const Task task = task_for(data, options.task);
  Evaluation result{.scores = task.scores(data), .loss = std::nullopt};
  std::vector<std::int64_t> indices(static_cast<std::size_t>(data.size));
  std::iota(indices.begin(), indices.end(), 0);
  double loss = 0;
  if (data.size == 0) return result;
  std::int64_t done = 0;
  std::optional<Observe> ops;
  if (options.on_progress) {
    options.on_progress(0, data.size);
    ops.emplace([&](const OpEvaluation&) { options.on_progress(done, data.size); });
  }
  const TilePlan plan = options.plan ? *options.plan : plan_for(net, data);
  const std::int64_t batch = evaluation_batch(data.image_shape, options.batch);
  for (std::int64_t first = 0; first < data.size; first += batch) {
    const std::int64_t count = std::min(batch, data.size - first);
    const Batch part = make_batch(
        data, std::span(indices).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
    const Variable output = outputs_of(net, inputs_of(part, data.more), plan);
    if (first == 0) task.check_output(output.shape(), data);
    const Tensor predictions = task.predict(output.value());
    result.scores.add(part, output.value(), predictions);
    if (options.loss) loss += options.loss(output, part).value().to_double() * static_cast<double>(count);
    if (options.on_batch) options.on_batch(first, part, output.value(), predictions);
    done += count;
    if (options.on_progress) options.on_progress(done, data.size);
  }
  const bool counts = result.scores.criterion() != Criterion::latest;
  if (options.loss && counts) result.loss = loss / static_cast<double>(data.size);
  return result;
}

ConfusionMatrix evaluate_on(const AnyLayer& net, const Dataset& data, std::int64_t batch) {
  if (data.target.role != Role::mask) {
    throw ArgumentError(text("evaluate_on: the targets of ", data.name, " have the role ",
                             name(data.target.role),
                             ", not mask. Take evaluate_with, whose scores are those of the task."));
  }
  return evaluate_with(net, data, {.batch = batch}).scores.as<SegmentationScores>().confusion();
}

}  // namespace trous
