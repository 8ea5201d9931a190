// What a command predicts to take, in words, and the refusal of what does not fit.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include <trous/core/available_memory.h>
#include <trous/core/shape.h>
#include <trous/layers/sequential.h>
#include <trous/train/memory.h>

namespace trous::cli {

/// "0.3 MB", "412 MB", "18.20 GB", of 10^6 and 10^9 bytes.
std::string memory_text(std::int64_t bytes);

/// The memory of some work on images [n, h, w, c], and what a user may change where it does not fit.
struct MemoryDemand {
  std::string command;  ///< "train"
  std::string work;     ///< "a step"
  Shape images;
  std::function<std::int64_t(const Shape& images)> bytes;
  /// The option that makes the command work on crops of this size, as "--augment crop=48x64"; empty where
  /// there is none.
  std::function<std::string(std::int64_t height, std::int64_t width)> crop_option = nullptr;
};

/// The largest batch whose memory is at most `available`; 0 where one image does not fit.
std::int64_t largest_batch(const MemoryDemand& demand, std::int64_t available);

/// [h, w] of the largest crop with the proportions of the images of which one fits, in multiples of 16 pixels
/// from 16 on; absent where none does.
std::optional<Shape> largest_crop(const MemoryDemand& demand, std::int64_t available);

/// The sentence that refuses work which takes more than is available and names the largest batch that fits
/// or, where one image does not, the largest crop. Empty where the work fits.
std::string memory_fault(const MemoryDemand& demand, const AvailableMemory& available);

/// "a step is predicted to take 412 MB (batch 8, 96x96)", of which the process holds `held` bytes already.
std::string memory_words(const MemoryDemand& demand, std::int64_t held = 0);

/// What a command predicted before its work.
struct MemoryCheck {
  std::string words;  ///< a sentence without a full stop
  /// Bytes of the process at its peak; absent for a network whose memory cannot be predicted.
  std::optional<std::int64_t> predicted;
  std::optional<std::int64_t> available;  ///< bytes; absent where that is not known

  /// `words`, with what is available.
  std::string words_with_available() const;
};

/// The bytes as JSON, null where they are not known.
nlohmann::ordered_json json_of(const MemoryCheck& check);

/// Predicts the memory of the work that `make` describes. Throws ArgumentError, the text of memory_fault,
/// where it is more than is available. Nothing is refused where the forecast throws an Error, as for a
/// network that does not fit the images (what the work itself throws then explains more), or where the
/// available memory is not known.
MemoryCheck check_memory(const std::function<MemoryDemand()>& make);

}  // namespace trous::cli
