// trous predict: writes masks, and pictures of them, for images of any size.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include <trous/cli/commands.h>
#include <trous/cli/inputs.h>
#include <trous/cli/interrupt.h>
#include <trous/cli/memory.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/output.h>
#include <trous/cli/phase.h>
#include <trous/cli/prediction.h>
#include <trous/cli/tables.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/image.h>
#include <trous/train/crop.h>
#include <trous/train/mirror_averaged.h>
#include <trous/train/tiles.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;

struct PredictCommand {
  std::string trained, out;
  std::vector<std::string> inputs;
  bool overlay = false, probabilities = false, mirror = false, force = false;
  double alpha = 0.5;
  std::int64_t tile = 1024;
  std::optional<std::int64_t> overlap;
  int threads = 0;
  OutputStyle style;
};

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

// The images and the files to be made, checked before anything is written.
std::vector<PredictionFiles> planned(const PredictCommand& c) {
  std::vector<PredictionFiles> all;
  std::set<std::string> seen;
  for (const std::string& image : images_in(c.inputs)) {
    const std::string stem = fs::path(image).stem().string();
    const std::string base = (fs::path(c.out) / stem).string();
    all.push_back(
        {image, base + ".png", c.overlay ? base + ".overlay.png" : "", c.probabilities ? base + ".npy" : ""});
    std::error_code failure;
    if (!fs::exists(image, failure))
      throw FileError(text(image, ": there is no such file or folder. Give images, or folders of images."));
    for (const std::string& file : all.back().made()) {
      if (!seen.insert(file).second) {
        throw ArgumentError(text("predict: two images would be made into one file, ", file,
                                 ". Predict them into folders of their own."));
      }
      if (fs::equivalent(file, image, failure))
        throw FileError(text(file, ": the mask would replace its own image. Choose another --out."));
      if (!c.force && fs::exists(file, failure))
        throw FileError(text(file, ": it exists. Give --force to replace it, or another --out."));
    }
  }
  return all;
}

// Checks the memory of tiles before they are computed, once for each shape of tile.
class TileMemory {
 public:
  TileMemory(const PredictCommand& c, const Predictor& predictor) : command_(c), predictor_(predictor) {}

  // Throws ArgumentError, with the tiles that fit, where a tile takes more than there is. Prints what it
  // takes where an image is cut. Small images are not worth the forecast.
  void check(const Shape& image, const TilePlan& plan) {
    const TileSpan &rows = plan.rows.front(), &columns = plan.columns.front();
    const Shape tile{1, rows.end - rows.begin, columns.end - columns.begin, image[2]};
    if (tile[1] * tile[2] <= max_whole_pixels) return;
    if (tile != tile_) forecast(tile);
    tile_ = tile;
    if (!bytes_) return;
    const std::string words =
        text("a tile of ", tile[1], 'x', tile[2], " pixels is predicted to take ", memory_text(*bytes_));
    const std::optional<AvailableMemory> available = available_memory();
    if (available && *bytes_ > available->bytes) {
      throw ArgumentError(text("predict: ", words, ", and ", memory_text(available->bytes),
                               " are available. ", remedy(std::max(tile[1], tile[2]), available->bytes)));
    }
    if (!plan.whole() && command_.style.prints_text())
      std::cerr << "predict: " << plan.rows.size() * plan.columns.size() << " tiles; " << words << ".\n";
  }

 private:
  // A network whose memory cannot be predicted is not refused.
  void forecast(const Shape& tile) {
    bytes_.reset();
    try {
      const AnyLayer net = predictor_.mirror ? AnyLayer(MirrorAveraged{predictor_.net}) : predictor_.net;
      forecast_.emplace(prediction_memory(net, tile));
      bytes_ = forecast_->at(tile).resident;
    } catch (const Error&) {
    }
  }

  std::string remedy(std::int64_t side, std::int64_t available) const {
    while ((side /= 2) >= 64) {
      if (forecast_->at({1, side, side, tile_[3]}).resident <= available)
        return text("Cut the image into smaller ones, with --tile ", side, '.');
    }
    return "No tile fits. Take a narrower network, or a machine with more memory.";
  }

  const PredictCommand& command_;
  const Predictor& predictor_;
  Shape tile_;
  std::optional<MemoryForecast> forecast_;
  std::optional<std::int64_t> bytes_;
};

// What a user may not expect of the masks, on stderr, once for all images: that the network read images
// smaller, and what the options of tiles did not do.
class PredictionNotes {
 public:
  PredictionNotes(const PredictCommand& c, const Predictor& predictor) : command_(c), predictor_(predictor) {}

  void add(const std::string& path, const Prediction& found) {
    if (found.resized && !std::exchange(resized_, true) && command_.style.prints_text()) {
      std::cerr << path << ": it was read with " << predictor_.resize->longest
                << " pixels on the longest side, as in the training. The mask has the size of the file.\n";
    }
    if (found.plan.whole()) return;
    any_cut_ = true;
    if (found.plan.exact ? !command_.overlap || raised_ : blended_) return;
    const std::optional<Tiling> tiling = tiling_for(predictor_, found.shape);
    if (!found.plan.exact) {
      blended_ = true;
      std::cerr << path << ": " << note_on_tiles(command_.tile);
      if (tiling)
        std::cerr << " Tiles of " << min_exact_tile(*tiling)
                  << " pixels a side give the result of the whole image.";
      std::cerr << '\n';
      return;
    }
    const std::int64_t needed =
        std::max(tiling->before.height + tiling->after.height, tiling->before.width + tiling->after.width);
    if (*command_.overlap < needed) {
      raised_ = true;
      std::cerr << path << ": its tiles share " << needed << " pixels, not the " << *command_.overlap
                << " of --overlap, since the network's result depends on them.\n";
    }
  }

  void finish() const {
    if (command_.overlap && !any_cut_)
      std::cerr << "predict: --overlap changed nothing, since no image that was read has more than "
                << command_.tile << " pixels a side.\n";
  }

 private:
  const PredictCommand& command_;
  const Predictor& predictor_;
  bool any_cut_ = false, blended_ = false, raised_ = false, resized_ = false;
};

// Predicts one image, and prints the outcome.
Prediction predict(const PredictCommand& c, const Predictor& predictor, TileMemory& memory,
                   const std::vector<std::string>& classes, const PredictionFiles& files) {
  Prediction found = [&] {
    Phase predicting("predict", c.style, "predicting", "rows");
    const InterruptibleOps ops("predict", text("in ", files.image, ", of which nothing was written"));
    return predict_file(
        predictor, files,
        {.on_plan = [&](const Shape& image, const TilePlan& plan) { memory.check(image, plan); },
         .on_rows = predicting.on_progress()});
  }();
  if (!found.note.empty()) std::cerr << files.image << ": " << found.note << '\n';
  nlohmann::ordered_json count;
  for (std::size_t k = 0; k < found.pixels.size(); ++k)
    count[k < classes.size() ? classes[k] : text("class ", k)] = found.pixels[k];
  print_event(c.style,
              {{"event", "prediction"}, {"image", files.image}, {"mask", files.mask}, {"pixels", count}});
  if (c.style.prints_text()) std::cout << files.mask << std::endl;
  return found;
}

// Removes a folder in which nothing was written.
void remove_if_made(const std::string& folder, bool was_there) {
  std::error_code failure;
  if (!was_there && fs::is_empty(folder, failure)) fs::remove(folder, failure);
}

ExitCode run(const PredictCommand& c) {
  if (c.threads > 0) set_threads(c.threads);
  const std::int64_t overlap = c.overlap.value_or(0);
  if (c.tile > 0 && c.tile <= 2 * overlap) {
    throw ArgumentError(text("predict: --tile ", c.tile, " is not more than twice --overlap ", overlap,
                             ". Give 0 for the whole image, a larger tile or a smaller overlap."));
  }
  const std::vector<PredictionFiles> all = planned(c);
  const Trained trained = open_trained(c.trained);
  if (trained.loaded.info.task != mask_task) {
    throw ArgumentError(
        text("predict: ", trained.path, " has learned ", trained.loaded.info.task,
             ", and predict writes masks. Load it with load_network in a program of your own."));
  }
  const Predictor predictor{.net = trained.loaded.net,
                            .mirror = c.mirror,
                            .channels = in_channels_of(trained.loaded.info),
                            .white = trained.loaded.info.white,
                            .resize = trained.loaded.info.resize,
                            .tiles = {.tile = c.tile, .overlap = c.overlap},
                            .alpha = c.alpha};
  heed_interrupts();
  const bool was_there = fs::exists(c.out);
  make_folder(c.out, "--out");
  std::size_t lost = 0;
  TileMemory memory(c, predictor);
  PredictionNotes notes(c, predictor);
  for (const PredictionFiles& files : all) {
    try {
      notes.add(files.image, predict(c, predictor, memory, trained.loaded.info.classes, files));
    } catch (const Error& error) {  // the other images are still done
      ++lost;
      std::cerr << files.image << " is left out. " << error.what() << '\n';
    } catch (const Interrupted&) {
      remove_if_made(c.out, was_there);
      throw;
    } catch (const std::bad_alloc&) {
      ++lost;
      std::cerr
          << files.image
          << " is left out. There is not enough memory for it. Predict it in smaller parts, with --tile "
          << std::max<std::int64_t>(64, (c.tile == 0 ? 1024 : c.tile) / 2) << " or less.\n";
    }
  }
  if (lost < all.size()) notes.finish();
  if (lost == 0) return ExitCode::ok;
  remove_if_made(c.out, was_there);
  std::cerr << "predict: " << lost << " of " << all.size() << (all.size() == 1 ? " image " : " images ")
            << (lost == 1 ? "was" : "were") << " left out.\n";
  return ExitCode::file;
}

}  // namespace

void add_predict(CLI::App& app, ExitCode& code) {
  const auto c = std::make_shared<PredictCommand>();
  CLI::App* const predict =
      app.add_subcommand("predict", "Writes the masks of images, PNG or JPEG of any size, as indexed PNG.");
  predict->add_option("RUN", c->trained, "folder of a run, or a checkpoint")->required()->check(not_empty());
  predict->add_option("IMAGE", c->inputs, "images, or folders of images")->required()->check(not_empty());
  predict->add_option("--out", c->out, "folder of the masks")->required()->check(not_empty());
  predict->add_flag("--overlay", c->overlay, "also write the image with the classes' colours over it");
  predict->add_option("--alpha", c->alpha, "opacity of these colours")->check(share())->capture_default_str();
  predict->add_flag("--probs", c->probabilities,
                    "also write the probability of each class, float32 [h, w, classes], as npy");
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
    check_pairs(GivenOptions(*predict));
    code = run(*c);
  });
}

}  // namespace trous::cli
