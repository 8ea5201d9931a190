#include <atomic>
#include <cstdlib>
#include <new>

#ifndef TROUS_PLAIN_BACKENDS
#include <tbb/scalable_allocator.h>
#endif

#include <trous/core/storage.h>

namespace trous {
namespace {

std::atomic<std::int64_t> live_buffers{0};
std::atomic<std::int64_t> live_bytes{0};

// AddressSanitizer does not see overruns inside tbbmalloc's pools, so the sanitized presets use the
// plain allocator. There the size is not rounded up: an overrun of one byte must hit the red zone.
#ifdef TROUS_PLAIN_BACKENDS
void* allocate(std::size_t bytes) {
  void* data = nullptr;
  return posix_memalign(&data, Storage::alignment, bytes) == 0 ? data : nullptr;
}
void release(void* data) { std::free(data); }
#else
void* allocate(std::size_t bytes) { return scalable_aligned_malloc(bytes, Storage::alignment); }
void release(void* data) { scalable_aligned_free(data); }
#endif

}  // namespace

Storage::Storage(std::size_t bytes) : data_(allocate(bytes ? bytes : 1)), bytes_(bytes) {
  if (!data_) throw std::bad_alloc();
  ++live_buffers;
  live_bytes += static_cast<std::int64_t>(bytes_);
}

Storage::~Storage() {
  release(data_);
  --live_buffers;
  live_bytes -= static_cast<std::int64_t>(bytes_);
}

StorageCount live_storage() { return {live_buffers.load(), live_bytes.load()}; }

}  // namespace trous
