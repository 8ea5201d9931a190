#include <algorithm>
#include <memory>

#include <trous/cli/memory.h>
#include <trous/cli/tables.h>
#include <trous/core/error.h>
#include <trous/run/environment.h>

namespace trous::cli {
namespace {

std::string size_text(const Shape& images) { return text(images[1], 'x', images[2]); }

// The largest number in [0, high] for which `fits` is true, if it is true up to some number.
template <class Fits>
std::int64_t largest(std::int64_t high, const Fits& fits) {
  std::int64_t low = 0;
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (fits(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

std::int64_t rounded_extent(std::int64_t extent) {
  return extent >= 16 ? extent / 16 * 16 : std::max<std::int64_t>(1, extent);
}

// The crop of this height, with the proportions of the images.
Shape crop_of(const Shape& images, std::int64_t height) {
  return {1, rounded_extent(height), rounded_extent(images[2] * height / images[1]), images[3]};
}

std::string remedy(const MemoryDemand& demand, std::int64_t available) {
  if (const std::int64_t batch = largest_batch(demand, available); batch > 0)
    return text("It fits with --batch ", batch, '.');
  const Shape one{1, demand.images[1], demand.images[2], demand.images[3]};
  const std::string single = text("One image takes ", memory_text(demand.bytes(one)), ". ");
  if (!demand.crop_option) return single + "Take smaller images, or a narrower network.";
  if (const auto crop = largest_crop(demand, available))
    return text(single, "It fits with --batch 1 and ", demand.crop_option((*crop)[0], (*crop)[1]), '.');
  return single + "No crop fits either. Take a narrower network.";
}

}  // namespace

std::string memory_text(std::int64_t bytes) {
  const auto number = static_cast<double>(bytes);
  if (number >= 1e9) return fixed(number / 1e9, 2) + " GB";
  return fixed(number / 1e6, number < 1e7 ? 1 : 0) + " MB";
}

std::int64_t largest_batch(const MemoryDemand& demand, std::int64_t available) {
  return largest(demand.images[0], [&](std::int64_t batch) {
    Shape images = demand.images;
    images[0] = batch;
    return demand.bytes(images) <= available;
  });
}

std::optional<Shape> largest_crop(const MemoryDemand& demand, std::int64_t available) {
  const std::int64_t height = largest(
      demand.images[1], [&](std::int64_t h) { return demand.bytes(crop_of(demand.images, h)) <= available; });
  if (height == 0) return std::nullopt;
  const Shape crop = crop_of(demand.images, height);
  return Shape{crop[1], crop[2]};
}

std::string memory_words(const MemoryDemand& demand, std::int64_t held) {
  return text(demand.work, " is predicted to take ", memory_text(held + demand.bytes(demand.images)),
              " (batch ", demand.images[0], ", ", size_text(demand.images), ')');
}

std::string memory_fault(const MemoryDemand& demand, const AvailableMemory& available) {
  if (demand.bytes(demand.images) <= available.bytes) return {};
  return text(demand.command, ": ", memory_words(demand), ", and ", memory_text(available.bytes),
              available.limited_by_cgroup ? " are left in the control group of this process. "
                                          : " are available on this machine. ",
              remedy(demand, available.bytes));
}

MemoryCheck check_memory(const std::function<MemoryDemand()>& make) {
  const std::optional<AvailableMemory> available = available_memory();
  MemoryCheck check{.words = "what the work will take cannot be predicted for this network",
                    .predicted = std::nullopt,
                    .available = std::nullopt};
  if (available) check.available = available->bytes;
  std::string fault;
  try {
    const MemoryDemand demand = make();
    // Code, decoded images and what the forecast itself has left stay beside the work.
    const std::int64_t held = resident_bytes();
    check.predicted = held + demand.bytes(demand.images);
    check.words = memory_words(demand, held);
    if (available) fault = memory_fault(demand, *available);
  } catch (const Error&) {
    return check;
  }
  if (!fault.empty()) throw ArgumentError(fault);
  return check;
}

std::string MemoryCheck::words_with_available() const {
  if (!predicted) return words;
  return words + (available ? text("; ", memory_text(*available), " are available")
                            : std::string("; how much is available is not known, so nothing is refused"));
}

nlohmann::ordered_json json_of(const MemoryCheck& check) {
  const auto or_null = [](const std::optional<std::int64_t>& bytes) {
    return bytes ? nlohmann::ordered_json(*bytes) : nlohmann::ordered_json(nullptr);
  };
  return {{"predicted_bytes", or_null(check.predicted)}, {"available_bytes", or_null(check.available)}};
}

}  // namespace trous::cli
