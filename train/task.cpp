#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <utility>

#include <trous/autograd/recording.h>
#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/core/named_table.h>
#include <trous/data/palette.h>
#include <trous/data/survey.h>
#include <trous/ops/reduce.h>
#include <trous/train/baselines.h>
#include <trous/train/detail/brightness.h>
#include <trous/train/structural_similarity.h>
#include <trous/train/task.h>

namespace trous {
namespace {

Tensor likeliest(const Tensor& logits) {
  const Recording scope(Recording::nothing);
  return argmax(logits, -1).value();
}

Loss class_loss(const Dataset& training, const std::optional<ClassWeights>& weights) {
  return weighted_cross_entropy(training, weights.value_or(default_class_weighting));
}

Loss squares(const Dataset& training, const std::optional<ClassWeights>& weights) {
  if (!weights) return make_loss("mse");
  throw ArgumentError(text("train: class_weights where the targets of ", training.name, " have the role ",
                           name(training.target.role), ", which has no classes. Leave them out."));
}

void check_mask_logits(const Shape& output, const Dataset& data) {
  const auto classes = static_cast<std::int64_t>(data.classes.size());
  if (output.rank() == 4 && output[3] == classes) return;
  throw ShapeError(text("segmentation: the network gives ", output, ", the data have ", classes,
                        " classes. Its last layer must give [batch, height, width, ", classes, "]."));
}

void check_label_logits(const Shape& output, const Dataset& data) {
  const auto classes = static_cast<std::int64_t>(data.classes.size());
  if (output.rank() == 2 && output[1] == classes) return;
  throw ShapeError(text("classification: the network gives ", output, ", the data have one of ", classes,
                        " classes for each image. Its last layer must give [batch, ", classes, "]."));
}

void check_numbers(const Shape& output, const Dataset& data) {
  std::vector<std::int64_t> extents;
  for (std::int64_t axis = 1; axis < output.rank(); ++axis) extents.push_back(output[axis]);
  const Shape target = fields_of(data)[1].shape;
  if (output.rank() > 0 && Shape(extents) == target) return;
  throw ShapeError(text("regression: the network gives ", output, ", the targets of a sample are ", target,
                        ". Its last layer must give them for each sample, behind the batch."));
}

std::vector<Baseline> mask_baselines(const Dataset& training, const Dataset& scored,
                                     const OnProgress& on_progress) {
  constexpr std::int64_t learned_from = 1000;
  const std::int64_t first = scored.size, total = 2 * first + std::min(learned_from, training.size);
  const auto from = [&](std::int64_t before) {
    return [&on_progress, before, total](std::int64_t done, std::int64_t) {
      if (on_progress) on_progress(before + done, total);
    };
  };
  std::vector<Baseline> all{{"all background", SegmentationScores(background_baseline(scored, from(0)))}};
  const ThresholdBaseline bright = threshold_baseline(training, scored, learned_from, from(first));
  all.push_back({text("brightness > ", std::setprecision(2), bright.threshold, " is ",
                      training.classes[static_cast<std::size_t>(bright.common_class)]),
                 SegmentationScores(bright.scores)});
  return all;
}

// One sample as a batch, with what a baseline gives for it.
template <class Predict>
void add_each(Scores& scores, const Dataset& data, const Task& task, const Predict& predict,
              ProgressCount& progress) {
  for (std::int64_t i = 0; i < data.size; ++i) {
    const std::array index{i};
    const Batch batch = make_batch(data, index);
    const Tensor output = predict(batch);
    scores.add(batch, output, task.predict(output));
    progress.add_one();
  }
}

// log(count + 1) of each class: as logits, the frequencies with one sample more of each class.
Tensor logits_of(const std::vector<std::int64_t>& counts) {
  std::vector<float> logits;
  for (const std::int64_t count : counts) logits.push_back(std::log(static_cast<float>(count + 1)));
  const auto classes = static_cast<std::int64_t>(logits.size());
  return Tensor({1, classes}, logits);
}

std::vector<Baseline> label_baselines(const Dataset& training, const Dataset& scored,
                                      const OnProgress& on_progress) {
  const Task task = classification();
  ProgressCount progress(on_progress, training.size + 2 * scored.size);
  const std::vector<std::int64_t> none(training.classes.size());
  std::vector<std::int64_t> counts = none;
  std::vector<std::vector<std::int64_t>> at_level(detail::brightness_levels, none);
  for (std::int64_t i = 0; i < training.size; ++i) {
    const Sample sample = checked_sample(training, i);
    const std::int32_t label = sample.target.item<std::int32_t>();
    if (label != unknown_label) {
      if (label < 0 || label >= std::ssize(counts)) {
        throw ArgumentError(text(training.name, ": sample ", i, " has label ", label, ". The set has ",
                                 counts.size(), " classes, and ", unknown_label,
                                 " means unknown. Mend the label."));
      }
      ++counts[static_cast<std::size_t>(label)];
      ++at_level[detail::brightness_level(sample.image.values<float>())][static_cast<std::size_t>(label)];
    }
    progress.add_one();
  }
  std::vector<Baseline> all{{"the commonest class", task.scores(scored)},
                            {"brightness", task.scores(scored)}};
  add_each(
      all[0].scores, scored, task, [&](const Batch&) { return logits_of(counts); }, progress);
  add_each(
      all[1].scores, scored, task,
      [&](const Batch& batch) {
        return logits_of(at_level[detail::brightness_level(batch.images.values<float>())]);
      },
      progress);
  return all;
}

// The mean target of a split, with the batch's axis. Images that are scored in another size, as windows of
// large ones are, have the mean of each channel.
Tensor mean_target(const Dataset& data, const Shape& scored, ProgressCount& progress) {
  const Shape own = fields_of(data)[1].shape;
  const bool same = own == scored;
  if (!same && (own.rank() != 3 || scored.rank() != 3 || own[2] != scored[2])) {
    throw ShapeError(text("regression: targets ", scored, " are scored beside the mean of targets ", own,
                          ". Give splits whose targets have one shape."));
  }
  const auto kept = static_cast<std::size_t>(same ? own.elements() : own[2]);
  std::vector<double> sums(kept);
  for (std::int64_t i = 0; i < data.size; ++i) {
    const Tensor target = checked_sample(data, i).target;
    const std::span<const float> values = target.values<float>();
    for (std::size_t k = 0; k < values.size(); ++k) sums[k % kept] += static_cast<double>(values[k]);
    progress.add_one();
  }
  const double count =
      static_cast<double>(data.size) * static_cast<double>(own.elements()) / static_cast<double>(kept);
  std::vector<float> means(static_cast<std::size_t>(scored.elements()));
  for (std::size_t k = 0; k < means.size(); ++k) means[k] = static_cast<float>(sums[k % kept] / count);
  std::vector<std::int64_t> extents{1};
  for (std::int64_t axis = 0; axis < scored.rank(); ++axis) extents.push_back(scored[axis]);
  return {Shape(extents), means};
}

std::vector<Baseline> number_baselines(const Dataset& training, const Dataset& scored,
                                       const OnProgress& on_progress) {
  const Task task = regression();
  const Shape target = fields_of(scored)[1].shape;
  const bool like_input = target == scored.image_shape;
  const bool images = like_input && scored.target.role == Role::image;
  ProgressCount progress(on_progress, training.size + (images ? 3 : like_input ? 2 : 1) * scored.size);
  Tensor mean = mean_target(training, target, progress);
  std::vector<Baseline> all{{"the mean target", task.scores(scored)}};
  add_each(
      all[0].scores, scored, task, [&](const Batch&) { return mean; }, progress);
  if (like_input) {
    all.push_back({"the input itself", task.scores(scored)});
    add_each(
        all[1].scores, scored, task, [](const Batch& batch) { return batch.images; }, progress);
  }
  if (images) {
    all.push_back({"a median of 3 x 3 pixels", task.scores(scored)});
    add_each(
        all[2].scores, scored, task, [](const Batch& batch) { return median_filtered(batch.images); },
        progress);
  }
  return all;
}

// Throws unless the task has all functions.
void check_whole(const Task& task) {
  const char* const missing = !task.check_output   ? "check_output"
                              : !task.default_loss ? "default_loss"
                              : !task.predict      ? "predict"
                              : !task.scores       ? "scores"
                                                   : nullptr;
  if (!missing) return;
  throw ArgumentError(text("train: the task \"", task.name, "\" has no ", missing,
                           ". It needs check_output, default_loss, predict and scores."));
}

// Throws unless the score by which a run is judged is one of the task's, and better in the direction of its
// criterion.
void check_leading(const Task& task, const Dataset& data) {
  const Scores scores = task.scores(data);
  const std::vector<std::string> names = names_of(scores.all());
  const std::string& leading = name(task.leading);
  if (std::find(names.begin(), names.end(), leading) == names.end()) {
    throw ArgumentError(text("train: the task \"", task.name, "\" has ", leading,
                             " as leading, and its scores are ",
                             listed({names.begin(), names.end()}, " and "), ". Name one of them."));
  }
  const Criterion ranking = scores.criterion();
  if (ranking == task.leading && ranking.better() != task.leading.better()) {
    const auto word = [](Better better) { return better == Better::higher ? "higher" : "lower"; };
    throw ArgumentError(text("train: the task \"", task.name, "\" has ", leading, ", the ",
                             word(task.leading.better()),
                             " the better, as leading, and to the criterion of its "
                             "scores the ",
                             word(ranking.better()), " is better. Let both say the same."));
  }
}

NamedTable<Task>& task_table() {
  static NamedTable<Task> table("task", std::array{segmentation(), classification(), regression()});
  return table;
}

}  // namespace

Task segmentation() {
  return {.name = mask_task,
          .check_output = check_mask_logits,
          .default_loss = class_loss,
          .weighs_classes = true,
          .predict = likeliest,
          .scores = [](const Dataset& data) { return SegmentationScores(data); },
          .baselines = mask_baselines};
}

Task classification() {
  return {.name = "classification",
          .leading = Criterion::score("accuracy"),
          .check_output = check_label_logits,
          .default_loss = class_loss,
          .weighs_classes = true,
          .predict = likeliest,
          .scores = [](const Dataset& data) { return ClassificationTaskScores(data); },
          .baselines = label_baselines};
}

Task regression() {
  return {.name = "regression",
          .leading = Criterion::score("mse", Better::lower),
          .check_output = check_numbers,
          .default_loss = squares,
          .predict = [](const Tensor& output) { return output; },
          .scores = [](const Dataset& data) { return RegressionTaskScores(data); },
          .baselines = number_baselines};
}

std::span<const Task> named_tasks() { return task_table().rows(); }

void add_named_task(const Task& task) {
  check_whole(task);
  task_table().add(task);
}

const Task& named_task(std::string_view name) { return row_named("task", named_tasks(), name); }

bool suits(const Task& task, const Dataset& data) {
  const std::array own{segmentation().name, classification().name, regression().name};
  const bool added = std::find(own.begin(), own.end(), task.name) == own.end();
  return added || task.name == task_for(data).name;
}

Task task_for(const Dataset& data) {
  if (data.target.role == Role::mask) return segmentation();
  return data.target.role == Role::label ? classification() : regression();
}

Task task_for(const Dataset& data, const std::optional<Task>& given) {
  if (!given) return task_for(data);
  check_whole(*given);
  check_leading(*given, data);
  return *given;
}

void SegmentationScores::add(const Batch& batch, const Tensor&, const Tensor& prediction) {
  matrix_.add(batch.targets, prediction);
}

std::vector<Score> SegmentationScores::all() const {
  return {{"mean_iou", matrix_.mean_iou()},
          {"foreground_iou", matrix_.mean_iou(1)},
          {"pixel_accuracy", matrix_.pixel_accuracy()}};
}

ClassificationTaskScores::ClassificationTaskScores(const Dataset& data)
    : scores_(static_cast<std::int64_t>(data.classes.size()), {.ignored = uncounted_labels(data)}) {}

void ClassificationTaskScores::add(const Batch& batch, const Tensor& output, const Tensor&) {
  scores_.add(output, batch.targets);
}

std::vector<Score> ClassificationTaskScores::all() const {
  std::vector<Score> all{{"accuracy", scores_.accuracy()}};
  // Of five classes or fewer each label is among the five likeliest.
  if (scores_.top() < scores_.confusion().classes()) all.push_back({"top_accuracy", scores_.top_accuracy()});
  all.insert(all.end(), {{"mean_class_accuracy", scores_.confusion().mean_class_accuracy()},
                         {"negative_log_likelihood", scores_.negative_log_likelihood()},
                         {"brier", scores_.brier()},
                         {"expected_calibration_error", scores_.expected_calibration_error()}});
  return all;
}

Criterion ClassificationTaskScores::criterion() const {
  return scores_.count() > 0 ? Criterion::score("accuracy") : Criterion::latest;
}

RegressionTaskScores::RegressionTaskScores(const Dataset& data) : images_(data.target.role == Role::image) {
  const Shape target = fields_of(data)[1].shape;
  has_ssim_ = images_ && target.rank() == 3 && std::min(target[0], target[1]) >= 11;
}

void RegressionTaskScores::add(const Batch& batch, const Tensor&, const Tensor& prediction) {
  scores_.add(batch.targets, prediction);
  keep_pairs(batch.targets, prediction);
  const std::int64_t count = batch.targets.shape()[0];
  counted_ += count;
  if (!has_ssim_ || count == 0) return;
  for (const double one : structural_similarity(batch.targets, prediction)) ssim_ += one;
}

// Of all elements those whose number is a multiple of the stride, which doubles where they become too many.
void RegressionTaskScores::keep_pairs(const Tensor& truth, const Tensor& prediction) {
  constexpr std::size_t most = 1000;
  const Tensor t = truth.cast(DType::float64), p = prediction.cast(DType::float64);
  const std::span<const double> truths = t.values<double>(), predictions = p.values<double>();
  for (std::size_t k = 0; k < truths.size(); ++k, ++elements_) {
    if (elements_ % stride_ != 0) continue;
    pairs_.push_back({truths[k], predictions[k]});
    if (pairs_.size() <= most) continue;
    stride_ *= 2;
    for (std::size_t kept = 0; 2 * kept < pairs_.size(); ++kept) pairs_[kept] = pairs_[2 * kept];
    pairs_.resize((pairs_.size() + 1) / 2, {0, 0});
  }
}

std::vector<Score> RegressionTaskScores::all() const {
  std::vector<Score> all{{"mse", scores_.mse()}};
  if (images_) all.push_back({"psnr", scores_.psnr()});
  if (has_ssim_) {
    all.push_back(
        {"ssim", counted_ > 0 ? std::optional(ssim_ / static_cast<double>(counted_)) : std::nullopt});
  }
  all.insert(all.end(), {{"mae", scores_.mae()}, {"r2", scores_.r2()}, {"rmse", scores_.rmse()}});
  return all;
}

Criterion RegressionTaskScores::criterion() const {
  return scores_.count() > 0 ? Criterion::score("mse", Better::lower) : Criterion::latest;
}

}  // namespace trous
