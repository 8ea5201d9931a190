#include <array>
#include <cstring>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/dataset.h>
#include <trous/data/palette.h>

namespace trous {

std::vector<std::int32_t> uncounted_labels(const Dataset& data) {
  std::vector<std::int32_t> labels{unknown_label};
  labels.insert(labels.end(), data.ignored.begin(), data.ignored.end());
  return labels;
}

namespace {

struct NamedSplit {
  std::string_view name;
  Dataset Splits::*split;
};

constexpr std::array splits{
    NamedSplit{"train", &Splits::train},
    NamedSplit{"validation", &Splits::validation},
    NamedSplit{"test", &Splits::test},
};

}  // namespace

std::vector<std::string_view> split_names() { return names_in(splits); }

const Dataset& split_named(const Splits& data, std::string_view name) {
  return data.*row_named("split", splits, name).split;
}

Sample checked_sample(const Dataset& dataset, std::int64_t index) {
  if (index < 0 || index >= dataset.size) {
    throw ArgumentError(text(dataset.name, ": sample ", index, " does not exist. The set has ", dataset.size,
                             ". Count from 0."));
  }
  Sample sample = dataset.sample(index);
  const Shape mask_shape{dataset.image_shape[0], dataset.image_shape[1]};
  if (sample.image.shape() != dataset.image_shape || sample.mask.shape() != mask_shape) {
    throw ShapeError(text(dataset.name, ": sample ", index, " has image ", sample.image.shape(), " and mask ",
                          sample.mask.shape(), ". The set promises ", dataset.image_shape, " and ",
                          mask_shape, ". Crop or pad them."));
  }
  if (sample.image.dtype() != DType::float32 || sample.mask.dtype() != DType::int32) {
    throw DTypeError(text(dataset.name, ": sample ", index, " has a ", sample.image.dtype(), " image and a ",
                          sample.mask.dtype(), " mask. Images are float32, masks int32. Cast them."));
  }
  return sample;
}

Batch make_batch(const Dataset& dataset, std::span<const std::int64_t> indices) {
  const auto sample = [&](std::int64_t i) {
    return checked_sample(dataset, indices[static_cast<std::size_t>(i)]);
  };
  return make_batch(dataset.image_shape, static_cast<std::int64_t>(indices.size()), sample,
                    Making::in_parallel);
}

Batch make_batch(const Shape& image, std::int64_t count, const std::function<Sample(std::int64_t)>& sample,
                 Making making) {
  Batch batch{.images = Tensor::uninitialized({count, image[0], image[1], image[2]}, DType::float32),
              .labels = Tensor::uninitialized({count, image[0], image[1]}, DType::int32)};
  float* images = batch.images.mutable_values<float>().data();
  std::int32_t* labels = batch.labels.mutable_values<std::int32_t>().data();
  const auto make = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Sample made = sample(i);
      if (made.image.shape() != image || made.mask.shape() != Shape{image[0], image[1]}) {
        throw ShapeError(text("make_batch: sample ", i, " has image ", made.image.shape(), " and mask ",
                              made.mask.shape(), " in a batch of images ", image, ". Crop or pad them."));
      }
      std::memcpy(images + i * made.image.elements(), made.image.values<float>().data(), made.image.bytes());
      std::memcpy(labels + i * made.mask.elements(), made.mask.values<std::int32_t>().data(),
                  made.mask.bytes());
    }
  };
  if (making == Making::here) {
    make(0, count);
  } else {
    parallel_for(count, 1, make);
  }
  return batch;
}

BatchOrder::BatchOrder(std::int64_t size, std::int64_t batch, Key key)
    : size_(size), batch_(batch), key_(key) {
  if (size < 1 || batch < 1) {
    throw ArgumentError(text("BatchOrder: ", size, " samples in batches of ", batch,
                             " leave nothing to train on. Both are 1 or more."));
  }
}

std::vector<std::int64_t> BatchOrder::indices(std::int64_t step) {
  if (step < 0) throw ArgumentError(text("BatchOrder: step ", step, " does not exist. Count from 0."));
  std::vector<std::int64_t> result;
  for (std::int64_t at = step * batch_; at < (step + 1) * batch_; ++at) {
    if (const std::int64_t epoch = at / size_; epoch != epoch_) {
      permutation_ = permutation(size_, fold_in(key_, static_cast<std::uint64_t>(epoch)));
      epoch_ = epoch;
    }
    result.push_back(permutation_[static_cast<std::size_t>(at % size_)]);
  }
  return result;
}

}  // namespace trous
