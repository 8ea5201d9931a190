// trous predict: what a trained network predicts for images in files, written as its task suggests.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <new>
#include <set>
#include <utility>

#include <trous/autograd/recording.h>
#include <trous/cli/commands.h>
#include <trous/cli/interrupt.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/output.h>
#include <trous/cli/predict.h>
#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/image.h>
#include <trous/layers/pass.h>
#include <trous/ops/one_hot.h>
#include <trous/train/task.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;

// A kind of target.
struct TargetKind {
  std::string_view targets;
  PredictionWork (*work)(const PredictCommand& command, const Trained& trained);
  std::vector<std::string_view> options;  // that mean something for it, of those that not all kinds have
};

const std::vector<TargetKind>& target_kinds() {
  static const std::vector<TargetKind> kinds{
      {"masks", mask_predictions, {"--overlay", "--alpha", "--probs", "--tta", "--tile", "--overlap"}},
      {"labels", label_predictions, {"--probs"}},
      {"images", image_predictions, {"--npy", "--tile", "--overlap"}},
      {"numbers", number_predictions, {}}};
  return kinds;
}

// What the network gives for an image of the size it learned from, or else of some size that it takes. Absent
// if it takes none: one of a single size, as dense layers behind a Flatten are, of an older checkpoint.
std::optional<Tensor> some_output(const Trained& trained) {
  const Recording scope(Recording::nothing);
  const CheckpointInfo& info = trained.loaded.info;
  std::vector<HeightWidth> sizes{{64, 64}, {512, 512}};  // filters without padding may need more than 64
  if (info.image_size) sizes.insert(sizes.begin(), *info.image_size);
  for (const HeightWidth& size : sizes) {
    try {
      const Tensor image =
          Tensor::full({1, size.height, size.width, in_channels_of(info)}, DType::float32, 0);
      return evaluate(trained.loaded.net, Variable(image)).value();
    } catch (const ShapeError&) {
    }
  }
  return std::nullopt;
}

// How the predictions of a task that was added are written. Task::predict alone says what outputs mean, so it
// becomes a part of the network: of int32 the classes one-hot, as logits would tell them.
TargetKind added_kind(const Task& task, Trained& trained) {
  const std::optional<Tensor> output = some_output(trained);
  std::optional<Tensor> some;
  if (output) some = task.predict(*output);
  const auto classes = static_cast<std::int64_t>(trained.loaded.info.classes.size());
  const bool labels = some && some->dtype() == DType::int32 && classes > 0;
  const std::int64_t rank = some ? some->shape().rank() : 0;
  trained.loaded.net = [net = trained.loaded.net, predict = task.predict, labels, classes](const Variable& x,
                                                                                           Pass& pass) {
    const Variable predicted(predict(net(x, pass).value()));
    return labels ? one_hot(predicted, classes) : Variable(predicted.value().cast(DType::float32));
  };
  if (labels && rank == 3) return {"masks", mask_predictions, {"--overlay", "--alpha"}};
  if (labels && rank == 1) return {"labels", class_predictions, {}};
  if (!labels && rank == 4) return {"images", image_predictions, {"--npy"}};
  return {"numbers", number_predictions, {}};
}

TargetKind kind_of(Trained& trained) {
  const Task& task = task_of(trained);
  const auto named = [](const char* targets) {
    const std::vector<TargetKind>& kinds = target_kinds();
    return *std::find_if(kinds.begin(), kinds.end(),
                         [&](const auto& kind) { return kind.targets == targets; });
  };
  if (task.name == mask_task) return named("masks");
  if (task.name == classification().name) return named("labels");
  if (task.name != regression().name) return added_kind(task, trained);
  const std::optional<Tensor> output = some_output(trained);
  return named(output && output->shape().rank() == 4 ? "images" : "numbers");
}

// Throws ArgumentError for an option that means nothing for the kind.
void check_options(const GivenOptions& given, const TargetKind& kind, const std::string& trained) {
  const auto has = [](const TargetKind& one, std::string_view option) {
    return std::find(one.options.begin(), one.options.end(), option) != one.options.end();
  };
  for (const TargetKind& other : target_kinds()) {
    for (const std::string_view option : other.options) {
      if (!given.on_command_line(option) || has(kind, option)) continue;
      std::vector<std::string_view> having;
      for (const TargetKind& one : target_kinds()) {
        if (has(one, option)) having.push_back(one.targets);
      }
      throw ArgumentError(text("predict: ", option, " is for ", listed(having, " and "), ", and ", trained,
                               " has learned ", kind.targets, ". Leave it out."));
    }
  }
}

// Files, and the images in folders, in the order given.
std::vector<std::string> images_in(const std::vector<std::string>& inputs) {
  std::vector<std::string> images;
  for (const std::string& input : inputs) {
    std::error_code failure;
    if (!fs::is_directory(input, failure)) {
      images.push_back(input);
      continue;
    }
    std::set<std::string> inside;
    for (const auto& entry : fs::directory_iterator(input)) {
      if (entry.is_regular_file() && is_image_name(entry.path().string()))
        inside.insert(entry.path().string());
    }
    if (inside.empty()) throw FileError(text(input, ": there is no PNG or JPEG in this folder."));
    images.insert(images.end(), inside.begin(), inside.end());
  }
  return images;
}

// An image, and what the paths of the files that are made of it begin with.
struct PlannedImage {
  std::string image, base;
};

// Throws where `file`, which is to be made, would take the place of another one.
void check_place(const PredictCommand& c, const std::string& file, const std::string& image,
                 std::set<std::string>& seen) {
  std::error_code failure;
  if (!seen.insert(file).second) {
    throw ArgumentError(text("predict: two images would be made into one file, ", file,
                             ". Predict them into folders of their own."));
  }
  if (fs::equivalent(file, image, failure))
    throw FileError(text(file, ": the prediction would replace its own image. Choose another --out."));
  if (!c.force && fs::exists(file, failure))
    throw FileError(text(file, ": it exists. Give --force to replace it, or another --out."));
}

// The images, checked with the files to be made before anything is written.
std::vector<PlannedImage> planned(const PredictCommand& c, const PredictionWork& work) {
  std::vector<PlannedImage> all;
  std::set<std::string> seen;
  for (const std::string& image : images_in(c.inputs)) {
    all.push_back({image, (fs::path(c.out) / fs::path(image).stem()).string()});
    std::error_code failure;
    if (!fs::exists(image, failure))
      throw FileError(text(image, ": there is no such file or folder. Give images, or folders of images."));
    for (const std::string& file : work.files_of(all.back().base)) check_place(c, file, image, seen);
  }
  if (!work.table.empty()) check_place(c, work.table, "", seen);
  return all;
}

// Removes a folder in which nothing was written.
void remove_if_made(const std::string& folder, bool was_there) {
  std::error_code failure;
  if (!was_there && fs::is_empty(folder, failure)) fs::remove(folder, failure);
}

// Predicts the images, and returns how many were left out. The others are still done.
std::size_t predict_all(const PredictionWork& work, const std::vector<PlannedImage>& all) {
  std::size_t lost = 0;
  for (const auto& [image, base] : all) {
    try {
      work.predict(image, base);
    } catch (const Error& error) {
      ++lost;
      std::cerr << image << " is left out. " << error.what() << '\n';
    } catch (const std::bad_alloc&) {
      ++lost;
      std::cerr << image << " is left out. There is not enough memory for it. " << work.smaller << '\n';
    }
  }
  if (lost < all.size()) work.finish();
  return lost;
}

ExitCode run(const PredictCommand& c, const GivenOptions& given) {
  if (c.threads > 0) set_threads(c.threads);
  const std::int64_t overlap = c.overlap.value_or(0);
  if (c.tile > 0 && c.tile <= 2 * overlap) {
    throw ArgumentError(text("predict: --tile ", c.tile, " is not more than twice --overlap ", overlap,
                             ". Give 0 for the whole image, a larger tile or a smaller overlap."));
  }
  Trained trained = open_trained(c.run);
  const TargetKind kind = kind_of(trained);
  check_options(given, kind, trained.path);
  PredictCommand command = c;
  if (std::find(kind.options.begin(), kind.options.end(), "--tile") == kind.options.end()) command.tile = 0;
  const PredictionWork work = kind.work(command, trained);
  const std::vector<PlannedImage> all = planned(c, work);
  heed_interrupts();
  const bool was_there = fs::exists(c.out);
  make_folder(c.out, "--out");
  std::size_t lost = 0;
  try {
    lost = predict_all(work, all);
  } catch (...) {
    remove_if_made(c.out, was_there);
    throw;
  }
  if (lost == 0) return ExitCode::ok;
  remove_if_made(c.out, was_there);
  std::cerr << "predict: " << lost << " of " << all.size() << (all.size() == 1 ? " image " : " images ")
            << (lost == 1 ? "was" : "were") << " left out.\n";
  return ExitCode::file;
}

}  // namespace

Predictor PredictCommand::predictor(const Trained& trained) const {
  const CheckpointInfo& info = trained.loaded.info;
  return {.net = trained.loaded.net,
          .channels = in_channels_of(info),
          .white = info.white,
          .resize = info.resize,
          .tiles = {.tile = tile, .overlap = overlap}};
}

void add_predict(CLI::App& app, ExitCode& code) {
  const auto c = std::make_shared<PredictCommand>();
  CLI::App* const predict = app.add_subcommand(
      "predict",
      "Writes the masks of images, PNG or JPEG of any size, as indexed PNG; or their classes, images or "
      "numbers, as the network has learned.");
  predict->add_option("RUN", c->run, "folder of a run, or a checkpoint")->required()->check(not_empty());
  predict->add_option("IMAGE", c->inputs, "images, or folders of images")->required()->check(not_empty());
  predict->add_option("--out", c->out, "folder of the predictions")->required()->check(not_empty());
  predict->add_flag("--overlay", c->overlay, "also write the image with the classes' colours over it");
  predict->add_option("--alpha", c->alpha, "opacity of these colours")->check(share())->capture_default_str();
  predict->add_flag("--probs", c->probabilities,
                    "also write the probability of each class: of masks float32 [h, w, classes], as npy");
  predict->add_flag("--npy", c->arrays, "also write predicted images as they are, float32 [h, w, channels]");
  predict->add_flag("--tta", c->mirror, "average the predictions for each image and for its mirror image");
  predict
      ->add_option("--tile", c->tile,
                   "longest side of the tiles that large images are cut into; 0 takes images whole")
      ->check(whole(0, 32768))
      ->capture_default_str();
  predict
      ->add_option(
          "--overlap", c->overlap,
          "pixels that neighbouring tiles share, at least; without it as many as make the result that "
          "of the whole image")
      ->check(whole(0, 16384));
  predict->add_flag("--force", c->force, "replace files that exist");
  predict->add_option("--threads", c->threads, "number of threads; 0 takes the machine's")
      ->check(whole(0, 1024))
      ->capture_default_str();
  add_output_style(*predict, c->style);
  predict->callback([c, predict, &code] {
    const GivenOptions given(*predict);
    check_pairs(given);
    code = run(*c, given);
  });
}

}  // namespace trous::cli
