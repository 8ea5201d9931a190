// What `trous eval` writes of each sample: its truth, and what the network predicted.
#pragma once

#include <cstdint>
#include <string>

#include <trous/data/dataset.h>

namespace trous::cli {

/// Writes truth and prediction of the samples of a split into a folder:
///
///   masks    truth_000000.png and prediction_000000.png, indexed
///   images   truth_000000.npy and prediction_000000.npy, float32 [h, w, channels], and as PNG what people
///   see labels   predictions.csv: image, truth, prediction, then for each class its probability, and for
///   each its
///            logit
///   others   predictions.csv: image, then truth and prediction of each number
///
/// In a table numbers have as many digits as read back as the same float32, or of probabilities float64. The
/// probabilities are softmax in float64 of the logits. An unknown truth is an empty cell.
class SampleFiles {
 public:
  /// The split must live as long.
  SampleFiles(std::string folder, const Dataset& split);

  /// Adds sample `index`: its truth, its prediction, and the output of the network, all without a batch.
  void add(std::int64_t index, const Tensor& truth, const Tensor& prediction, const Tensor& output);
  /// Writes the table, where there is one.
  void finish() const;
  /// What is in the folder after an interruption, as a sentence.
  std::string words_if_interrupted() const;

 private:
  bool has_table() const;
  void write_images(std::int64_t index, const Tensor& truth, const Tensor& prediction) const;
  void add_label(const Tensor& truth, const Tensor& prediction, const Tensor& logits);
  void add_numbers(const Tensor& truth, const Tensor& prediction);

  std::string folder_;
  const Dataset& split_;
  std::string table_;
};

}  // namespace trous::cli
