// trous train: a run from its options to its report, in a folder from which it can always go on.
#include <chrono>
#include <filesystem>
#include <iomanip>
#include <iostream>

#include <nlohmann/json.hpp>

#include <trous/cli/commands.h>
#include <trous/cli/environment.h>
#include <trous/cli/finish.h>
#include <trous/cli/interrupt.h>
#include <trous/cli/open.h>
#include <trous/cli/tell.h>
#include <trous/core/build_info.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/layers/network.h>
#include <trous/train/class_weights.h>
#include <trous/train/progress.h>
#include <trous/train/report.h>
#include <trous/train/run_folder.h>
#include <trous/train/trainer.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct TrainCommand {
  TrainConfig config;
  Voice voice;
  std::string resume;  // a run's folder, "." for the one that --out names
  bool resuming = false, force = false;
  std::int64_t epochs = 0;
  double minutes = 0;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void say(const Voice& voice, const Json& event) {
  if (voice.json) std::cout << event.dump() << std::endl;
}

Optimizer make_optimizer(const TrainConfig& c) {
  if (c.optimizer == "sgd") return Sgd({.momentum = 0.9, .nesterov = true, .weight_decay = c.weight_decay});
  if (c.optimizer == "adamw") return AdamW({.weight_decay = c.weight_decay > 0 ? c.weight_decay : 0.01});
  return Adam({.weight_decay = c.weight_decay});
}

std::vector<ParameterGroup> frozen_groups(const std::string& paths) {
  std::vector<ParameterGroup> groups;
  std::istringstream words(paths);
  for (std::string path; std::getline(words, path, ',');) groups.push_back({.path = path, .frozen = true});
  return groups;
}

TrainOptions make_options(const TrainConfig& c, const Survey& facts) {
  const Tensor weights = parse_class_weights(c.class_weights, facts.train.class_pixels);
  return {.steps = c.steps,
          .batch = c.batch,
          .learning_rate = c.learning_rate,
          .schedule = parse_schedule(c.schedule),
          .warmup = c.warmup,
          .optimizer = make_optimizer(c),
          .loss = make_loss(c.loss, weights),
          .groups = frozen_groups(c.freeze),
          .clip_norm = c.clip_norm,
          .average = c.average,
          .augmentation = parse_augmentation(c.augment),
          .validate_every = c.validate_every,
          .patience = c.patience,
          .min_delta = c.min_delta,
          .save_every = c.save_every,
          .loader_threads = c.loader_threads,
          .seed = c.seed};
}

AnyLayer make_network(const TrainConfig& config, const std::string& description) {
  AnyLayer net = network_from_json(description);
  initialize(net, fold_in(Key{config.seed}, 0));
  if (!config.weights.empty()) load(net, config.weights);
  return net;
}

// How many steps fit into the minutes: the first steps are left out, a validation is counted in.
std::int64_t steps_in(double minutes, const AnyLayer& net, const Splits& data, TrainOptions options) {
  constexpr std::int64_t warm = 3, timed = 8;
  const std::int64_t every = options.validate_every;
  options.steps = warm + timed;
  options.warmup = 0;
  options.validate_every = warm + timed;
  std::int64_t done = 0;
  Clock::time_point begin = Clock::now();
  double stepping = 0;
  Trainer probe(net, data, options);
  probe.run({.on_step = [&](const StepReport& r) {
    if (r.step == warm) begin = Clock::now();
    done = r.step;
    stepping = seconds_since(begin);
  }});
  const double validating = seconds_since(begin) - stepping;
  const double per_step = stepping / static_cast<double>(std::max<std::int64_t>(1, done - warm)) +
                          validating / static_cast<double>(every);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(60 * minutes / per_step));
}

// What a run is made of once nothing that was asked for can be refused any more.
struct Session {
  const TrainCommand& command;
  const TrainConfig& config;
  Splits data;
  Survey facts;
  std::string description;
  AnyLayer net;
  Summary summary;
  CheckpointInfo about;
  Trainer trainer;
  std::vector<Baseline> baselines;  // on validation
};

void tell_start(const Session& s) {
  const TrainConfig& c = s.config;
  say(s.command.voice, {{"event", "begin"}, {"config", to_json(c)}, {"threads", threads()}});
  say(s.command.voice, {{"event", "data"}, {"data", json_of(s.data, s.facts)}});
  say(s.command.voice, {{"event", "model"}, {"model", json_of(s.summary, c.model)}});
  for (const Baseline& baseline : s.baselines) {
    say(s.command.voice, {{"event", "baseline"},
                          {"name", baseline.name},
                          {"foreground_mean_iou", baseline.scores.mean_iou(1)},
                          {"mean_iou", baseline.scores.mean_iou()},
                          {"pixel_accuracy", baseline.scores.pixel_accuracy()}});
  }
  if (!s.command.voice.talks()) return;
  std::cout << "trous " << build_info().version << "  train " << c.model << " on " << c.data << ": "
            << c.steps << " steps of " << c.batch << " images, seed " << c.seed << ", " << threads()
            << (threads() == 1 ? " thread" : " threads") << "\n\n";
  tell_data(s.data, s.facts);
  std::cout << s.summary << '\n';
  std::cout << "memory of one step and one validation: " << peak_bytes() / 1000000 << " MB\n\n";
  tell_heading("Without learning, on validation");
  for (const Baseline& baseline : s.baselines) tell_score(baseline.name, baseline.scores);
  std::cout << std::endl;
}

// Keeps the run's folder up to date and tells of its progress.
class Recorder {
 public:
  Recorder(Session& session, RunFolder& folder)
      : session_(session),
        folder_(folder),
        progress_(session.config.batch, !session.command.voice.talks()),
        begun_(Clock::now()),
        step_begun_(begun_) {}

  TrainCallbacks callbacks() {
    return {.on_step = [this](const StepReport& report) { step(report); },
            .on_validation = [this](const ValidationReport& report,
                                    const AnyLayer& net) { validation(report, net); },
            .on_save = [this] { save(); },
            .stop = interrupted};
  }

  void heading() const {
    if (!session_.command.voice.talks()) return;
    std::cout << "Training, scored on validation\n"
                 "   step   train     val fg mIoU    acc   time  img/s"
              << std::endl;
  }

  double seconds() const { return folder_.seconds_before() + seconds_since(begun_); }
  void clear() { progress_.clear(); }

 private:
  void step(const StepReport& r) {
    last_ = r;
    folder_.log_event(Json{
        {"event", "step"},
        {"step", r.step},
        {"loss", r.loss},
        {"learning_rate", r.learning_rate},
        {"gradient_norm", r.gradient_norm},
        {"seconds", seconds_since(step_begun_)},
        {"waited", r.waited},
        {"elapsed",
         seconds()}}.dump());
    ++steps_;
    step_begun_ = Clock::now();
    progress_.step(r.step, r.steps, r.loss, r.learning_rate, r.gradient_norm);
  }

  void validation(const ValidationReport& r, const AnyLayer& net) {
    progress_.clear();
    if (r.best) save_best(net);
    const double rate = static_cast<double>(steps_ * session_.config.batch) / seconds_since(begun_);
    const MetricsRow row{.step = r.step,
                         .train_loss = r.train_loss,
                         .validation_loss = r.validation_loss,
                         .mean_iou = r.scores.mean_iou(),
                         .foreground_iou = r.scores.mean_iou(1),
                         .pixel_accuracy = r.scores.pixel_accuracy(),
                         .learning_rate = last_.learning_rate,
                         .seconds = seconds(),
                         .images_per_second = rate,
                         .best = r.best};
    folder_.log(row);
    write_progress_pictures(folder_, net, session_.data.validation, r.step);
    tell(row, r.stale);
    step_begun_ = Clock::now();
  }

  void tell(const MetricsRow& row, std::int64_t stale) const {
    const Voice& voice = session_.command.voice;
    say(voice, {{"event", "validation"},
                {"step", row.step},
                {"train_loss", row.train_loss},
                {"validation_loss", row.validation_loss},
                {"mean_iou", row.mean_iou},
                {"foreground_mean_iou", row.foreground_iou},
                {"pixel_accuracy", row.pixel_accuracy},
                {"best", row.best}});
    if (!voice.talks()) return;
    std::cout << std::setw(7) << row.step << std::setw(8) << fixed(row.train_loss, 4) << std::setw(8)
              << fixed(row.validation_loss, 4) << std::setw(8) << fixed(row.foreground_iou, 3) << std::setw(7)
              << fixed(row.pixel_accuracy, 3) << std::setw(7) << clock_text(row.seconds) << std::setw(7)
              << fixed(row.images_per_second, 0);
    const std::int64_t patience = session_.config.patience;
    if (row.best) {
      std::cout << (colored(voice) ? "  \033[1;32mbest\033[0m" : "  best");
    } else if (patience > 0) {
      std::cout << "  " << stale << '/' << patience;
    }
    std::cout << std::endl;
  }

  void save_best(const AnyLayer& net) {
    trous::save(net, folder_.file("best.safetensors"),
                to_metadata(session_.trainer.best_info(session_.about)));
  }

  void save() {
    folder_.flush();
    write_safetensors(folder_.file("last.safetensors"), session_.trainer.state(session_.about));
  }

  Session& session_;
  RunFolder& folder_;
  Progress progress_;
  Clock::time_point begun_, step_begun_;
  StepReport last_{};
  std::int64_t steps_ = 0;  // of this session
};

void log_event(RunFolder& folder, const char* event, std::int64_t step, const std::string& why = {}) {
  Json line{{"event", event}, {"step", step}, {"time", time_now()}};
  if (!why.empty()) line["why"] = why;
  folder.log_event(line.dump());
}

// The same network with 1x1 filters, trained the same way: what single pixels tell.
std::optional<Baseline> pixel_baseline(const Session& s) {
  if (!s.config.pixel_baseline) return std::nullopt;
  if (s.command.voice.talks())
    std::cout << "\nThe same network with 1x1 filters, " << s.config.steps << " steps, for comparison."
              << std::endl;
  AnyLayer blind = network_from_json(describe_network(s.config, s.data, 1));
  initialize(blind, fold_in(Key{s.config.seed}, 0));
  Progress progress(s.config.batch, !s.command.voice.talks());
  const TrainResult result =
      train(blind, s.data, make_options(s.config, s.facts),
            {.on_step =
                 [&](const StepReport& r) {
                   progress.step(r.step, r.steps, r.loss, r.learning_rate, r.gradient_norm);
                 },
             .stop = interrupted});
  if (result.interrupted || result.diverged) return std::nullopt;
  return Baseline{s.config.model + ", 1x1 filters", evaluate_on(blind, s.data.test, s.config.batch)};
}

// Scores the best weights on the test split and writes what is kept of it.
void finish(Session& s, RunFolder& folder, const TrainResult& result, double seconds) {
  const Voice& voice = s.command.voice;
  const Dataset& test = s.data.test;
  const std::string stopped = result.stopped_early.value_or("all steps done");
  std::vector<Baseline> baselines = baselines_of(s.config.data, s.data, test);
  if (auto pixel = pixel_baseline(s)) baselines.push_back(std::move(*pixel));
  const SplitScores scores = score(s.trainer.best(), test, s.config.batch);
  const Picks picks = pick(scores.images);
  write_pictures(folder.file("samples/best.png"), s.trainer.best(), test, picks.best);
  write_pictures(folder.file("samples/median.png"), s.trainer.best(), test, picks.median);
  write_pictures(folder.file("samples/worst.png"), s.trainer.best(), test, picks.worst);
  const RunOutcome outcome{
      .step = result.best_step, .steps = result.steps, .stopped = stopped, .seconds = seconds};
  write_results(folder, s.config, s.data, s.facts, s.summary, baselines, scores, picks, outcome);
  write_report(s.config.out);
  say(voice, {{"event", "result"},
              {"split", "test"},
              {"step", result.best_step},
              {"stopped", stopped},
              {"scores", summary_of_scores(scores.all, test.classes)},
              {"report", folder.file("report.html")}});
  if (voice.json) return;
  if (result.stopped_early)
    std::cout << "\nEnded at step " << result.steps << ": " << *result.stopped_early << ".\n";
  std::cout << "\nTest: " << test.size << " images, scored once, weights of step " << result.best_step
            << "\n\n";
  tell_heading("");
  for (const Baseline& baseline : baselines) tell_score(baseline.name, baseline.scores);
  tell_score(s.config.model, scores.all);
  tell_weakest(scores.all, test.classes);
  std::cout << "  time      " << clock_text(seconds) << ", at most " << peak_bytes() / 1000000
            << " MB of memory\n"
            << "  weights   " << folder.file("best.safetensors") << "\n  report    "
            << folder.file("report.html") << "\n  next      trous predict " << folder.file("best.safetensors")
            << " IMAGE... --out DIR\n";
}

RunFolder open_folder(const Session& s, std::int64_t resumed_from, double minutes) {
  if (s.command.resuming) {
    RunFolder folder = RunFolder::reopen(s.config.out, resumed_from);
    write_fixed(folder, s.data.validation);
    log_event(folder, "resume", resumed_from);
    return folder;
  }
  RunFolder folder = RunFolder::create(s.config.out,
                                       {{"config.json", to_json(s.config).dump(2) + '\n'},
                                        {"environment.json", environment(s.config, s.data).dump(2) + '\n'}},
                                       s.command.force);
  write_fixed(folder, s.data.validation);
  log_event(folder, "begin", 0, minutes > 0 ? text(minutes, " minutes are ", s.config.steps, " steps") : "");
  return folder;
}

int end_of(Session& s, RunFolder& folder, const TrainResult& result, double seconds) {
  if (result.diverged) {
    log_event(folder, "diverged", result.steps, *result.diverged);
    std::cerr << "train: " << *result.diverged << ". Lower --learning-rate.\n";
    if (result.best_step > 0)
      std::cerr << "The best weights so far, of step " << result.best_step << ", are in "
                << folder.file("best.safetensors") << ".\n";
    say(s.command.voice, {{"event", "diverged"}, {"why", *result.diverged}});
    return diverged;
  }
  if (result.interrupted) {
    log_event(folder, "interrupted", result.steps);
    say(s.command.voice, {{"event", "interrupted"}, {"step", result.steps}});
    std::cerr << "Interrupted after step " << result.steps
              << ", which is saved. Go on with:\n  trous train --resume " << s.config.out << '\n';
    return stopped_by_signal;
  }
  finish(s, folder, result, seconds);
  if (interrupted()) {
    std::cerr << "Interrupted.\n";
    return stopped_by_signal;
  }
  log_event(folder, "stopped", result.steps, result.stopped_early.value_or("all steps done"));
  return ok;
}

// Everything that can be refused is, before the run's folder is made.
Session open_session(TrainCommand& command) {
  TrainConfig& c = command.config;
  resolve(c);
  Splits data = open_data(c.data, c.data_dir);
  if (command.epochs > 0) c.steps = (command.epochs * data.train.size + c.batch - 1) / c.batch;
  const std::string description = describe_network(c, data, c.kernel);
  AnyLayer net = make_network(c, description);
  Summary summary =
      summary_of(c.model, net, augmented_shape(data.train.image_shape, parse_augmentation(c.augment)));
  Survey facts = survey(data);
  if (command.minutes > 0) c.steps = steps_in(command.minutes, net, data, make_options(c, facts));
  CheckpointInfo about{.network = description, .classes = data.train.classes, .data = c.data};
  Trainer trainer(net, data, make_options(c, facts));
  trainer.rehearse();
  std::vector<Baseline> baselines = baselines_of(c.data, data, data.validation);
  return {command,
          c,
          std::move(data),
          std::move(facts),
          description,
          std::move(net),
          std::move(summary),
          std::move(about),
          std::move(trainer),
          std::move(baselines)};
}

int run(TrainCommand& command) {
  TrainConfig& config = command.config;
  if (config.threads > 0) set_threads(config.threads);
  if (!command.resuming) RunFolder::check_free(config.out, command.force);
  Session session = open_session(command);
  std::int64_t resumed_from = 0;
  if (command.resuming) {
    const std::string run = config.out;
    check_same_run(run, to_json(read_config(run + "/config.json")), to_json(config));
    const std::string last = run + "/last.safetensors";
    if (std::filesystem::exists(last)) session.trainer.restore(last, read_safetensors(last));
    resumed_from = session.trainer.step();
  }
  heed_interrupts();
  RunFolder folder = open_folder(session, resumed_from, command.minutes);
  tell_start(session);
  if (command.resuming && command.voice.talks())
    std::cout << "Going on after step " << resumed_from << ".\n" << std::endl;
  Recorder recorder(session, folder);
  recorder.heading();
  const TrainResult result = session.trainer.run(recorder.callbacks());
  recorder.clear();
  return end_of(session, folder, result, recorder.seconds());
}

}  // namespace

void add_train(CLI::App& app, int& code) {
  const auto command = std::make_shared<TrainCommand>();
  CLI::App* const train =
      app.add_subcommand("train", "Trains a segmentation network and scores it beside baselines.");
  add_config(*train, command->config);
  train->add_option("--epochs", command->epochs, "passes over the training images, in place of --steps")
      ->check(whole(1, std::int64_t{1} << 30));
  train
      ->add_option("--minutes", command->minutes,
                   "about so long, in place of --steps: timed once, then a number of steps")
      ->check(above_zero());
  train->add_option("--config", "FILE.json with options, as config.json of a run; the command line wins");
  CLI::Option* const resume = train
                                  ->add_option("--resume", command->resume,
                                               "go on with this run, or with that of --out if there is one")
                                  ->expected(0, 1);
  train->add_flag("--force", command->force, "replace the run that is in --out");
  add_voice(*train, command->voice);
  train->callback([command, resume, &code] {
    if (resume->count() > 0 && !command->resume.empty()) command->config.out = command->resume;
    if (command->config.out.empty()) throw CLI::RequiredError("--out");
    command->resuming = resume->count() > 0 && is_run_folder(command->config.out);
    if (resume->count() > 0 && !command->resume.empty() && !command->resuming) {
      throw FileError(text(command->config.out, ": no run is there. Begin one with trous train --out ",
                           command->config.out, '.'));
    }
    code = run(*command);
  });
}

}  // namespace trous::cli
