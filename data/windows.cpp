#include <utility>

#include <trous/core/error.h>
#include <trous/data/augment.h>
#include <trous/data/windows.h>

namespace trous {

Dataset windows_of(const Dataset& data, const Window& window, std::int64_t count, Key key) {
  if (data.size < 1 || count < 1) {
    throw ArgumentError(text("windows_of: ", count, " windows of the ", data.size, " samples of ", data.name,
                             ". Both are 1 or more."));
  }
  const Augmentation crop{.crop = window};
  Dataset windows = data;
  windows.name += ", windows";
  windows.source += text(". ", count, " windows of ", window.height, 'x', window.width, " pixels");
  windows.size = count;
  const std::vector<SampleField> fields = augmented_fields(fields_of(data), crop);
  windows.image_shape = fields[0].shape;
  windows.target = fields[1];
  windows.more = {fields.begin() + 2, fields.end()};
  windows.parts = std::nullopt;
  windows.names.clear();
  for (std::int64_t k = 0; k < count && !data.names.empty(); ++k)
    windows.names.push_back(data.names[static_cast<std::size_t>(k % data.size)]);
  windows.sample = [data, crop, key](std::int64_t k) {
    // Round after round through the samples, so that each of them shows foreground in a third of its windows.
    const auto turn = static_cast<std::uint64_t>(k / data.size + k % data.size);
    return augmented(data, k % data.size, crop, fold_in(key, static_cast<std::uint64_t>(k)),
                     takes_foreground(crop, turn));
  };
  return windows;
}

}  // namespace trous
