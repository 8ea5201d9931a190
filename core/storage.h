// The memory behind tensors: 64-byte aligned and from a caching allocator, since fresh multi-megabyte
// allocations pay for their page faults at every training step.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trous {

class Storage {
 public:
  static constexpr std::size_t alignment = 64;

  /// What holds the memory. The bytes of a tensor follow from its shape. The bytes of a kernel's scratch
  /// follow from how its work is cut and from the number of threads as well.
  enum class Use { scratch, tensor };

  /// `bytes` uninitialised bytes. Throws std::bad_alloc where the machine has no such memory.
  explicit Storage(std::size_t bytes, Use use = Use::scratch);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data() { return data_; }
  const void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void* data_;
  std::size_t bytes_;
  Use use_;
};

/// The tensors' memory that is in use now, over all threads. A training step leaves both numbers as they
/// were.
struct StorageCount {
  std::int64_t buffers;
  std::int64_t bytes;
};
StorageCount live_storage();

/// Returns the largest number of bytes that were in use at one moment, over all threads, since the program
/// began or lower_storage_peak was called. There is one such mark for the process, so only one peak can be
/// measured at a time.
std::int64_t storage_peak();
/// Returns the same mark for the memory of tensors alone, without the scratch of kernels.
std::int64_t tensor_peak();
/// Lowers the marks of storage_peak and tensor_peak to the bytes that are in use now.
void lower_storage_peak();

}  // namespace trous
