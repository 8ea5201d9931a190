#include <algorithm>
#include <utility>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/ignore.h>
#include <trous/data/palette.h>

namespace trous {

Dataset ignoring(Dataset dataset, std::int64_t index) {
  if (index == unknown_label) return dataset;
  const auto classes = static_cast<std::int64_t>(dataset.classes.size());
  const Role role = dataset.target.role;
  if (role != Role::mask && role != Role::label) {
    throw ArgumentError(text("ignoring: ", index, " is no class of ", dataset.name, ", whose targets are ",
                             in_plural(role), " and have none. Ignore none."));
  }
  if (index < 0 || index >= classes) {
    throw ArgumentError(text("ignoring: ", index, " is no class of ", dataset.name,
                             ". It has the classes 0 to ", classes - 1, "; ", unknown_label,
                             " is ignored anyway."));
  }
  dataset.source += text(role == Role::mask ? ". Pixels" : ". Images", " of class ", index, ", ",
                         dataset.classes[static_cast<std::size_t>(index)], ", do not count");
  if (std::find(dataset.ignored.begin(), dataset.ignored.end(), index) == dataset.ignored.end())
    dataset.ignored.push_back(static_cast<std::int32_t>(index));
  const auto without = [index](Sample sample) {
    std::vector<std::int32_t> labels = sample.target.to_vector<std::int32_t>();
    std::replace(labels.begin(), labels.end(), static_cast<std::int32_t>(index),
                 static_cast<std::int32_t>(unknown_label));
    sample.target = Tensor(sample.target.shape(), labels);
    return sample;
  };
  dataset.sample = [inner = std::move(dataset.sample), without](std::int64_t i) { return without(inner(i)); };
  if (dataset.parts) {
    dataset.parts->read = [inner = std::move(dataset.parts->read), without](
                              std::int64_t i, const PixelBox& box) { return without(inner(i, box)); };
  }
  return dataset;
}

Splits ignoring(Splits splits, std::int64_t index) {
  return {.train = ignoring(std::move(splits.train), index),
          .validation = ignoring(std::move(splits.validation), index),
          .test = ignoring(std::move(splits.test), index),
          .files = std::move(splits.files)};
}

}  // namespace trous
