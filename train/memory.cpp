#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <trous/autograd/observe.h>
#include <trous/autograd/recording.h>
#include <trous/core/detail/arena.h>
#include <trous/core/detail/storage_trace.h>
#include <trous/core/error.h>
#include <trous/core/storage.h>
#include <trous/data/dataset.h>
#include <trous/data/loader.h>
#include <trous/train/detail/made_up_data.h>
#include <trous/train/evaluate.h>
#include <trous/train/memory.h>
#include <trous/train/trainer.h>

namespace trous {
namespace {

// The heights, and the widths, of the small images are this far apart. A multiple of the strides of a
// network, so that the extents of its tensors are affine between them.
constexpr std::int64_t small_side = 32;

// A network that takes no images up to this size has no forecast: trying larger ones would take what the
// forecast is to prevent.
constexpr std::int64_t max_small_side = 512;

// The batches of the small images. Not 1, since a batch norm cannot train on one value of a channel, which
// one image leaves it behind a mean over all pixels.
constexpr std::int64_t small_batch = 2;

// One run on small images: the life of its tensors' memory, and the peak of scratch between two marks. The
// marks are the ends of ops.
struct Recorded {
  std::vector<StorageTrace::Event> events;
  std::vector<std::size_t> bytes;
  std::vector<double> scratch;
};

Recorded recorded(const MemoryForecast::Work& work, const Shape& images) {
  Recorded result;
  StorageTrace trace;
  lower_storage_peak();
  const std::int64_t scratch_before = storage_peak() - tensor_peak();
  const auto mark = [&] {
    trace.mark();
    const std::int64_t scratch = storage_peak() - tensor_peak() - scratch_before;
    result.scratch.push_back(static_cast<double>(std::max<std::int64_t>(0, scratch)));
    lower_storage_peak();
  };
  {
    const Observe scope([&](const OpEvaluation&) { mark(); });
    work(images);
  }
  mark();
  result.events = trace.events();
  result.bytes = trace.bytes();
  return result;
}

// The runs on small images.
struct SmallRuns {
  std::int64_t height, width;
  Recorded at[2][2], larger_batch;
  bool any_size = true;
};

SmallRuns small_runs(const MemoryForecast::Work& work, std::int64_t height, std::int64_t width,
                     std::int64_t channels) {
  SmallRuns runs{height, width, {}, {}};
  for (const int i : {0, 1}) {
    for (const int j : {0, 1}) {
      runs.at[i][j] =
          recorded(work, {small_batch, height + i * small_side, width + j * small_side, channels});
    }
  }
  runs.larger_batch = recorded(work, {small_batch + 1, height, width, channels});
  for (const Recorded* const run : {&runs.at[0][1], &runs.at[1][0], &runs.at[1][1], &runs.larger_batch}) {
    if (run->events == runs.at[0][0].events) continue;
    throw ArgumentError(text("memory: of images of ", height, 'x', width, " and of sizes up to ",
                             height + small_side, 'x', width + small_side,
                             ", the work does not do the same ops, so its memory at another size is not "
                             "known. Measure it: storage_peak()."));
  }
  return runs;
}

// Runs on images of the one size that a network takes, as one does whose dense layer reads all pixels.
SmallRuns runs_of_one_size(const MemoryForecast::Work& work, const Shape& images) {
  SmallRuns runs{images[1], images[2], {}, {}, false};
  const Recorded run = recorded(work, {small_batch, images[1], images[2], images[3]});
  for (auto& row : runs.at) row[0] = row[1] = run;
  runs.larger_batch = recorded(work, {small_batch + 1, images[1], images[2], images[3]});
  return runs;
}

// The smallest extent with the same remainder that is not below 32 unless `extent` is.
std::int64_t small_extent(std::int64_t extent) {
  return extent < 2 * small_side ? extent : small_side + extent % small_side;
}

// A network may need larger images, as filters without padding do. What it throws for the extents of
// `images` themselves is its last word.
SmallRuns smallest_runs(const MemoryForecast::Work& work, const Shape& images) {
  std::int64_t height = small_extent(images[1]), width = small_extent(images[2]);
  for (;;) {
    try {
      return small_runs(work, height, width, images[3]);
    } catch (const ShapeError&) {
      if (std::max(height, width) >= max_small_side) throw;
      if (height == images[1] && width == images[2]) return runs_of_one_size(work, images);
    }
    height = std::min(images[1], height + small_side);
    width = std::min(images[2], width + small_side);
  }
}

void check_images(const Shape& images) {
  if (images.rank() == 4) return;
  throw ShapeError(text("memory: images have shape ", images, ". Give [batch, height, width, channels]."));
}

// The memory of the process as buffers come and go: large ones lie in the arena, whose places are those that
// the real one would take.
class Replay {
 public:
  std::size_t take(double bytes) {
    const auto whole = static_cast<std::size_t>(bytes);
    tensors_ += bytes;
    highest_ = std::max(highest_, tensors_);
    if (whole >= min_arena_bytes) return places_.take(whole_pages(whole));
    small_ += bytes;
    max_small_ = std::max(max_small_, small_);
    return 0;
  }

  void give(std::size_t place, double bytes) {
    const auto whole = static_cast<std::size_t>(bytes);
    tensors_ -= bytes;
    if (whole >= min_arena_bytes) {
      places_.give(place, whole_pages(whole));
    } else {
      small_ -= bytes;
    }
  }

  // Counts the scratch since the last mark.
  void mark(double scratch) {
    peak_ = std::max(peak_, highest_ + scratch);
    highest_ = tensors_;
  }

  PredictedMemory peak() const {
    const double resident = static_cast<double>(places_.reached()) + max_small_;
    return {static_cast<std::int64_t>(peak_), static_cast<std::int64_t>(std::max(peak_, resident))};
  }

 private:
  FirstFit places_;
  double tensors_ = 0, highest_ = 0, peak_ = 0, small_ = 0, max_small_ = 0;
};

// Two steps, since the optimizer has no state before the first, and a validation. The loader's thread makes
// the batches in any case: its memory is not recorded, but is that of batches_held.
TrainOptions short_training(TrainOptions options, std::int64_t batch) {
  options.steps = options.validate_every = 2;
  options.batch = batch;
  options.accumulate =
      std::min<std::int64_t>(options.accumulate, 2);  // a third batch takes what the second took
  options.learning_rate = 1e-6;
  options.warmup = options.patience = options.save_every = 0;
  options.augmentation = {};
  options.loader_threads = 1;
  return options;
}

// The shape of the largest tile of an image, as evaluate_with cuts it where targets have this role.
Shape tile_of(const AnyLayer& net, const Shape& image, Role target) {
  if (!lies_on_pixels(target)) return image;
  const TilePlan plan = plan_tiles(net, image);
  if (!plan.exact && target != Role::mask) return image;
  return {plan.rows.front().end - plan.rows.front().begin,
          plan.columns.front().end - plan.columns.front().begin, image[2]};
}

// The channels that a network gives, from the smallest squares of a tile that it takes.
std::int64_t channels_for(const AnyLayer& net, const Shape& tile, Role target) {
  for (std::int64_t side = 2 * small_side;; side *= 2) {
    try {
      const Shape square{1, std::min(side, tile[0]), std::min(side, tile[1]), tile[2]};
      return detail::output_shape(net, square, target)[3];
    } catch (const ShapeError&) {
      if (side >= std::max(tile[0], tile[1])) throw;
    }
  }
}

// A network that takes no memory but that of its output.
AnyLayer zeros_for(std::int64_t channels) {
  return [channels](const Variable& x) {
    const Shape& s = x.shape();
    return Variable(Tensor::zeros({s[0], s[1], s[2], channels}, DType::float32));
  };
}

Dataset data_for(const AnyLayer& net, const Shape& images, Role target) {
  return detail::made_up_data(images, detail::output_shape(net, images, target), target);
}

// What a loader's threads hold, which no trace of the training's own thread sees.
std::vector<Batch> batches_held(const Dataset& data, std::int64_t count) {
  const std::vector<std::int64_t> indices(static_cast<std::size_t>(data.size));
  std::vector<Batch> held;
  for (std::int64_t i = 0; i < count; ++i) held.push_back(make_batch(data, indices));
  return held;
}

}  // namespace

struct MemoryForecast::Record {
  // A tensor's memory, in bytes: without, and for each image of the batch.
  struct Buffer {
    double fixed;
    double per_image[2][2];  // at two heights and two widths
  };

  explicit Record(SmallRuns runs);
  double bytes_of(const Buffer& buffer, const Shape& images) const;

  std::int64_t height, width;  // the smaller ones of the small images
  std::vector<StorageTrace::Event> events;
  std::vector<Buffer> buffers;
  std::vector<double> scratch;  // the peak between two marks
  bool any_size;
};

MemoryForecast::Record::Record(SmallRuns runs)
    : height(runs.height),
      width(runs.width),
      events(std::move(runs.at[0][0].events)),
      scratch(std::move(runs.larger_batch.scratch)),
      any_size(runs.any_size) {
  for (std::size_t k = 0; k < runs.larger_batch.bytes.size(); ++k) {
    const auto smaller = static_cast<double>(runs.at[0][0].bytes[k]);
    const double of_image = static_cast<double>(runs.larger_batch.bytes[k]) - smaller;
    Buffer buffer{.fixed = smaller - small_batch * of_image, .per_image = {}};
    for (const int i : {0, 1}) {
      for (const int j : {0, 1})
        buffer.per_image[i][j] = (static_cast<double>(runs.at[i][j].bytes[k]) - buffer.fixed) / small_batch;
    }
    buffers.push_back(buffer);
  }
  for (const auto& row : runs.at) {
    for (const Recorded& run : row) {
      for (std::size_t k = 0; k < scratch.size(); ++k) scratch[k] = std::max(scratch[k], run.scratch[k]);
    }
  }
}

double MemoryForecast::Record::bytes_of(const Buffer& buffer, const Shape& images) const {
  const double down = static_cast<double>(images[1] - height) / small_side;
  const double right = static_cast<double>(images[2] - width) / small_side;
  const auto& at = buffer.per_image;
  const double of_image = (1 - down) * ((1 - right) * at[0][0] + right * at[0][1]) +
                          down * ((1 - right) * at[1][0] + right * at[1][1]);
  return std::max(0.0, std::round(buffer.fixed + static_cast<double>(images[0]) * of_image));
}

MemoryForecast::MemoryForecast(const Work& work, const Shape& images) {
  check_images(images);
  record_ = std::make_shared<const Record>(smallest_runs(work, images));
}

bool MemoryForecast::any_size() const { return record_->any_size; }

PredictedMemory MemoryForecast::at(const Shape& images) const {
  check_images(images);
  const Record& record = *record_;
  if (!record.any_size && (images[1] != record.height || images[2] != record.width)) {
    throw ShapeError(text("memory: the network takes images of ", record.height, 'x', record.width,
                          " alone, and is asked for ", images[1], 'x', images[2], ". Ask for their size."));
  }
  Replay replay;
  const double wider = static_cast<double>(images[2]) / static_cast<double>(record.width + small_side);
  std::vector<std::size_t> places(record.buffers.size());
  for (const StorageTrace::Event& event : record.events) {
    const std::size_t k = event.number;
    switch (event.kind) {
      case StorageTrace::Event::Kind::take:
        places[k] = replay.take(record.bytes_of(record.buffers[k], images));
        break;
      case StorageTrace::Event::Kind::give:
        replay.give(places[k], record.bytes_of(record.buffers[k], images));
        break;
      case StorageTrace::Event::Kind::mark:
        replay.mark(std::max(1.0, wider) * record.scratch[k]);
        break;
    }
  }
  return replay.peak();
}

MemoryForecast prediction_memory(const AnyLayer& net, const Shape& images) {
  return MemoryForecast([&](const Shape& small) { predict(net, Tensor::full(small, DType::float32, 0.5)); },
                        images);
}

MemoryForecast evaluation_memory(const AnyLayer& net, const Shape& images, const Loss& loss, Role target) {
  return MemoryForecast(
      [&](const Shape& small) {
        evaluate_with(net, data_for(net, small, target), {.batch = small[0], .loss = loss});
      },
      images);
}

EvaluationMemory::EvaluationMemory(const AnyLayer& net, const Shape& images, const Loss& loss, Role target)
    : image_{images[1], images[2], images[3]},
      tile_(tile_of(net, image_, target)),
      channels_(tile_ == image_ ? 0 : channels_for(net, tile_, target)),
      target_channels_(target == Role::image ? channels_ : 1),
      batch_(evaluation_memory(tile_ == image_ ? net : zeros_for(channels_), images, loss, target)) {
  if (tile_ != image_) net_ = prediction_memory(net, {1, tile_[0], tile_[1], tile_[2]});
}

std::int64_t EvaluationMemory::resident(std::int64_t batch) const {
  const std::int64_t count = evaluation_batch(image_, batch);
  const std::int64_t all = batch_.at({count, image_[0], image_[1], image_[2]}).resident;
  if (!net_) return all;
  // Beside a tile are the images, one of them apart, the targets, and the outputs of the images before it.
  const std::int64_t joined = count > 1 ? 2 : 1;  // the outputs of each image, and all together
  const std::int64_t of_pixel =
      4 * (image_[2] * (count + 1) + target_channels_ * count + joined * channels_ * count);
  return std::max(all,
                  net_->at({1, tile_[0], tile_[1], tile_[2]}).resident + of_pixel * image_[0] * image_[1]);
}

MemoryForecast training_memory(const AnyLayer& net, const Shape& images, const TrainOptions& options,
                               Role target) {
  const std::int64_t ahead = options.loader_threads > 0 ? LoaderOptions().ahead : 0;
  return MemoryForecast(
      [&](const Shape& small) {
        const Dataset data = data_for(net, small, target);
        const std::vector<Batch> held = batches_held(data, 1 + ahead);
        const TrainResult result =
            Trainer(net, {data, data, data, {}}, short_training(options, small[0])).run();
        if (result.diverged)
          throw ArgumentError(text("memory: a training on made-up images diverges: ", *result.diverged, '.'));
      },
      images);
}

PredictedMemory predicted_memory(const AnyLayer& net, const Shape& images, bool training, Role target) {
  return (training ? training_memory(net, images, {}, target) : prediction_memory(net, images)).at(images);
}

}  // namespace trous
