// How much memory a training or a prediction takes, before it takes it.
//
// The engine itself is observed, on small images: a forecast runs the work at four pairs of small extents and
// records when each tensor's memory is taken and given back. So the order of ops, what rules keep, what they
// compute again and when a buffer dies are those of the real run. Every extent of a tensor is affine in the
// batch, in the height or in the width of the images, as long as the images leave the same remainder by the
// strides of the network. So the bytes of each buffer are a number plus the batch times a function that is
// affine in height and in width, which four pairs of extents and a second batch determine. The record is then
// replayed with the bytes at the real size. Nothing is fitted.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <trous/data/sample.h>
#include <trous/layers/sequential.h>
#include <trous/train/loss.h>
#include <trous/train/train_options.h>

namespace trous {

/// The peak of the memory that some work adds to what was in use before it, in bytes.
struct PredictedMemory {
  std::int64_t storage = 0;   ///< of tensors and of the scratch of kernels, as storage_peak() measures it
  std::int64_t resident = 0;  ///< of the process: `storage` with the gaps that lie between large buffers
};

/// The memory of some work on images [n, h, w, c], as a function of their number and size. Weights,
/// by-products, cotangents and the scratch of kernels are in it. Memory that is not of tensors or kernels is
/// not: code, the nodes of the tape, decoded files.
class MemoryForecast {
 public:
  /// Work on images of a shape [n, h, w, c]. It must do the same ops for all shapes.
  using Work = std::function<void(const Shape& images)>;

  /// Runs `work` on 2 and 3 small images whose heights and widths leave the same remainders by 32 as those
  /// of `images` [n, h, w, c] and are 32 to 95, or more where the network refuses such small images: five
  /// runs. Call it while no other thread uses tensors, since the peak of scratch is measured over the
  /// process. It lowers the mark of storage_peak.
  ///
  /// A network that takes no size but that of `images`, of up to 512 pixels a side, runs on 2 and 3 of these.
  ///
  /// Throws ShapeError for images of another rank and for a network that takes none of up to 512 pixels a
  /// side, ArgumentError if the small runs did not do the same ops, and what `work` throws for the height and
  /// width of `images` themselves.
  MemoryForecast(const Work& work, const Shape& images);

  /// The peak for images [n, h, w, c]. For tensors it is exact where height and width leave the remainders by
  /// 32 of the images that the forecast was made for, the strides of the network divide 32, and the work
  /// does the same ops for all shapes; for other remainders a row or a column of each tensor may be missing.
  /// Scratch is taken from the largest small images, in proportion to the width, since kernels copy rows.
  /// Throws ShapeError for another size where there is one alone.
  PredictedMemory at(const Shape& images) const;

  /// Whether at() takes images of any size.
  bool any_size() const;

 private:
  struct Record;
  std::shared_ptr<const Record> record_;
};

/// predict(net, images), with the images.
MemoryForecast prediction_memory(const AnyLayer& net, const Shape& images);

/// One batch of evaluate_with on images that are taken whole: the images and targets, the outputs, the scores
/// and, where it is given, the loss. `target` is the role of the targets, which have the extents that the
/// network gives them.
MemoryForecast evaluation_memory(const AnyLayer& net, const Shape& images, const Loss& loss = nullptr,
                                 Role target = Role::mask);

/// The memory of evaluate_with on images [n, h, w, c]: in the batches that it takes, and large images in
/// tiles where it cuts them.
class EvaluationMemory {
 public:
  /// Makes one forecast, or two for images in tiles. Throws as MemoryForecast and plan_tiles.
  EvaluationMemory(const AnyLayer& net, const Shape& images, const Loss& loss = nullptr,
                   Role target = Role::mask);

  /// The bytes of the process where batches of `batch` images are asked for.
  std::int64_t resident(std::int64_t batch) const;

 private:
  Shape image_, tile_;                       // [h, w, channels]
  std::int64_t channels_, target_channels_;  // of outputs and targets in tiles
  MemoryForecast batch_;               // of the network where images are whole, else of all but the network
  std::optional<MemoryForecast> net_;  // of the network on a tile
};

/// Steps of a Trainer with these options on batches of `images`: weights, gradients, the optimizer's state,
/// the average, the best weights, forward and backward, the batches that the loader makes ahead, and a
/// validation on images of the same shape; for larger ones see EvaluationMemory. The batch is that of
/// `images`, not options.batch, and `images` are augmented already. at() a batch of 0 is what a training
/// takes for its weights alone. Throws ArgumentError also where the training diverges on made-up images, as
/// with weights that are not finite.
MemoryForecast training_memory(const AnyLayer& net, const Shape& images, const TrainOptions& options = {},
                               Role target = Role::mask);

/// The peak of training_memory, with default options, or of prediction_memory.
PredictedMemory predicted_memory(const AnyLayer& net, const Shape& images, bool training,
                                 Role target = Role::mask);

}  // namespace trous
