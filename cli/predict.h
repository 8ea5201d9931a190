// What `trous predict` writes for each kind of target.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <trous/cli/inputs.h>
#include <trous/cli/options.h>
#include <trous/cli/prediction.h>

namespace trous::cli {

/// The command line of `trous predict`.
struct PredictCommand {
  std::string run, out;
  std::vector<std::string> inputs;
  bool overlay = false, probabilities = false, arrays = false, mirror = false, force = false;
  double alpha = 0.5;
  std::int64_t tile = 1024;
  std::optional<std::int64_t> overlap;
  int threads = 0;
  OutputStyle style;

  /// How the network of `trained` predicts. It does not average mirror images or blend tiles by itself.
  Predictor predictor(const Trained& trained) const;
};

/// How the predictions of one kind are made and written. The functions are called in this order.
struct PredictionWork {
  /// The files that are made of an image, whose paths begin with `base`.
  std::function<std::vector<std::string>(const std::string& base)> files_of;
  /// A file that all images share; empty where there is none.
  std::string table = {};
  /// Predicts an image, and prints the outcome. Throws what keeps it from that; nothing is written then.
  std::function<void(const std::string& image, const std::string& base)> predict;
  /// Called after the last image, where one at least was predicted.
  std::function<void()> finish = [] {};
  /// What a user can do if there is not enough memory for an image.
  std::string smaller = "Predict a smaller image.";
};

/// Masks as indexed PNG, with what --overlay and --probs ask for.
PredictionWork mask_predictions(const PredictCommand& command, const Trained& trained);
/// A table of the class of each image, with --probs of its probabilities too.
PredictionWork label_predictions(const PredictCommand& command, const Trained& trained);
/// A table of the class of each image, where the network gives it one-hot.
PredictionWork class_predictions(const PredictCommand& command, const Trained& trained);
/// An image for each image as PNG, with --npy also as an array.
PredictionWork image_predictions(const PredictCommand& command, const Trained& trained);
/// A table of the numbers of each image.
PredictionWork number_predictions(const PredictCommand& command, const Trained& trained);

}  // namespace trous::cli
