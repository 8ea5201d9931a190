// One range of addresses for large buffers, cut and joined as they come and go.
//
// Always the lowest place that is free and long enough is taken (first fit; Knuth, The Art of Computer
// Programming 1, section 2.5). A training step asks for the same sizes in the same order again and again, so
// it finds the pages of the step before, and what is resident is hardly more than what once lived at the same
// time.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

namespace trous {

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
  std::size_t reached() const { return reached_; }

 private:
  using Gaps = std::map<std::size_t, std::size_t>;
  bool grow(std::size_t to);

  std::mutex mutex_;
  std::byte* begin_ = nullptr;
  std::size_t capacity_, reached_ = 0, accessible_ = 0;
  Gaps free_;  // place and length below reached_; no two of them touch
  std::size_t pieces_ = 0;
  std::vector<Gaps::node_type> spare_;  // one for each piece, so that giving back allocates nothing
};

}  // namespace trous
