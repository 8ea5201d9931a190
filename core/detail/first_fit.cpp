#include <algorithm>
#include <iterator>

#include <trous/core/detail/first_fit.h>

namespace trous {

FirstFit::Gaps::const_iterator FirstFit::first_gap(std::size_t length) const {
  return std::find_if(free_.begin(), free_.end(), [&](const auto& gap) { return gap.second >= length; });
}

std::size_t FirstFit::place_for(std::size_t length) const {
  if (const auto gap = first_gap(length); gap != free_.end()) return gap->first;
  // Beyond all gaps, or from the last one on where that ends at the border.
  if (free_.empty()) return reached_;
  const auto last = std::prev(free_.end());
  return last->first + last->second == reached_ ? last->first : reached_;
}

std::size_t FirstFit::take(std::size_t length) {
  if (spare_.size() <= pieces_) {
    Gaps one{{0, 0}};
    spare_.push_back(one.extract(one.begin()));
  }
  const std::size_t at = place_for(length);
  if (const auto gap = free_.find(at); gap != free_.end()) {
    if (gap->second > length) {
      auto node = free_.extract(gap);
      node.key() += length;
      node.mapped() -= length;
      free_.insert(std::move(node));
    } else {
      free_.erase(gap);
    }
  }
  reached_ = std::max(reached_, at + length);
  ++pieces_;
  return at;
}

void FirstFit::give(std::size_t at, std::size_t length) {
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
