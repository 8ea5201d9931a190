// trous predict: masks, and pictures of them, for images of any size.
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

#include <trous/cli/commands.h>
#include <trous/cli/open.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/image.h>
#include <trous/data/npy.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>
#include <trous/ops/reduce.h>
#include <trous/train/tiles.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;

struct PredictCommand {
  std::string trained, out;
  std::vector<std::string> inputs;
  bool overlay = false, probabilities = false, force = false;
  double alpha = 0.5;
  std::int64_t tile = 0, overlap = 32;
  int threads = 0;
  Voice voice;
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

// One name below --out for each image; judged before anything is predicted.
std::vector<std::string> stems_of(const std::vector<std::string>& images, const PredictCommand& c) {
  std::vector<std::string> stems;
  std::set<std::string> seen;
  for (const std::string& image : images) {
    stems.push_back(fs::path(image).stem().string());
    if (!seen.insert(stems.back()).second) {
      throw ArgumentError(
          text("predict: two images are called ", stems.back(),
               ", and their masks would be one file. Predict them into folders of their own."));
    }
    const fs::path mask = fs::path(c.out) / (stems.back() + ".png");
    std::error_code failure;
    if (!c.force && fs::exists(mask, failure)) {
      throw FileError(text(mask.string(), ": it exists. Give --force to replace it, or another --out."));
    }
  }
  return stems;
}

int run(const PredictCommand& c) {
  if (c.threads > 0) set_threads(c.threads);
  const std::vector<std::string> images = images_in(c.inputs);
  const std::vector<std::string> stems = stems_of(images, c);
  const Trained trained = open_trained(c.trained);
  const AnyLayer& net = trained.loaded.net;
  const std::vector<Color> palette = class_palette();
  fs::create_directories(c.out);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const Tensor pixels = read_image(images[i]);
    const Tensor image = to_float_image(pixels, in_channels_of(net));
    const Tensor probabilities = predict_tiled(net, image, {.tile = c.tile, .overlap = c.overlap});
    const Tensor labels = argmax(probabilities, -1).value();
    const fs::path base = fs::path(c.out) / stems[i];
    write_indexed_png(base.string() + ".png", labels, palette);
    if (c.overlay)
      write_png(base.string() + ".overlay.png",
                overlay_picture(image_picture(to_float_image(pixels, 3)), labels, c.alpha));
    if (c.probabilities) write_npy(base.string() + ".npy", probabilities);
    if (c.voice.json) {
      nlohmann::ordered_json pixels_of;
      for (std::size_t k = 0; k < trained.loaded.info.classes.size(); ++k) {
        const auto found = labels.values<std::int32_t>();
        pixels_of[trained.loaded.info.classes[k]] =
            std::count(found.begin(), found.end(), static_cast<int>(k));
      }
      std::cout << nlohmann::ordered_json{{"event", "prediction"},
                                          {"image", images[i]},
                                          {"mask", base.string() + ".png"},
                                          {"pixels", pixels_of}}
                       .dump()
                << std::endl;
    } else if (!c.voice.quiet) {
      std::cout << base.string() << ".png\n";
    }
  }
  return ok;
}

}  // namespace

void add_predict(CLI::App& app, int& code) {
  const auto c = std::make_shared<PredictCommand>();
  CLI::App* const predict =
      app.add_subcommand("predict", "Writes the masks of images, PNG or JPEG of any size, as indexed PNG.");
  predict->add_option("RUN", c->trained, "folder of a run, or a checkpoint")->required()->check(not_empty());
  predict->add_option("IMAGE", c->inputs, "images, or folders of images")->required()->check(not_empty());
  predict->add_option("--out", c->out, "folder of the masks")->required()->check(not_empty());
  predict->add_flag("--overlay", c->overlay, "also the image with the classes' colours over it");
  predict->add_option("--alpha", c->alpha, "how strong these colours are")
      ->check(number(0, 1.000001))
      ->capture_default_str();
  predict->add_flag("--probs", c->probabilities,
                    "also the probability of each class, float32 [h, w, classes], as npy");
  predict
      ->add_option("--tile", c->tile, "side of the tiles that large images are cut into; 0 takes them whole")
      ->check(whole(0, 32768))
      ->capture_default_str();
  predict->add_option("--overlap", c->overlap, "of neighbouring tiles, in pixels")
      ->check(whole(0, 16384))
      ->capture_default_str();
  predict->add_flag("--force", c->force, "replace masks that exist");
  predict->add_option("--threads", c->threads, "0 takes the machine's")
      ->check(whole(0, 1024))
      ->capture_default_str();
  add_voice(*predict, c->voice);
  predict->callback([c, &code] { code = run(*c); });
}

}  // namespace trous::cli
