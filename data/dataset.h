// A data set: numbered samples of an image and its target, which is a mask, a label, numbers or another
// image. Sample i depends on i alone, so any order, any thread and any later run sees the same set.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/random.h>
#include <trous/core/tensor.h>
#include <trous/core/window.h>
#include <trous/data/sample.h>

namespace trous {

/// Functions that read parts of a data set's samples, so that a crop of a large image costs what the crop
/// holds. All are pure, and safe to call from many threads. data/sample_parts.h calls them.
struct SampleParts {
  /// The height and width of sample i without the pixels that pad it, at the bottom and the right, to
  /// Dataset::image_shape.
  std::function<HeightWidth(std::int64_t)> extent;
  /// The pixels of a box of sample i, which are those of Dataset::sample. Points, labels and numbers are
  /// those of the whole sample.
  std::function<Sample(std::int64_t, const PixelBox&)> read;
  /// A pixel of sample i whose label is in none of `left_out`: the key draws the label, each as likely, then
  /// one of its pixels, of which a data set may remember a few hundred. Absent where there is none.
  std::function<std::optional<PixelPlace>(std::int64_t, Key, std::span<const std::int32_t> left_out)> pixel;
};

/// A function from numbers to samples, and the facts about them.
struct Dataset {
  std::string name = {};                  ///< in one word, with the split: "fashion/train"
  std::string source = {};                ///< origin, licence and seed, for the record of a run
  std::vector<std::string> classes = {};  ///< of masks, where class 0 is the background, or of labels
  std::int64_t size = 0;                  ///< number of samples
  Shape image_shape = {};                 ///< [h, w, channels], the same for all; numbers of any rank
  std::function<Sample(std::int64_t)> sample =
      nullptr;  ///< of 0..size - 1; pure, and safe to call from many threads
  /// The name of each sample, such as the path of its image in a folder; empty for generated samples.
  std::vector<std::string> names = {};
  /// The stored number that 1 in an image stands for: 255 for files of 8 bits, up to 65535 for those of 16.
  std::int64_t white = 255;
  /// Classes that do not count: they occur in no mask and have no score. `ignoring` sets them.
  std::vector<std::int32_t> ignored = {};
  /// Absent where whole samples are all that can be read.
  std::optional<SampleParts> parts = std::nullopt;
  SampleField target = {.name = "mask", .role = Role::mask};  ///< of Sample::target
  /// The names of the numbers of a target, in order, where they have any: those of columns of a table.
  std::vector<std::string> number_names = {};
  std::vector<SampleField> more = {};  ///< of Sample::more
};

/// Every tensor of a sample with its shape: the image first, then the target, then the others. An "image"
/// that has not rank 3 has the role of numbers.
std::vector<SampleField> fields_of(const Dataset& data);

/// The labels whose pixels do not count in `data`: `unknown_label`, and the classes that it ignores.
std::vector<std::int32_t> uncounted_labels(const Dataset& data);

/// The three parts of a data set.
struct Splits {
  Dataset train, validation, test;
  /// Paths of all files read, for the record of a run; empty if generated.
  std::vector<std::string> files = {};
};

/// "train", "validation", "test".
std::vector<std::string_view> split_names();

/// The split called `name`. Throws ArgumentError listing the names.
const Dataset& split_named(const Splits& data, std::string_view name);

/// Returns `dataset.sample(index)` after checking it. Throws ArgumentError if there is no such sample,
/// ShapeError or DTypeError if a tensor has not the shape or dtype of its field, or is not there.
Sample checked_sample(const Dataset& dataset, std::int64_t index);

/// Samples stacked for a step: each tensor of Sample with a first axis of n.
struct Batch {
  Tensor images;                  ///< float32 [n, h, w, channels]
  Tensor targets;                 ///< such as masks int32 [n, h, w], or labels int32 [n]
  std::vector<Tensor> more = {};  ///< in the order of Dataset::more
};

/// Stacks the samples with these indices in this order. They are made in parallel. Throws as checked_sample.
Batch make_batch(const Dataset& dataset, std::span<const std::int64_t> indices);

/// Whether the samples of a batch are made by the threads of parallel_for or by the calling thread alone.
enum class Making { in_parallel, here };

/// The samples `sample(0)` .. `sample(count - 1)`, whose tensors are `fields`, stacked in this order. Throws
/// ShapeError or DTypeError for other samples.
Batch make_batch(const std::vector<SampleField>& fields, std::int64_t count,
                 const std::function<Sample(std::int64_t)>& sample, Making making);

/// The order in which training steps take samples. Every epoch is a new permutation of all samples. The
/// permutations form one endless sequence, of which step k takes the elements k batch .. (k + 1) batch - 1.
/// So no sample is ever dropped, every batch is full, and a resumed run needs its step only.
class BatchOrder {
 public:
  /// Throws ArgumentError if `size` or `batch` is below 1.
  BatchOrder(std::int64_t size, std::int64_t batch, Key key);

  /// The indices of step `step` = 0, 1, ..., in any order of asking; depends on size, batch, key and step
  /// alone. Remembers the last epoch's permutation, so it is for one thread at a time. Throws
  /// ArgumentError if `step` is negative.
  std::vector<std::int64_t> indices(std::int64_t step);

 private:
  std::int64_t size_, batch_;
  Key key_;
  std::int64_t epoch_ = -1;  // of permutation_
  std::vector<std::int64_t> permutation_;
};

}  // namespace trous
