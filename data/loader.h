// Makes the batches of training steps ahead, in threads of its own, so that the network does not wait for
// decoding and augmentation.
#pragma once

#include <cstdint>
#include <memory>

#include <trous/core/random.h>
#include <trous/data/augment.h>
#include <trous/data/dataset.h>

namespace trous {

/// Which batches a Loader makes, and how.
struct LoaderOptions {
  std::int64_t batch = 16;         ///< samples of a batch
  Augmentation augmentation = {};  ///< of each sample
  Key order_key = {};              ///< of BatchOrder
  Key augmentation_key = {};       ///< the sample at place p of the order is augmented by fold_in(this, p)
  int workers = 1;                 ///< threads, up to 256; 0 makes each batch in `take`, in parallel
  std::int64_t ahead = 4;          ///< batches made ahead, those in progress included; 1 to 65536
};

/// The batches of a data set in the order of BatchOrder, augmented. The batch of a step depends on the data
/// set, `batch`, `augmentation`, the two keys and the step alone. A worker makes a whole batch, without
/// parallel_for. Memory: `ahead` batches, and right after a restart one more for each worker.
class Loader {
 public:
  /// Throws ArgumentError if the set or an option is out of range.
  Loader(Dataset dataset, const LoaderOptions& options);
  /// Ends the threads after the sample that each is at.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The batch of `step` = 0, 1, ... The first call starts the workers; each call lets them go on to the
  /// steps that follow. A step that does not follow the last one (a resumed run, a repetition) restarts them
  /// there. An exception from making this batch is rethrown here; other steps are not affected. Call it from
  /// one thread at a time. Throws ArgumentError if `step` is negative or too large to be counted.
  Batch take(std::int64_t step);

  /// Shape of an augmented image, [h, w, channels].
  const Shape& image_shape() const;

  /// Wall time spent in `take`, in seconds: waiting for a worker or, without workers, making the batch.
  double seconds_waited() const;
  /// The part of it in calls that started or restarted the workers, which had no chance to be ahead.
  double seconds_starting() const;

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace trous
