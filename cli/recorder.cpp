#include <algorithm>
#include <iomanip>
#include <iostream>

#include <trous/cli/interrupt.h>
#include <trous/cli/recorder.h>
#include <trous/cli/score.h>
#include <trous/cli/tables.h>
#include <trous/core/detail/json.h>
#include <trous/run/samples.h>

namespace trous::cli {
namespace {

// A score in the table of validations.
struct RowScore {
  std::string name, heading;
  int width, digits;
};

// Of masks the IoU of the foreground and the accuracy, of other tasks the first three.
std::vector<RowScore> row_scores(const Session& session) {
  if (session.trainer.task().name == mask_task)
    return {{"foreground_iou", "fg mIoU", 8, 3}, {"pixel_accuracy", "acc", 7, 3}};
  std::vector<RowScore> columns;
  for (const std::string& name : session.shown) {
    const ScoreWords words = words_of_score(name);
    columns.push_back(
        {name, words.heading, std::max<int>(10, static_cast<int>(words.heading.size()) + 2), words.digits});
  }
  return columns;
}

}  // namespace

Recorder::Recorder(Session& session, RunFolder& folder)
    : session_(session),
      folder_(folder),
      progress_(images_per_step(session.config), !session.command.style.prints_text()),
      begun_(Clock::now()),
      step_begun_(begun_),
      fixed_(fixed_samples(session.scored.validation)) {}

TrainCallbacks Recorder::callbacks() {
  return {
      .on_step = [this](const StepReport& report) { step(report); },
      .on_validation = [this](const ValidationReport& report,
                              const AnyLayer& net) { validation(report, net); },
      .on_validation_batch = [this](std::int64_t first, const Batch&, const Tensor&,
                                    const Tensor& predictions) { keep_fixed(first, predictions); },
      .on_validation_progress = [this](std::int64_t done, std::int64_t total) { validating(done, total); },
      .on_save = [this] { save(); },
      .stop = interrupted};
}

void Recorder::heading() const {
  if (!session_.command.style.prints_text()) return;
  const std::string choice = words_of(session_.chosen_by);
  std::cout << "Training, scored on validation" << (choice.empty() ? "" : "; the best weights are ") << choice
            << "\n   step   train     val";
  for (const RowScore& score : row_scores(session_)) std::cout << std::setw(score.width) << score.heading;
  std::cout << "   time  img/s" << std::endl;
}

double Recorder::seconds() const { return folder_.seconds_before() + seconds_since(begun_); }

void Recorder::step(const StepReport& r) {
  folder_.log(StepRecord{.step = r.step,
                         .loss = r.loss,
                         .learning_rate = r.learning_rate,
                         .gradient_norm = r.gradient_norm,
                         .seconds = seconds_since(step_begun_),
                         .waited = r.waited,
                         .elapsed = seconds()});
  ++steps_;
  step_begun_ = Clock::now();
  progress_.step(r.step, r.steps, r.loss, r.learning_rate, r.gradient_norm);
}

// The step's line makes place for the validation's.
void Recorder::validating(std::int64_t done, std::int64_t total) {
  if (!validating_) {
    progress_.clear();
    validating_.emplace("train", session_.command.style, "validation", "images");
  }
  validating_->report(done, total);
}

void Recorder::keep_fixed(std::int64_t first, const Tensor& predictions) {
  if (first == 0) fixed_results_.clear();
  for (const std::int64_t sample : fixed_) {
    const std::int64_t i = sample - first;
    if (i >= 0 && i < predictions.shape()[0]) fixed_results_.push_back(image_of(predictions, i));
  }
}

void Recorder::clear() {
  validating_.reset();
  progress_.clear();
}

void Recorder::validation(const ValidationReport& r, const AnyLayer& net) {
  clear();
  if (r.best) save_best(net);
  const double rate = static_cast<double>(steps_ * images_per_step(session_.config)) / seconds_since(begun_);
  const MetricsRow row{.step = r.step,
                       .train_loss = r.train_loss,
                       .validation_loss = r.validation_loss,
                       .scores = r.scores.all(),
                       .learning_rate = r.learning_rate,
                       .seconds = seconds(),
                       .images_per_second = rate,
                       .best = r.best};
  folder_.log(row);
  write_step_pictures(folder_, session_.scored.validation, fixed_results_, r.step);
  print_row(row, r.stale);
  step_begun_ = Clock::now();
}

void Recorder::print_row(const MetricsRow& row, std::int64_t stale) const {
  const OutputStyle& style = session_.command.style;
  nlohmann::ordered_json event{{"event", "validation"},
                               {"step", row.step},
                               {"train_loss", row.train_loss},
                               {"validation_loss", detail::or_null(row.validation_loss)}};
  for (const Score& score : row.scores) event[event_key(score.name)] = detail::or_null(score.value);
  event["best"] = row.best;
  print_event(style, event);
  if (!style.prints_text()) return;
  std::cout << std::setw(7) << row.step << std::setw(8) << fixed(row.train_loss, 4) << std::setw(8)
            << fixed_or_dash(row.validation_loss, 4);
  for (const RowScore& score : row_scores(session_))
    std::cout << std::setw(score.width) << fixed_or_dash(row.score(score.name), score.digits);
  std::cout << std::setw(7) << clock_text(row.seconds) << std::setw(7) << fixed(row.images_per_second, 0);
  const std::int64_t patience = session_.config.training.patience;
  if (row.best) {
    std::cout << (colored(style) ? "  \033[1;32mbest\033[0m" : "  best");
  } else if (patience > 0) {
    std::cout << "  " << stale << '/' << patience;
  }
  std::cout << std::endl;
}

void Recorder::save_best(const AnyLayer& net) {
  trous::save(net, folder_.file("best.safetensors"), to_metadata(session_.trainer.best_info(session_.about)));
}

void Recorder::save() {
  folder_.flush();
  write_safetensors(folder_.file("last.safetensors"), session_.trainer.state(session_.about));
}

}  // namespace trous::cli
