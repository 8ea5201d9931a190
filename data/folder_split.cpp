#include <algorithm>
#include <map>
#include <utility>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/folder_split.h>

namespace trous {
namespace {

enum Split : std::size_t { train, validation, test };

// Groups for validation, and as many for test.
std::int64_t held_out_of(std::int64_t groups) { return std::max<std::int64_t>(1, (15 * groups + 50) / 100); }

std::vector<std::int64_t> order_of(const std::vector<SplitGroup>& groups, std::uint64_t seed) {
  if (groups.size() < 3) {
    throw ArgumentError(text("split: ", groups.size(),
                             " different images. 3 or more are needed: one each to train, to validate and to "
                             "test."));
  }
  return permutation(static_cast<std::int64_t>(groups.size()), Key{seed});
}

ItemSplits items_of(const std::vector<SplitGroup>& groups, const std::vector<Split>& split_of) {
  ItemSplits result;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    std::vector<std::size_t>& items = result[split_of[g]];
    items.insert(items.end(), groups[g].items.begin(), groups[g].items.end());
  }
  for (std::vector<std::size_t>& items : result) std::sort(items.begin(), items.end());
  return result;
}

class Dealer {
 public:
  Dealer(const std::vector<SplitGroup>& groups, std::uint64_t seed)
      : groups_(groups),
        order_(order_of(groups, seed)),
        split_of_(groups.size(), train),
        dealt_(groups.size()) {
    room_[validation] = room_[test] = held_out_of(static_cast<std::int64_t>(groups.size()));
    for (const SplitGroup& group : groups) {
      for (const std::int32_t c : group.classes) ++total_[c];
    }
  }

  std::vector<Split> run() {
    std::map<std::int32_t, std::int64_t> left = total_;
    while (!left.empty()) {
      const auto rarest = std::min_element(left.begin(), left.end(),
                                           [](const auto& a, const auto& b) { return a.second < b.second; });
      deal_class(rarest->first, left);
      left.erase(rarest->first);
    }
    for (const Split split : {validation, test}) fill(split);
    return std::move(split_of_);
  }

 private:
  // How many groups that show the class `split` should have.
  std::int64_t wanted(std::int32_t c, Split split) const {
    const std::int64_t k = total_.at(c);
    return k < (split == validation ? 2 : 3) ? 0 : held_out_of(k);
  }

  void deal_class(std::int32_t c, std::map<std::int32_t, std::int64_t>& left) {
    for (const std::int64_t place : order_) {
      const auto g = static_cast<std::size_t>(place);
      if (dealt_[g] || !groups_[g].classes.contains(c)) continue;
      Split chosen = train;
      for (const Split split : {test, validation}) {
        if (room_[split] > 0 && shown_[split][c] < wanted(c, split)) chosen = split;
      }
      put(g, chosen);
      for (const std::int32_t shown : groups_[g].classes) {
        if (const auto found = left.find(shown); found != left.end()) --found->second;
      }
    }
  }

  void put(std::size_t g, Split split) {
    split_of_[g] = split;
    dealt_[g] = true;
    if (split != train) --room_[split];
    for (const std::int32_t c : groups_[g].classes) ++shown_[split][c];
  }

  // Moves groups from train to where there is room: those that are not the last to show a class, or any.
  void fill(Split split) {
    for (const bool any : {false, true}) {
      for (const std::int64_t place : order_) {
        const auto g = static_cast<std::size_t>(place);
        if (room_[split] == 0) return;
        const auto& classes = groups_[g].classes;
        const bool last = std::any_of(classes.begin(), classes.end(),
                                      [&](std::int32_t c) { return shown_[train][c] == 1; });
        if (split_of_[g] != train || (last && !any)) continue;
        for (const std::int32_t c : classes) --shown_[train][c];
        put(g, split);
      }
    }
  }

  const std::vector<SplitGroup>& groups_;
  std::vector<std::int64_t> order_;
  std::vector<Split> split_of_;
  std::vector<bool> dealt_;
  std::map<std::int32_t, std::int64_t> total_;  // groups that show each class
  std::array<std::map<std::int32_t, std::int64_t>, 3> shown_;
  std::array<std::int64_t, 3> room_{};  // of validation and test
};

}  // namespace

ItemSplits permuted_split(const std::vector<SplitGroup>& groups, std::uint64_t seed) {
  const std::vector<std::int64_t> order = order_of(groups, seed);
  const auto count = static_cast<std::int64_t>(groups.size());
  const std::int64_t held_out = held_out_of(count);
  std::vector<Split> split_of(groups.size());
  for (std::int64_t place = 0; place < count; ++place) {
    split_of[static_cast<std::size_t>(order[static_cast<std::size_t>(place)])] =
        place < count - 2 * held_out ? train
        : place < count - held_out   ? validation
                                     : test;
  }
  return items_of(groups, split_of);
}

ItemSplits stratified_split(const std::vector<SplitGroup>& groups, std::uint64_t seed) {
  return items_of(groups, Dealer(groups, seed).run());
}

}  // namespace trous
