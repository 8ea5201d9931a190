#include <atomic>
#include <cstdlib>
#include <new>

#ifndef TROUS_PLAIN_BACKENDS
#include <unistd.h>

#include <tbb/scalable_allocator.h>
#endif

#include <trous/core/detail/arena.h>
#include <trous/core/detail/storage_trace.h>
#include <trous/core/storage.h>

namespace trous {
namespace {

std::atomic<std::int64_t> live_buffers{0};
std::atomic<std::int64_t> live_bytes{0};
std::atomic<std::int64_t> peak_bytes{0};
std::atomic<std::int64_t> live_tensor_bytes{0};
std::atomic<std::int64_t> peak_tensor_bytes{0};

void raise_peak(std::atomic<std::int64_t>& mark, std::int64_t bytes) {
  std::int64_t peak = mark;
  while (bytes > peak && !mark.compare_exchange_weak(peak, bytes)) {
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
Arena& arena() {
  // Twice the machine's memory, of which the system may promise more than there is. Never destroyed: static
  // objects may hold tensors.
  static auto& made = *new Arena(2 * static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                                 static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
  return made;
}

// oneTBB would give large buffers back to the system at the end of each training step.
void* allocate(std::size_t bytes) {
  void* const data = bytes < min_arena_bytes ? nullptr : arena().take(bytes);
  return data ? data : scalable_aligned_malloc(bytes, Storage::alignment);
}
void release(void* data, std::size_t bytes) {
  if (bytes >= min_arena_bytes && arena().holds(data)) {
    arena().give(data, bytes);
  } else {
    scalable_aligned_free(data);
  }
}
#endif

}  // namespace

Storage::Storage(std::size_t bytes, Use use) : data_(allocate(bytes ? bytes : 1)), bytes_(bytes), use_(use) {
  if (!data_) throw std::bad_alloc();
  const auto added = static_cast<std::int64_t>(bytes_);
  ++live_buffers;
  raise_peak(peak_bytes, live_bytes += added);
  if (use_ == Use::scratch) return;
  raise_peak(peak_tensor_bytes, live_tensor_bytes += added);
  if (StorageTrace* const trace = StorageTrace::of_this_thread()) trace->take(this, bytes_);
}

Storage::~Storage() {
  release(data_, bytes_);
  --live_buffers;
  live_bytes -= static_cast<std::int64_t>(bytes_);
  if (use_ == Use::scratch) return;
  live_tensor_bytes -= static_cast<std::int64_t>(bytes_);
  if (StorageTrace* const trace = StorageTrace::of_this_thread()) trace->give(this);
}

StorageCount live_storage() { return {live_buffers.load(), live_bytes.load()}; }

std::int64_t storage_peak() { return peak_bytes; }
std::int64_t tensor_peak() { return peak_tensor_bytes; }
void lower_storage_peak() {
  peak_bytes = live_bytes.load();
  peak_tensor_bytes = live_tensor_bytes.load();
}

}  // namespace trous
