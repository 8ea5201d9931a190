#include <algorithm>
#include <sys/mman.h>

#include <trous/core/detail/arena.h>

namespace trous {
namespace {

constexpr std::size_t growth = 1 << 25;

std::size_t rounded(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

}  // namespace

Arena::Arena(std::size_t capacity) : capacity_(rounded(capacity, growth)) {
  // A limit on addresses (ulimit -v) may leave room for less. Then half of what it leaves is for all others,
  // who would find no place for a small buffer or a thread otherwise.
  const std::size_t asked = capacity_;
  for (; capacity_ >= growth; capacity_ = rounded(capacity_ / 2, growth)) {
    void* const at = mmap(nullptr, capacity_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at != MAP_FAILED) {
      begin_ = static_cast<std::byte*>(at);
      if (capacity_ < asked) {
        const std::size_t half = capacity_ / 2 / growth * growth;
        munmap(begin_ + half, capacity_ - half);
        capacity_ = half;
        if (half == 0) begin_ = nullptr;
      }
      return;
    }
    if (capacity_ == growth) break;
  }
  capacity_ = 0;
}

Arena::~Arena() {
  if (begin_) munmap(begin_, capacity_);
}

bool Arena::make_accessible(std::size_t to) {
  if (to > capacity_) return false;
  if (to > accessible_) {
    const std::size_t end = std::min(rounded(to, growth), capacity_);
    if (mprotect(begin_ + accessible_, end - accessible_, PROT_READ | PROT_WRITE) != 0) return false;
    accessible_ = end;
  }
  return true;
}

void* Arena::take(std::size_t bytes) {
  if (bytes > capacity_) return nullptr;
  const std::size_t length = whole_pages(bytes);
  const std::lock_guard lock(mutex_);
  if (!make_accessible(places_.place_for(length) + length)) return nullptr;
  return begin_ + places_.take(length);
}

void Arena::give(void* memory, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  places_.give(static_cast<std::size_t>(static_cast<std::byte*>(memory) - begin_), whole_pages(bytes));
}

}  // namespace trous
