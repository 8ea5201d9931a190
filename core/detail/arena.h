// One range of addresses for large buffers, cut and joined as they come and go.
//
// Always the lowest place that is free and long enough is taken (core/detail/first_fit.h). A training step
// asks for the same sizes in the same order again and again, so it finds the pages of the step before, and
// what is resident is hardly more than what once lived at the same time.
#pragma once

#include <cstddef>
#include <mutex>

#include <trous/core/detail/first_fit.h>

namespace trous {

/// Bytes from which on a Storage lies in the arena, and the pages in which places are counted.
inline constexpr std::size_t min_arena_bytes = 1 << 18, arena_page = 4096;

/// `bytes` rounded up to whole pages.
constexpr std::size_t whole_pages(std::size_t bytes) {
  return (bytes + arena_page - 1) / arena_page * arena_page;
}

class Arena {
 public:
  /// Reserves up to `capacity` bytes of addresses, and no memory.
  explicit Arena(std::size_t capacity);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Returns `bytes` > 0 of uninitialised memory that begins with a page, or null where the range or the
  /// machine has no more.
  void* take(std::size_t bytes);

  /// Frees memory that take(bytes) returned.
  void give(void* memory, std::size_t bytes);

  bool holds(const void* memory) const { return memory >= begin_ && memory < begin_ + capacity_; }

  /// The bytes from the lowest address to the highest that was ever in use. They stay with the process.
  std::size_t reached() const { return places_.reached(); }

 private:
  bool make_accessible(std::size_t to);

  std::mutex mutex_;
  std::byte* begin_ = nullptr;
  std::size_t capacity_, accessible_ = 0;
  FirstFit places_;
};

}  // namespace trous
