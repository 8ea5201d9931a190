// trous eval: every score of a trained network on one split, beside predictors that learn little.
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

#include <trous/cli/commands.h>
#include <trous/cli/open.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/output.h>
#include <trous/cli/score.h>
#include <trous/cli/tell.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/palette.h>
#include <trous/data/png.h>
#include <trous/train/mirror_averaged.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct EvalCommand {
  std::string trained, split = "test", data, data_dir, per_image, masks;
  std::int64_t batch = 16;
  int threads = 0;
  bool mirror = false;
  double min_miou = -1;
  Voice voice;
};

SplitScores evaluate(const AnyLayer& net, const Dataset& split, const EvalCommand& c) {
  if (c.masks.empty()) return score(net, split, c.batch);
  make_folder(c.masks, "--masks");
  return score(net, split, c.batch, [&](std::int64_t i, const Tensor& truth, const Tensor& prediction) {
    const fs::path folder(c.masks);
    write_indexed_png((folder / numbered("truth_", i)).string(), truth, class_palette());
    write_indexed_png((folder / numbered("prediction_", i)).string(), prediction, class_palette());
  });
}

void write_per_image(const std::string& path, const SplitScores& scores) {
  std::string table = "image,foreground_mean_iou,mean_iou,pixel_accuracy\n";
  for (std::size_t i = 0; i < scores.images.size(); ++i) {
    const ConfusionMatrix& one = scores.images[i];
    table += text(i, ',', fixed(one.mean_iou(1), 6), ',', fixed(one.mean_iou(), 6), ',',
                  fixed(one.pixel_accuracy(), 6), '\n');
  }
  write_text(path, table);
}

void tell(const EvalCommand& c, const Trained& trained, const std::string& data, const Dataset& split,
          const SplitScores& scores, const std::vector<Baseline>& baselines) {
  std::cout << wrapped(text(trained.path, ", step ", trained.loaded.info.step, ", on ", split.size, ' ',
                            c.split, split.size == 1 ? " image of " : " images of ", data),
                       0, columns())
            << "\n\n";
  tell_classes(scores.all, split.classes, c.voice);
  const auto line = [](const char* what, const std::string& value) {
    std::cout << "  " << std::left << std::setw(38) << what << std::right << std::setw(9) << value << '\n';
  };
  const auto boundary = scores.boundary.mean_iou(1);
  std::cout << '\n';
  line("mIoU of the foreground", fixed(scores.all.mean_iou(1), 4));
  line("mIoU with the background", fixed(scores.all.mean_iou(), 4));
  line("pixel accuracy", fixed(scores.all.pixel_accuracy(), 4));
  if (const auto accuracy = scores.all.mean_class_accuracy())
    line("mean class accuracy", fixed(*accuracy, 4));
  if (const auto dice = scores.all.mean_dice(1)) line("mean Dice of the foreground", fixed(*dice, 4));
  if (boundary) line("boundary IoU of the foreground, 1 px", fixed(*boundary, 4));
  line("images per second", fixed(static_cast<double>(split.size) / scores.seconds, 1));
  std::cout << '\n';
  tell_heading("Beside it");
  for (const Baseline& baseline : baselines) tell_score(baseline.name, baseline.scores);
  tell_score("this network", scores.all);
}

Json json_of_all(const EvalCommand& c, const Trained& trained, const Dataset& split,
                 const SplitScores& scores, const std::vector<Baseline>& baselines) {
  Json result = summary_of_scores(scores.all, split.classes);
  const auto boundary = scores.boundary.mean_iou(1);
  result["boundary_iou"] = boundary ? Json(*boundary) : Json(nullptr);
  result["confusion"] = json_of(scores.all);
  Json beside = Json::array();
  for (const Baseline& baseline : baselines) {
    Json one = summary_of_scores(baseline.scores, split.classes);
    one["name"] = baseline.name;
    beside.push_back(one);
  }
  return {{"event", "eval"},    {"checkpoint", trained.path}, {"step", trained.loaded.info.step},
          {"split", c.split},   {"images", split.size},       {"scores", result},
          {"baselines", beside}};
}

// Throws unless the network can say something of these images.
void check_fit(const Trained& trained, const std::string& name, const Dataset& split) {
  const std::size_t classes = trained.loaded.info.classes.size();
  if (split.classes.size() != classes) {
    throw ArgumentError(text("eval: the network knows ", classes, " classes, ", name, " has ",
                             split.classes.size(), ". Give --data with the classes it learned."));
  }
  const std::int64_t channels = in_channels_of(trained.loaded.info.network);
  if (split.image_shape[2] != channels) {
    throw ArgumentError(text("eval: the network reads images of ", channels,
                             channels == 1 ? " channel" : " channels", ", those of ", name, " have ",
                             split.image_shape[2], ". Give --data with such images."));
  }
  for (std::size_t c = 0; c < classes; ++c) {
    if (split.classes[c] == trained.loaded.info.classes[c]) continue;
    std::cerr << "eval: class " << c << " is " << trained.loaded.info.classes[c] << " for the network and "
              << split.classes[c] << " in " << name << ": are they the same?\n";
  }
}

int run(const EvalCommand& c) {
  if (c.threads > 0) set_threads(c.threads);
  if (!c.masks.empty()) check_new_folder(c.masks, "--masks");
  if (!c.per_image.empty()) check_file(c.per_image, "--per-image");
  Trained trained = open_trained(c.trained);
  if (c.mirror) trained.loaded.net = MirrorAveraged{trained.loaded.net};
  const std::string name = !c.data.empty()  ? c.data
                           : trained.config ? trained.config->data
                                            : trained.loaded.info.data;
  const std::string directory =
      !c.data_dir.empty() || !c.data.empty() || !trained.config ? c.data_dir : trained.config->data_dir;
  const std::int64_t ignored = trained.config ? trained.config->ignore_index : -1;
  const Splits data = open_data(name, directory, ignored);
  const Dataset& split = split_named(data, c.split);
  check_fit(trained, name, split);
  const SplitScores scores = evaluate(trained.loaded.net, split, c);
  if (!c.per_image.empty()) write_per_image(c.per_image, scores);
  const double miou = scores.all.mean_iou(1);
  if (c.voice.json) {
    std::cout << json_of_all(c, trained, split, scores, baselines_of(name, data, split)).dump() << '\n';
  } else if (c.voice.quiet) {
    std::cout << fixed(miou, 4) << '\n';
  } else {
    tell(c, trained, name, split, scores, baselines_of(name, data, split));
  }
  if (c.min_miou > miou) {
    std::cerr << "eval: mIoU of the foreground " << fixed(miou, 4) << " is below --min-miou " << c.min_miou
              << ".\n";
    return failed;
  }
  return ok;
}

}  // namespace

void add_eval(CLI::App& app, int& code) {
  const auto c = std::make_shared<EvalCommand>();
  CLI::App* const eval = app.add_subcommand("eval", "Scores a trained network on a split, class by class.");
  eval->add_option("RUN", c->trained, "folder of a run, or a checkpoint")->required()->check(not_empty());
  eval->add_option("--split", c->split, "train, validation or test")
      ->check(one_of({"train", "validation", "test"}))
      ->capture_default_str();
  eval->add_option("--data", c->data, "another data set of the same classes; without it that of the run")
      ->check(not_empty());
  eval->add_option("--data-dir", c->data_dir, "where the files of fashion or brain are")->check(not_empty());
  eval->add_option("--batch", c->batch, "images at a time")->check(whole(1, 65536))->capture_default_str();
  eval->add_option("--per-image", c->per_image, "write a table of each image's scores here, as CSV")
      ->check(not_empty());
  eval->add_option("--masks", c->masks,
                   "write truth and prediction of each image into this folder, as indexed PNG")
      ->check(not_empty());
  eval->add_flag("--tta", c->mirror, "average the predictions for each image and for its mirror image");
  eval->add_option("--min-miou", c->min_miou, "exit with 1 if the mIoU of the foreground is below")
      ->check(share());
  eval->add_option("--threads", c->threads, "0 takes the machine's")
      ->check(whole(0, 1024))
      ->capture_default_str();
  add_voice(*eval, c->voice);
  eval->callback([c, eval, &code] {
    check_pairs(GivenOptions(*eval));
    code = run(*c);
  });
}

}  // namespace trous::cli
