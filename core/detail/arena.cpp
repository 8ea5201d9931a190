#include <algorithm>
#include <sys/mman.h>

#include <trous/core/detail/arena.h>

namespace trous {
namespace {

constexpr std::size_t page = 4096, growth = 1 << 25;

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

bool Arena::grow(std::size_t to) {
  if (to > capacity_) return false;
  if (to > accessible_) {
    const std::size_t end = std::min(rounded(to, growth), capacity_);
    if (mprotect(begin_ + accessible_, end - accessible_, PROT_READ | PROT_WRITE) != 0) return false;
    accessible_ = end;
  }
  reached_ = to;
  return true;
}

void* Arena::take(std::size_t bytes) {
  if (bytes > capacity_) return nullptr;
  const std::size_t length = rounded(bytes, page);
  const std::lock_guard lock(mutex_);
  if (spare_.size() <= pieces_) {
    Gaps one{{0, 0}};
    spare_.push_back(one.extract(one.begin()));
  }
  auto gap = std::find_if(free_.begin(), free_.end(), [&](const auto& g) { return g.second >= length; });
  std::size_t at = reached_;
  if (gap != free_.end()) {
    auto node = free_.extract(gap);
    at = node.key();
    node.key() += length;
    node.mapped() -= length;
    if (node.mapped() > 0) free_.insert(std::move(node));
  } else {
    // Beyond all gaps, or from the last one on where that ends at the border.
    const bool extends = !free_.empty() && std::prev(gap)->first + std::prev(gap)->second == reached_;
    if (extends) at = std::prev(gap)->first;
    if (!grow(at + length)) return nullptr;
    if (extends) free_.erase(std::prev(gap));
  }
  ++pieces_;
  return begin_ + at;
}

void Arena::give(void* memory, std::size_t bytes) {
  const std::size_t at = static_cast<std::size_t>(static_cast<std::byte*>(memory) - begin_);
  std::size_t length = rounded(bytes, page);
  const std::lock_guard lock(mutex_);
  --pieces_;
  auto next = free_.upper_bound(at);
  if (next != free_.end() && next->first == at + length) {
    length += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin() && std::prev(next)->first + std::prev(next)->second == at) {
    std::prev(next)->second += length;
    return;
  }
  Gaps::node_type node = std::move(spare_.back());
  spare_.pop_back();
  node.key() = at;
  node.mapped() = length;
  free_.insert(next, std::move(node));
}

}  // namespace trous
