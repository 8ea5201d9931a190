// trous predict: writes masks, and pictures of them, for images of any size.
#include <filesystem>
#include <iostream>
#include <memory>
#include <new>
#include <set>

#include <trous/cli/commands.h>
#include <trous/cli/inputs.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/output.h>
#include <trous/cli/tables.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/image.h>
#include <trous/data/npy.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>
#include <trous/ops/reduce.h>
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
  std::int64_t tile = 0, overlap = 32;
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

// An image and the files that are made from it.
struct Work {
  std::string image, mask, overlay, probabilities;

  std::vector<std::string> files() const {
    std::vector<std::string> all{mask};
    for (const std::string& file : {overlay, probabilities}) {
      if (!file.empty()) all.push_back(file);
    }
    return all;
  }
};

// The images and the files to be made, checked before anything is written.
std::vector<Work> planned(const PredictCommand& c) {
  std::vector<Work> all;
  std::set<std::string> seen;
  for (const std::string& image : images_in(c.inputs)) {
    const std::string stem = fs::path(image).stem().string();
    const std::string base = (fs::path(c.out) / stem).string();
    all.push_back(
        {image, base + ".png", c.overlay ? base + ".overlay.png" : "", c.probabilities ? base + ".npy" : ""});
    std::error_code failure;
    if (!fs::exists(image, failure))
      throw FileError(text(image, ": there is no such file or folder. Give images, or folders of images."));
    for (const std::string& file : all.back().files()) {
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

// The number by which an image is divided: the same as in the training of the network, as far as it is known.
std::int64_t white_for(const std::string& path, const Tensor& pixels, std::int64_t learned_with) {
  if (pixels.dtype() != DType::int32) return white_of(pixels);
  const std::int64_t brightest = brightest_of(pixels);
  const std::int64_t white = white_for_deep_images(learned_with);
  if (learned_with <= 255) {
    std::cerr << path << ": it has 16 bits, and the network learned from images of 8. Its numbers, up to "
              << brightest << ", are divided by " << white << ".\n";
  } else if (brightest > white) {
    std::cerr << path << ": its numbers reach " << brightest << ", above " << white
              << ", by which the run divided its images of 16 bits.\n";
  }
  return white;
}

void predict(const PredictCommand& c, const Trained& trained, const Work& work) {
  const AnyLayer& net = trained.loaded.net;
  const Tensor pixels = read_image(work.image);
  const std::int64_t white = white_for(work.image, pixels, trained.loaded.info.white);
  const Tensor image = to_float_image(pixels, in_channels_of(trained.loaded.info.network), white);
  const Tensor probabilities = predict_tiled(net, image, {.tile = c.tile, .overlap = c.overlap});
  const Tensor labels = argmax(probabilities, -1).value();
  write_indexed_png(work.mask, labels, class_palette());
  if (c.overlay) {
    write_png(work.overlay,
              overlay_picture(image_picture(to_float_image(pixels, 3, white)), labels, c.alpha));
  }
  if (c.probabilities) write_npy(work.probabilities, probabilities);
  nlohmann::ordered_json count;
  const auto found = labels.values<std::int32_t>();
  const std::vector<std::string>& classes = trained.loaded.info.classes;
  for (std::size_t k = 0; k < static_cast<std::size_t>(probabilities.shape()[2]); ++k)
    count[k < classes.size() ? classes[k] : text("class ", k)] =
        std::count(found.begin(), found.end(), static_cast<std::int32_t>(k));
  print_event(c.style,
              {{"event", "prediction"}, {"image", work.image}, {"mask", work.mask}, {"pixels", count}});
  if (c.style.prints_text()) std::cout << work.mask << std::endl;
}

ExitCode run(const PredictCommand& c) {
  if (c.threads > 0) set_threads(c.threads);
  if (c.tile > 0 && c.tile <= 2 * c.overlap) {
    throw ArgumentError(text("predict: --tile ", c.tile, " is not more than twice --overlap ", c.overlap,
                             ". Give 0 for the whole image, a larger tile or a smaller overlap."));
  }
  const std::vector<Work> all = planned(c);
  Trained trained = open_trained(c.trained);
  if (c.mirror) trained.loaded.net = MirrorAveraged{trained.loaded.net};
  const bool was_there = fs::exists(c.out);
  make_folder(c.out, "--out");
  std::size_t lost = 0;
  for (const Work& work : all) {
    try {
      predict(c, trained, work);
    } catch (const Error& error) {  // the other images are still done
      ++lost;
      std::cerr << work.image << " is left out. " << error.what() << '\n';
    } catch (const std::bad_alloc&) {
      ++lost;
      std::cerr << work.image
                << " is left out. There is not enough memory for it. Predict it in parts, with --tile 512 or "
                   "less.\n";
    }
  }
  if (lost == 0) return ExitCode::ok;
  std::error_code failure;
  if (!was_there && fs::is_empty(c.out, failure)) fs::remove(c.out, failure);
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
      ->add_option("--tile", c->tile, "side of the tiles that large images are cut into; 0 takes them whole")
      ->check(whole(0, 32768))
      ->capture_default_str();
  predict->add_option("--overlap", c->overlap, "overlap of neighbouring tiles, in pixels")
      ->check(whole(0, 16384))
      ->capture_default_str();
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
