// trous eval: every score of a trained network on one split, beside predictors that learn little.
#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>
#include <utility>

#include <trous/cli/commands.h>
#include <trous/cli/eval_data.h>
#include <trous/cli/eval_files.h>
#include <trous/cli/inputs.h>
#include <trous/cli/memory.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/output.h>
#include <trous/cli/phase.h>
#include <trous/cli/prediction.h>
#include <trous/cli/score.h>
#include <trous/cli/tables.h>
#include <trous/core/choices.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/core/utf8.h>
#include <trous/data/csv.h>
#include <trous/data/file.h>
#include <trous/run/detail/facts_json.h>
#include <trous/train/mirror_averaged.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct EvalCommand {
  std::string trained, split = "test", data, data_dir, per_image, masks, predictions;
  std::optional<std::int64_t> mask_threshold, ignored;
  std::int64_t batch = 16;
  int threads = 0;
  bool mirror = false, split_anew = false;
  double min_miou = -1;
  OutputStyle style;
};

// The folder of truths and predictions, behind the option that names it.
std::pair<const char*, const std::string&> folder_of_samples(const EvalCommand& c) {
  if (c.predictions.empty()) return {"--masks", c.masks};
  return {"--predictions", c.predictions};
}

SplitScores evaluate(const AnyLayer& net, const Task& task, const Dataset& split, const EvalCommand& c,
                     const std::optional<TilePlan>& plan) {
  Phase scoring("eval", c.style, "scoring", "images");
  ScoreOptions options{.task = task, .batch = c.batch, .plan = plan, .on_progress = scoring.on_progress()};
  const auto& [flag, folder] = folder_of_samples(c);
  if (folder.empty()) return score(net, split, options);
  make_folder(folder, flag);
  SampleFiles files(folder, split);
  options.on_image = [&](std::int64_t i, const Tensor& truth, const Tensor& prediction,
                         const Tensor& output) { files.add(i, truth, prediction, output); };
  try {
    SplitScores scores = score(net, split, options);
    files.finish();
    return scores;
  } catch (const Interrupted& end) {
    throw Interrupted(text(end.what(), ' ', files.words_if_interrupted()));
  }
}

void write_per_image(const std::string& path, const Task& task, const Dataset& split,
                     const SplitScores& scores) {
  const std::vector<std::string> names =
      shown_scores(scores.all.all(), name(task.leading), scores.all.all().size());
  std::string table = "image";
  for (const std::string& name : names) table += ',' + event_key(name);
  table += '\n';
  for (std::size_t i = 0; i < scores.images.size(); ++i) {
    table += split.names.empty() ? std::to_string(i) : csv_cell(split.names[i]);
    for (const std::string& name : names) {
      const std::optional<double> score = scores.images[i][name];
      table += ',' + (score ? fixed(*score, 6) : std::string());
    }
    table += '\n';
  }
  write_text(path, table);
}

std::vector<NamedScores> beside(const EvalCommand& c, const Task& task, const EvalData& data) {
  Phase baselines("eval", c.style, "baselines", "images");
  return baselines_of(data.name, task, data.splits, data.split(), baselines.on_progress());
}

void print_report(const EvalCommand& c, const Trained& trained, const EvalData& data,
                  const SplitScores& scores, const std::vector<NamedScores>& baselines) {
  const Dataset& split = data.split();
  std::cout << wrapped(
                   text(trained.path, ", step ", trained.loaded.info.step, ", on ", split.size, ' ', c.split,
                        split.size == 1 ? " image of " : " images of ", data.name, data.in_words()),
                   0, columns())
            << "\n\n";
  const ScoreFacts facts = score_facts(scores.all);
  const Task& task = task_of(trained);
  if (facts.confusion)
    print_classes(*facts.confusion, split.classes, split.target.role == Role::mask ? "pixels" : "images",
                  c.style);
  const auto line = [](const char* what, const std::optional<double>& value, int digits = 4) {
    std::cout << "  " << std::left << std::setw(38) << what << std::right << std::setw(9)
              << fixed_or_dash(value, digits) << '\n';
  };
  std::cout << '\n';
  if (task.name == mask_task) {
    line("mIoU of the foreground", facts["foreground_iou"]);
    line("mIoU with the background", facts["mean_iou"]);
    line("pixel accuracy", facts["pixel_accuracy"]);
    line("mean class accuracy", facts.confusion->mean_class_accuracy());
    line("mean Dice of the foreground", facts.confusion->mean_dice(1));
    line("boundary IoU of the foreground, 1 px", scores.boundary->mean_iou(1));
  } else {
    for (const Score& score : facts.all) {
      const ScoreWords words = words_of_score(score.name);
      line(words.words.c_str(), score.value, words.digits);
    }
  }
  line("images per second", static_cast<double>(split.size) / scores.seconds, 1);
  std::cout << '\n';
  if (baselines.empty()) return;
  const std::vector<std::string> shown = shown_scores(facts.all, name(task.leading));
  print_heading("Beside it", shown);
  for (const NamedScores& baseline : baselines) print_score(baseline.name, baseline.scores, shown);
  print_score("this network", facts, shown);
}

Json json_of_all(const EvalCommand& c, const Trained& trained, const EvalData& data,
                 const SplitScores& scores, const std::vector<NamedScores>& baselines) {
  const Dataset& split = data.split();
  const ScoreFacts facts = score_facts(scores.all);
  Json result = summary_of_scores(facts, split.classes);
  if (scores.boundary) result["boundary_iou"] = detail::or_null(scores.boundary->mean_iou(1));
  if (facts.confusion) result["confusion"] = detail::json_of(*facts.confusion);
  for (const CalibrationBin& bin : facts.calibration) {
    result["calibration"].push_back({{"count", bin.count},
                                     {"confidence", detail::or_null(bin.confidence)},
                                     {"accuracy", detail::or_null(bin.accuracy)}});
  }
  Json beside = Json::array();
  for (const NamedScores& baseline : baselines) {
    Json one = summary_of_scores(baseline.scores, split.classes);
    one["name"] = baseline.name;
    beside.push_back(one);
  }
  Json all{{"event", "eval"},    {"checkpoint", trained.path}, {"step", trained.loaded.info.step},
           {"split", c.split},   {"images", split.size},       {"scores", result},
           {"baselines", beside}};
  if (data.origin == SplitOrigin::unknown) return all;
  Json folder{{"split", data.origin == SplitOrigin::anew  ? "anew"
                        : data.origin == SplitOrigin::run ? "of the run"
                                                          : "of the folder"}};
  if (data.changes) {
    folder["new"] = data.changes->added.size();
    folder["gone"] = data.changes->gone.size();
    folder["changed"] = data.changes->changed.size();
  }
  if (!data.may_be_trained_on) folder["trained_on"] = data.trained_on.size();
  all["folder"] = std::move(folder);
  return all;
}

// The number of classes of a network whose checkpoint does not name them.
std::size_t output_channels(const Trained& trained, const Dataset& split) {
  const Summary summary = summary_of(trained.path, trained.loaded.net, split.image_shape);
  return static_cast<std::size_t>(summary.output[summary.output.rank() - 1]);
}

// Throws unless the targets are of the task that was learned.
void check_task(const Trained& trained, const std::string& name, const Dataset& split) {
  const std::string &learned = trained.loaded.info.task, asked = task_for(split).name;
  if (suits(task_of(trained), split)) return;
  throw ArgumentError(text("eval: the network has learned ", learned, ", and the targets of ", name,
                           " are for ", asked, ". Give --data with targets of its task."));
}

// Throws where the numbers of the targets have other names than those that were learned.
void check_number_names(const Trained& trained, const std::string& name, const Dataset& split) {
  const std::vector<std::string>&learned = trained.loaded.info.number_names, &here = split.number_names;
  if (learned.empty() || here.empty() || learned == here) return;
  const auto all = [](const std::vector<std::string>& names) {
    return escaped_bytes(listed({names.begin(), names.end()}, ", "));
  };
  throw ArgumentError(text("eval: the network has learned the numbers ", all(learned), ", and those of ",
                           name, " are ", all(here),
                           ". Give --data whose labels.csv has the columns of the training."));
}

// Throws unless the network can say something of these images.
void check_fit(const Trained& trained, const std::string& name, const Dataset& split) {
  const std::int64_t channels = in_channels_of(trained.loaded.info);
  if (split.image_shape[2] != channels) {
    throw ArgumentError(text("eval: the network reads images of ", channels,
                             channels == 1 ? " channel" : " channels", ", those of ", name, " have ",
                             split.image_shape[2], ". Give --data with such images."));
  }
  check_task(trained, name, split);
  check_number_names(trained, name, split);
  if (split.target.role != Role::mask && split.target.role != Role::label) return;
  const std::size_t named = trained.loaded.info.classes.size();
  if (named == 0 && task_for(split).name != task_of(trained).name) return;  // its outputs need not be logits
  const std::size_t classes = named > 0 ? named : output_channels(trained, split);
  if (split.classes.size() != classes) {
    throw ArgumentError(text("eval: the network knows ", classes, " classes, ", name, " has ",
                             split.classes.size(), ". Give --data with the classes it learned."));
  }
  for (std::size_t c = 0; c < named; ++c) {
    if (split.classes[c] == trained.loaded.info.classes[c]) continue;
    std::cerr << "eval: class " << c << " is " << trained.loaded.info.classes[c] << " for the network and "
              << split.classes[c] << " in " << name << ": are they the same?\n";
  }
}

// The memory of a batch. It is printed before the scores, which may take long.
MemoryCheck check_eval_memory(const EvalCommand& c, const AnyLayer& net, const Dataset& split) {
  const Shape& image = split.image_shape;
  const Shape images{std::min(c.batch, split.size), image[0], image[1], image[2]};
  MemoryCheck check = check_memory([&] {
    const auto memory = std::make_shared<EvaluationMemory>(net, images, nullptr, split.target.role);
    return MemoryDemand{.command = "eval", .work = "a batch", .images = images, .bytes = [=](const Shape& s) {
                          return memory->resident(s[0]);
                        }};
  });
  if (c.style.prints_text()) std::cout << "memory: " << wrapped(check.words, 8, columns()) << std::endl;
  return check;
}

// The tiles of the images. Where they do not give the result of the whole image, stderr says so.
TilePlan plan_of(const EvalCommand& c, const AnyLayer& net, const Shape& image) {
  TilePlan plan = c.mirror ? plan_tiles(MirrorAveraged{net}, image) : plan_tiles(net, image);
  if (!plan.exact) std::cerr << "eval: " << note_on_tiles(TileOptions().tile) << '\n';
  return plan;
}

// Throws where an option means masks and the targets are none.
void check_masks_alone(const EvalCommand& c, const Task& task, const Dataset& split) {
  if (task.name == mask_task) return;
  const char* const option = !c.masks.empty()  ? "--masks"
                             : c.mirror        ? "--tta"
                             : c.min_miou >= 0 ? "--min-miou"
                                               : nullptr;
  if (option) {
    throw ArgumentError(
        text("eval: ", option, " is for masks",
             split.target.role == Role::mask
                 ? text(" of the task ", mask_task, ", and the network has learned ", task.name)
                 : text(", and a sample of ", split.name, " has its ", split.target.name),
             ". Leave it out."));
  }
}

ExitCode run(const EvalCommand& c) {
  if (c.threads > 0) set_threads(c.threads);
  heed_interrupts();
  if (const auto& [flag, folder] = folder_of_samples(c); !folder.empty()) check_new_folder(folder, flag);
  if (!c.per_image.empty()) check_file(c.per_image, "--per-image");
  Trained trained = open_trained(c.trained);
  const Task& task = task_of(trained);
  const EvalData data = eval_data({.checkpoint = trained.path,
                                   .config = trained.config,
                                   .learned_from = trained.loaded.info.data,
                                   .program = trained.loaded.info.program,
                                   .white = trained.loaded.info.white,
                                   .resize = trained.loaded.info.resize,
                                   .target_white = trained.loaded.info.target_white,
                                   .data = c.data,
                                   .data_dir = c.data_dir,
                                   .mask_threshold = c.mask_threshold,
                                   .ignored = c.ignored,
                                   .split = c.split,
                                   .split_anew = c.split_anew,
                                   .style = c.style});
  const Dataset& split = data.split();
  check_fit(trained, data.name, split);
  if (data.may_be_trained_on) {
    std::cerr << "eval: nothing beside " << trained.path
              << " tells what images it was trained on, so some may be among those that are scored.\n";
  }
  check_masks_alone(c, task, split);
  std::optional<TilePlan> plan;
  if (task.name == mask_task) plan = plan_of(c, trained.loaded.net, split.image_shape);
  if (c.mirror) trained.loaded.net = MirrorAveraged{trained.loaded.net};
  const MemoryCheck memory = check_eval_memory(c, trained.loaded.net, split);
  const SplitScores scores = evaluate(trained.loaded.net, task, split, c, plan);
  if (!c.per_image.empty()) write_per_image(c.per_image, task, split, scores);
  const std::string leading = trous::name(task.leading);
  const std::optional<double> miou = scores.all[leading];
  if (c.style.json) {
    const std::vector<NamedScores> baselines = beside(c, task, data);
    Json all = json_of_all(c, trained, data, scores, baselines);
    all["memory"] = json_of(memory);
    std::cout << detail::dump_json(all) << '\n';
  } else if (c.style.quiet) {
    std::cout << fixed_or_dash(miou, std::max(4, words_of_score(leading).digits)) << '\n';
  } else {
    print_report(c, trained, data, scores, beside(c, task, data));
  }
  if (c.min_miou < 0) return ExitCode::ok;
  if (!miou) {
    std::cerr << "eval: nothing of the foreground could be scored for --min-miou " << c.min_miou
              << ": no pixel that counts is of a foreground class, in truth or prediction.\n";
    return ExitCode::failed;
  }
  if (c.min_miou > *miou) {
    std::cerr << "eval: mIoU of the foreground " << fixed(*miou, 4) << " is below --min-miou " << c.min_miou
              << ".\n";
    return ExitCode::failed;
  }
  return ExitCode::ok;
}

}  // namespace

void add_eval(CLI::App& app, ExitCode& code) {
  const auto c = std::make_shared<EvalCommand>();
  CLI::App* const eval = app.add_subcommand("eval", "Scores a trained network on a split, class by class.");
  eval->add_option("RUN", c->trained, "folder of a run, or a checkpoint")->required()->check(not_empty());
  eval->add_option("--split", c->split, listed(split_names()))
      ->check(one_of(split_names()))
      ->capture_default_str();
  eval->add_option("--data", c->data, "another data set of the same classes; without it that of the run")
      ->check(not_empty());
  eval->add_option("--data-dir", c->data_dir,
                   text("where the files of ", data_sets_with_files(" or "), " are"))
      ->check(not_empty());
  eval->add_option(
          "--mask-threshold", c->mask_threshold,
          "of a folder of grey masks: numbers from here on are foreground; without it that of the run")
      ->check(whole(0, 255));
  eval->add_option("--ignore-index", c->ignored,
                   "class whose pixels and score do not count, -1 for none; without it that of the run")
      ->check(whole(-1, 255));
  eval->add_option("--batch", c->batch, "images at a time")->check(whole(1, 65536))->capture_default_str();
  eval->add_option("--per-image", c->per_image, "write a table of each image's scores here, as CSV")
      ->check(not_empty());
  eval->add_option("--masks", c->masks,
                   "write truth and prediction of each image into this folder, as indexed PNG")
      ->check(not_empty());
  eval->add_option("--predictions", c->predictions,
                   "write truth and prediction of each sample into this folder: masks as --masks, images as "
                   "npy and PNG, labels and numbers as CSV")
      ->check(not_empty());
  eval->add_flag("--split-anew", c->split_anew,
                 "split the folder as it is now, also where that scores images that the run was trained on");
  eval->add_flag("--tta", c->mirror, "average the predictions for each image and for its mirror image");
  eval->add_option("--min-miou", c->min_miou, "exit with 1 if the mIoU of the foreground is below, or absent")
      ->check(share());
  eval->add_option("--threads", c->threads, "0 takes the machine's")
      ->check(whole(0, 1024))
      ->capture_default_str();
  add_output_style(*eval, c->style);
  eval->callback([c, eval, &code] {
    check_pairs(GivenOptions(*eval));
    code = run(*c);
  });
}

}  // namespace trous::cli
