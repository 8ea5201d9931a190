#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

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

std::vector<SampleField> fields_of(const Dataset& data) {
  const Shape& image = data.image_shape;
  std::vector<SampleField> fields{{.name = "image",
                                   .role = image.rank() == 3 ? Role::image : Role::numbers,
                                   .shape = image,
                                   .input = true},
                                  data.target};
  fields.insert(fields.end(), data.more.begin(), data.more.end());
  for (SampleField& field : fields) {
    const bool unsaid = field.role == Role::mask && field.shape.rank() == 0 && image.rank() == 3;
    if (unsaid) field.shape = {image[0], image[1]};
  }
  return fields;
}

namespace {

std::byte* memory_of(Tensor& tensor) {
  if (tensor.dtype() == DType::int32)
    return std::as_writable_bytes(tensor.mutable_values<std::int32_t>()).data();
  return std::as_writable_bytes(tensor.mutable_values<float>()).data();
}

std::span<const std::byte> bytes_of(const Tensor& tensor) {
  if (tensor.dtype() == DType::int32) return std::as_bytes(tensor.values<std::int32_t>());
  return std::as_bytes(tensor.values<float>());
}

}  // namespace

Sample checked_sample(const Dataset& dataset, std::int64_t index) {
  if (index < 0 || index >= dataset.size) {
    throw ArgumentError(text(dataset.name, ": sample ", index, " does not exist. The set has ", dataset.size,
                             ". Count from 0."));
  }
  Sample sample = dataset.sample(index);
  check_sample(text(dataset.name, ": sample ", index), fields_of(dataset), sample);
  return sample;
}

Batch make_batch(const Dataset& dataset, std::span<const std::int64_t> indices) {
  const auto sample = [&](std::int64_t i) {
    return checked_sample(dataset, indices[static_cast<std::size_t>(i)]);
  };
  return make_batch(fields_of(dataset), static_cast<std::int64_t>(indices.size()), sample,
                    Making::in_parallel);
}

Batch make_batch(const std::vector<SampleField>& fields, std::int64_t count,
                 const std::function<Sample(std::int64_t)>& sample, Making making) {
  std::vector<Tensor> stacked;
  std::vector<std::byte*> memory;
  for (const SampleField& field : fields) {
    std::vector<std::int64_t> shape{count};
    for (std::int64_t axis = 0; axis < field.shape.rank(); ++axis) shape.push_back(field.shape[axis]);
    stacked.push_back(Tensor::uninitialized(Shape(shape), dtype_of(field.role)));
    memory.push_back(memory_of(stacked.back()));
  }
  const auto make = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Sample made = sample(i);
      check_sample(text("make_batch: sample ", i), fields, made);
      for (std::size_t k = 0; k < fields.size(); ++k) {
        const std::span<const std::byte> bytes = bytes_of(tensor_of(made, k));
        std::copy(bytes.begin(), bytes.end(), memory[k] + static_cast<std::size_t>(i) * bytes.size());
      }
    }
  };
  if (making == Making::here) {
    make(0, count);
  } else {
    parallel_for(count, 1, make);
  }
  return {.images = std::move(stacked[0]),
          .targets = std::move(stacked[1]),
          .more = {std::make_move_iterator(stacked.begin() + 2), std::make_move_iterator(stacked.end())}};
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
