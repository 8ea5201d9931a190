// trous train: a run from its options to its report, in a folder from which it can always go on.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include <trous/cli/commands.h>
#include <trous/cli/find_rate.h>
#include <trous/cli/interrupt.h>
#include <trous/cli/output.h>
#include <trous/cli/phase.h>
#include <trous/cli/prediction.h>
#include <trous/cli/program_name.h>
#include <trous/cli/recorder.h>
#include <trous/cli/resume.h>
#include <trous/cli/run_results.h>
#include <trous/cli/session.h>
#include <trous/cli/tables.h>
#include <trous/core/build_info.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/layers/network.h>
#include <trous/run/data_record.h>
#include <trous/run/detail/facts_json.h>
#include <trous/run/environment.h>
#include <trous/run/report.h>
#include <trous/run/results.h>
#include <trous/run/samples.h>

namespace trous::cli {
namespace {

void print_start(const Session& s) {
  const TrainConfig& c = s.config;
  print_event(s.command.style, {{"event", "begin"}, {"config", to_json(c)}, {"threads", threads()}});
  print_event(s.command.style, {{"event", "data"}, {"data", detail::json_of(data_facts(s.data, s.facts))}});
  print_event(s.command.style,
              {{"event", "model"}, {"model", detail::json_of(model_facts(c.model, s.summary))}});
  nlohmann::ordered_json memory = json_of(s.memory);
  if (s.coverage_bytes) memory["report_bytes"] = *s.coverage_bytes;
  print_event(s.command.style, {{"event", "memory"}, {"memory", memory}});
  for (const NamedScores& baseline : s.baselines) {
    nlohmann::ordered_json event{{"event", "baseline"}, {"name", baseline.name}};
    for (const std::string& name : s.shown) event[event_key(name)] = detail::or_null(baseline.scores[name]);
    print_event(s.command.style, event);
  }
  print_event(s.command.style, {{"event", "criterion"}, {"chosen_by", name(s.chosen_by)}});
  if (!s.command.style.prints_text()) return;
  std::cout << "trous " << build_info().version << "  "
            << wrapped(text("train ", c.model, " on ", c.data, ": ", c.training.steps,
                            c.training.steps == 1 ? " step of " : " steps of ", step_words(c), ", seed ",
                            c.training.seed, ", ", threads(), threads() == 1 ? " thread" : " threads"),
                       13, columns())
            << "\n\n";
  print_data(s.data, s.facts);
  std::cout << narrow_table(s.summary, columns()) << '\n';
  if (const std::string crops = crop_words(s); !crops.empty())
    std::cout << "crops:  " << wrapped(crops, 8, columns()) << '\n';
  const std::string report =
      s.coverage_bytes ? text("; its report takes ", memory_text(*s.coverage_bytes)) : std::string();
  std::cout << "memory: " << wrapped(s.memory.words_with_available() + report, 8, columns()) << "\n\n";
  if (!s.baselines.empty()) print_heading("Without learning, on validation", s.shown);
  for (const NamedScores& baseline : s.baselines) print_score(baseline.name, baseline.scores, s.shown);
  std::cout << std::endl;
}

// Which splits cannot be scored, before any work is done for their scores.
void warn_of_unscorable(const Session& s) {
  if (s.trainer.task().name != mask_task) {
    if (s.chosen_by == Criterion::latest)
      std::cerr
          << "train: no target of the validation counts, so nothing can choose the best weights. The latest "
             "are taken.\n";
    return;
  }
  if (s.chosen_by == Criterion::validation_loss) {
    std::cerr
        << "train: no validation mask shows a foreground class that counts, so there is no IoU to choose "
           "the best weights by. The validation loss chooses them.\n";
  } else if (s.chosen_by == Criterion::latest) {
    std::cerr
        << "train: no pixel of the validation masks counts, so nothing can choose the best weights. The "
           "latest are taken.\n";
  }
  const std::vector<std::int64_t>& shown = s.facts.test.images_with_class;
  if (std::all_of(shown.begin() + 1, shown.end(), [](std::int64_t images) { return images == 0; }))
    std::cerr << "train: no test mask shows a foreground class that counts, so the test cannot score them.\n";
}

void print_result(const Session& s, const RunFolder& folder, const TrainResult& result,
                  const std::vector<NamedScores>& baselines, const ScoreFacts& scores, double seconds) {
  const Dataset& test = s.data.test;
  const char* gap = s.command.style.quiet ? "" : "\n";
  const std::string choice = words_of(result.chosen_by);
  if (result.stopped_early) {
    std::cout << gap << "Ended at step " << result.steps << ": "
              << wrapped(*result.stopped_early, 0, columns()) << ".\n";
    gap = "\n";
  }
  std::cout << gap << "Test: " << test.size << (test.size == 1 ? " image" : " images")
            << ", scored once, weights of step " << result.best_step << (choice.empty() ? "" : ", ") << choice
            << "\n\n";
  print_heading("", s.shown);
  for (const NamedScores& baseline : baselines) print_score(baseline.name, baseline.scores, s.shown);
  print_score(s.config.model, scores, s.shown);
  if (s.trainer.task().name == mask_task) {
    print_weakest(*scores.confusion, test.classes);
  } else {
    std::cout << '\n';
  }
  const std::string weights = folder.file("best.safetensors");
  std::cout << "  time      " << clock_text(seconds) << ", at most " << peak_bytes() / 1000000
            << " MB of memory\n  weights   " << weights << "\n  report    " << folder.file("report.html")
            << "\n  next      " << shell_word(program_name()) << ' '
            << (s.trainer.task().name == mask_task
                    ? text("predict ", shell_word(s.config.out), " IMAGE... --out DIR\n")
                    : text("eval ", shell_word(s.config.out), '\n'));
}

// Appends to events.jsonl, with the time.
void log_event(RunFolder& folder, const char* event, std::int64_t step, const std::string& why = {},
               const std::optional<Criterion>& chosen_by = std::nullopt) {
  folder.log(
      EventRecord{.event = event, .step = step, .time = time_now(), .why = why, .chosen_by = chosen_by});
}

// Writes what is kept of the best weights. False if Ctrl-C ended it before results.json and the report were
// written.
bool finish(Session& s, RunFolder& folder, const TrainResult& result, double seconds) {
  std::optional<RunResults> results;
  try {
    results = results_of(s, folder, result, seconds);
  } catch (const Interrupted&) {
    return false;
  }
  const OutputStyle& style = s.command.style;
  write_results(folder, *results);
  log_event(folder, "stopped", result.steps, results->stopped);
  write_report(s.config.out);
  print_event(style, {{"event", "result"},
                      {"split", "test"},
                      {"step", result.best_step},
                      {"chosen_by", name(result.chosen_by)},
                      {"stopped", results->stopped},
                      {"scores", summary_of_scores(results->scores, results->classes)},
                      {"report", folder.file("report.html")}});
  if (!style.json) print_result(s, folder, result, results->baselines, results->scores, seconds);
  return true;
}

Environment environment_of(const Session& s) {
  Environment environment = current_environment();
  environment.command = command_of(s.config);
  environment.libraries = TROUS_LIBRARIES;
  environment.program = recorded_program();
  environment.seed = std::to_string(s.config.training.seed);
  environment.data = s.data.train.source;
  environment.predicted_bytes = s.memory.predicted;
  environment.report_bytes = s.coverage_bytes;
  environment.available_bytes = s.memory.available;
  Phase reading("train", s.command.style, "digests", "files");
  environment.files = digests_of(s.data.files, reading.on_progress());
  return environment;
}

std::vector<std::string> score_names(const Session& s) {
  return names_of(s.trainer.task().scores(s.scored.validation).all());
}

RunFolder open_folder(const Session& s, std::int64_t resumed_from, double minutes) {
  if (s.command.resuming) {
    RunFolder folder = RunFolder::reopen(s.config.out, resumed_from, score_names(s));
    write_fixed_picture(folder, s.scored.validation);
    log_event(folder, "resume", resumed_from, "", s.chosen_by);
    return folder;
  }
  std::map<std::string, std::string> files{
      {"config.json", detail::dump_strict_json("train", to_json(s.config), 2) + '\n'},
      {"environment.json", to_json(environment_of(s))}};
  if (const auto names = split_names_of(s.data)) files["split.json"] = to_json(*names);
  RunFolder folder = RunFolder::create(s.config.out, files, score_names(s), s.command.force);
  // From here on the run needs neither --weights nor the file of its model to go on.
  write_safetensors(folder.file("last.safetensors"), s.trainer.state(s.about));
  write_fixed_picture(folder, s.scored.validation);
  log_event(folder, "begin", 0,
            minutes > 0 ? text(minutes, " minutes are ", s.config.training.steps, " steps") : "",
            s.chosen_by);
  return folder;
}

ExitCode end_of(Session& s, RunFolder& folder, const TrainResult& result, double seconds) {
  if (result.diverged) {
    log_event(folder, "diverged", result.steps, *result.diverged);
    std::cerr << "train: " << *result.diverged << ". Lower --learning-rate.\n";
    if (result.best_step > 0)
      std::cerr << "The best weights so far, of step " << result.best_step << ", are in "
                << folder.file("best.safetensors") << ".\n";
    print_event(s.command.style, {{"event", "diverged"}, {"why", *result.diverged}});
    return ExitCode::diverged;
  }
  const bool ended = !result.interrupted && finish(s, folder, result, seconds);
  if (!ended) {
    log_event(folder, "interrupted", result.steps);
    print_event(s.command.style, {{"event", "interrupted"}, {"step", result.steps}});
    std::cerr << "Interrupted after step " << result.steps << ", which is saved. Go on with:\n  "
              << shell_word(program_name()) << " train --resume " << shell_word(s.config.out) << '\n';
    return ExitCode::stopped_by_signal;
  }
  if (interrupted()) {
    std::cerr << "Interrupted when all steps were done: nothing is missing in " << s.config.out << ".\n";
    return ExitCode::stopped_by_signal;
  }
  return ExitCode::ok;
}

// Trains. Ctrl-C ends a validation where it is: the trainer is saved as it was before, and the run goes on
// with the validation.
TrainResult trained(Session& session, Recorder& recorder) {
  TrainResult result;
  try {
    result = session.trainer.run(recorder.callbacks());
  } catch (const Interrupted&) {
    recorder.save();
    result.steps = session.trainer.step();
    result.interrupted = true;
  }
  recorder.clear();
  return result;
}

ExitCode run(TrainCommand& command) {
  TrainConfig& config = command.config;
  if (config.threads > 0) set_threads(config.threads);
  if (command.find_rate) {
    check_new_folder(config.out, "--out");
  } else if (!command.resuming) {
    RunFolder::check_free(config.out, command.force);
  }
  heed_interrupts();
  Session session = open_session(command);
  if (command.find_rate) return find_rate_of(session);
  std::int64_t resumed_from = 0;
  if (command.resuming) {
    resumed_from = resume(config.out, config, session.data, session.about, session.trainer);
  }
  check_interrupt("train", "before the first step, and nothing was written");
  RunFolder folder = open_folder(session, resumed_from, command.minutes);
  print_start(session);
  warn_of_unscorable(session);
  warn_of_blended_tiles("train: in the test, ", session.net, session.data.test.image_shape);
  if (command.resuming && command.style.prints_text()) {
    std::cout << (resumed_from < config.training.steps ? "Going on after step "
                                                       : "Nothing is left to train after step ")
              << resumed_from << ".\n"
              << std::endl;
  }
  Recorder recorder(session, folder);
  if (resumed_from < config.training.steps || session.trainer.validation_due()) recorder.heading();
  const TrainResult result = trained(session, recorder);
  return end_of(session, folder, result, recorder.seconds());
}

// The options of the run: those of the run that goes on, then of --config, then of the command line, of which
// the last to say something wins. Refuses those that do not go together.
void put_together(TrainCommand& command, const CLI::App& words) {
  TrainConfig before, file;
  if (!command.options_file.empty()) file = read_config(command.options_file);
  const std::string out = command.config.out.empty() ? file.out : command.config.out;
  const std::string run = command.resume.empty() ? out : command.resume;
  command.resuming = words.count("--resume") > 0 && is_run_folder(run);
  if (command.resuming) before = read_config(run + "/config.json");
  if (!command.options_file.empty()) before = read_config(command.options_file, before);
  // The task in the file of options is that of its data.
  if (!command.resuming && words.count("--data") > 0 && command.config.data != before.data)
    before.task.clear();
  before.out = run;
  command.given = GivenOptions(words);
  command.config = with_command_line(std::move(before), command.config, words);
  record_options(command.given, command.config, file);
  check_pairs(command.given);
  command.config.out = run;
  if (run.empty()) throw CLI::RequiredError("--out");
  if (!command.resume.empty() && !command.resuming) {
    throw FileError(
        text(run, ": no run is there. Begin one with ", program_name(), " train --out ", run, '.'));
  }
}

}  // namespace

void add_train(CLI::App& app, ExitCode& code) {
  const auto command = std::make_shared<TrainCommand>();
  CLI::App* const train = app.add_subcommand("train", "Trains a network and scores it beside baselines.");
  add_config(*train, command->config);
  train->add_option("--epochs", command->epochs, "passes over the training images, in place of --steps")
      ->check(whole(1, std::int64_t{1} << 30));
  train
      ->add_option("--minutes", command->minutes,
                   "about so long, in place of --steps: timed once, then a number of steps")
      ->check(above_zero());
  train
      ->add_option("--config", command->options_file,
                   "FILE.json with options, as config.json of a run; the command line wins")
      ->check(not_empty());
  train->add_option("--resume", command->resume, "go on with this run, or with that of --out if there is one")
      ->expected(0, 1);
  train->add_flag("--force", command->force, "replace the run that is in --out");
  train->add_flag(
      "--find-rate", command->find_rate,
      "train nothing, but show how the loss changes while the learning rate grows from 1e-7 to 1");
  add_output_style(*train, command->style);
  train->callback([command, train, &code] {
    put_together(*command, *train);
    check_utf8(command->config);
    code = run(*command);
  });
}

}  // namespace trous::cli
