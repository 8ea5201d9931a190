#include <algorithm>
#include <iterator>

#include <trous/autograd/detail/evaluations.h>

namespace trous::detail {

std::uint64_t stamp() { return make_node({"stamp"}, {}, DType::float64, false)->serial; }

std::optional<RuleName> Evaluations::rule_of(const Node& node) const {
  const auto after =
      std::upper_bound(noted_.begin(), noted_.end(), node.serial,
                       [](std::uint64_t serial, const auto& one) { return serial < one.first; });
  return after == noted_.begin() ? std::nullopt : std::prev(after)->second;
}

}  // namespace trous::detail
