// The memory behind tensors: 64-byte aligned and from a caching allocator, since fresh multi-megabyte
// allocations pay for their page faults at every training step.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trous {

class Storage {
 public:
  static constexpr std::size_t alignment = 64;

  /// `bytes` uninitialised bytes. Throws std::bad_alloc where the machine has no such memory.
  explicit Storage(std::size_t bytes);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data() { return data_; }
  const void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void* data_;
  std::size_t bytes_;
};

/// What is alive now, over all threads. A training step leaves both as it found them.
struct StorageCount {
  std::int64_t buffers;
  std::int64_t bytes;
};
StorageCount live_storage();

/// The most bytes that were alive at one moment, over all threads, since the program began or the mark was
/// last lowered. One mark serves the process: who measures a peak does so alone.
std::int64_t storage_peak();
/// Lowers the mark to what is alive now.
void lower_storage_peak();

}  // namespace trous
