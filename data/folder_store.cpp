#include <algorithm>
#include <iterator>
#include <map>

#include <trous/core/error.h>
#include <trous/data/folder_store.h>
#include <trous/data/palette.h>

namespace trous {
namespace {

// The labels with unknown pixels at the bottom and the right.
Tensor padded_labels(const FolderStore& store, const Tensor& labels) {
  const std::int64_t height = store.height, width = store.width;
  if (labels.shape() == Shape{height, width}) return labels;
  Tensor result = Tensor::full({height, width}, DType::int32, unknown_label);
  const std::int32_t* from = labels.values<std::int32_t>().data();
  std::int32_t* to = result.mutable_values<std::int32_t>().data();
  for (std::int64_t i = 0; i < labels.shape()[0]; ++i)
    std::copy_n(from + i * labels.shape()[1], labels.shape()[1], to + i * width);
  return result;
}

// The labels that the numbers of an item's mask stand for.
Tensor labelled(const FolderClasses& classes, const Tensor& mask, const FolderItem& item) {
  Tensor result = Tensor::uninitialized(mask.shape(), DType::int32);
  const std::uint8_t* number = mask.values<std::uint8_t>().data();
  for (std::int32_t& label : result.mutable_values<std::int32_t>()) {
    label = classes.label(*number++, item.white);
    if (label < 0) {
      throw FileError(text("folder: ", item.files.mask,
                           " has changed since it was first read: it now has number ", int{number[-1]},
                           ". Start again, and leave the files alone meanwhile."));
    }
  }
  return result;
}

}  // namespace

Sample FolderStore::sample(std::size_t index) const {
  const FolderItem& item = items[index];
  const Tensor mask = mask_numbers(item, table ? &*table : nullptr, {0, 0, item.height, item.width});
  return {.image = image(index), .target = padded_labels(*this, labelled(classes, mask, item))};
}

Sample FolderStore::part(std::size_t index, const PixelBox& box) const {
  const FolderItem& item = items[index];
  const Tensor mask = mask_numbers(item, table ? &*table : nullptr, box);
  return {.image = image(index, box), .target = labelled(classes, mask, item)};
}

std::optional<PixelPlace> FolderStore::pixel(std::size_t index, Key key,
                                             std::span<const std::int32_t> left_out) const {
  const FolderItem& item = items[index];
  std::map<std::int32_t, std::vector<const std::vector<std::uint32_t>*>> of_label;
  for (const auto& [number, places] : item.places) {
    const std::int32_t label = classes.label(number, item.white);
    if (std::find(left_out.begin(), left_out.end(), label) == left_out.end())
      of_label[label].push_back(&places);
  }
  if (of_label.empty()) return std::nullopt;
  Random random(key);
  const auto& lists =
      std::next(of_label.begin(), random.below(static_cast<std::int64_t>(of_label.size())))->second;
  std::size_t count = 0;
  for (const auto* list : lists) count += list->size();
  auto wanted = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(count)));
  for (const auto* list : lists) {
    if (wanted < list->size()) return PixelPlace{(*list)[wanted] / item.width, (*list)[wanted] % item.width};
    wanted -= list->size();
  }
  return std::nullopt;
}

SampleParts parts_of(const std::shared_ptr<const FolderStore>& store,
                     const std::vector<std::size_t>& indices) {
  const auto item = [indices](std::int64_t i) { return indices[static_cast<std::size_t>(i)]; };
  return {.extent = [store, item](std::int64_t i) { return store->extent(item(i)); },
          .read = [store, item](std::int64_t i, const PixelBox& box) { return store->part(item(i), box); },
          .pixel =
              [store, item](std::int64_t i, Key key, std::span<const std::int32_t> left_out) {
                return store->pixel(item(i), key, left_out);
              }};
}

}  // namespace trous
