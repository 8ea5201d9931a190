#include <atomic>
#include <cstdlib>
#include <new>

#ifndef TROUS_PLAIN_BACKENDS
#include <unistd.h>

#include <tbb/scalable_allocator.h>
#endif

#include <trous/core/arena.h>
#include <trous/core/storage.h>

namespace trous {
namespace {

std::atomic<std::int64_t> live_buffers{0};
std::atomic<std::int64_t> live_bytes{0};
std::atomic<std::int64_t> peak_bytes{0};

void raise_peak(std::int64_t bytes) {
  std::int64_t peak = peak_bytes;
  while (bytes > peak && !peak_bytes.compare_exchange_weak(peak, bytes)) {
  }
}

// AddressSanitizer does not see overruns inside tbbmalloc's pools, so the sanitized presets use the
// plain allocator. There the size is not rounded up: an overrun of one byte must hit the red zone.
#ifdef TROUS_PLAIN_BACKENDS
void* allocate(std::size_t bytes) {
  void* data = nullptr;
  return posix_memalign(&data, Storage::alignment, bytes) == 0 ? data : nullptr;
}
void release(void* data, std::size_t) { std::free(data); }
#else
// oneTBB would give large buffers back to the system at the end of each training step.
constexpr std::size_t large = 1 << 18;

Arena& arena() {
  // Twice the machine's memory, of which the system may promise more than there is. Never destroyed: static
  // objects may hold tensors.
  static auto& made = *new Arena(2 * static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                                 static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
  return made;
}

void* allocate(std::size_t bytes) {
  void* const data = bytes < large ? nullptr : arena().take(bytes);
  return data ? data : scalable_aligned_malloc(bytes, Storage::alignment);
}
void release(void* data, std::size_t bytes) {
  if (bytes >= large && arena().holds(data)) {
    arena().give(data, bytes);
  } else {
    scalable_aligned_free(data);
  }
}
#endif

}  // namespace

Storage::Storage(std::size_t bytes) : data_(allocate(bytes ? bytes : 1)), bytes_(bytes) {
  if (!data_) throw std::bad_alloc();
  ++live_buffers;
  raise_peak(live_bytes += static_cast<std::int64_t>(bytes_));
}

Storage::~Storage() {
  release(data_, bytes_);
  --live_buffers;
  live_bytes -= static_cast<std::int64_t>(bytes_);
}

StorageCount live_storage() { return {live_buffers.load(), live_bytes.load()}; }

std::int64_t storage_peak() { return peak_bytes; }
void lower_storage_peak() { peak_bytes = live_bytes.load(); }

}  // namespace trous
