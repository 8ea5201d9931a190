#include <algorithm>
#include <cmath>

#include <trous/core/error.h>
#include <trous/layers/network.h>
#include <trous/train/detail/parameter_groups.h>

namespace trous::detail {

bool lies_below(const std::string& path, const std::string& group) {
  return group.empty() || path == group || path.starts_with(group + '.');
}

void check_groups(const std::vector<ParameterGroup>& groups, const AnyLayer& net) {
  const auto named = parameters(net);
  for (const ParameterGroup& group : groups) {
    if (!(group.learning_rate >= 0) || !(group.weight_decay >= 0) || !std::isfinite(group.learning_rate) ||
        !std::isfinite(group.weight_decay)) {
      throw ArgumentError(text("train: group \"", group.path, "\" has learning_rate ", group.learning_rate,
                               ", weight_decay ", group.weight_decay, ". They are factors, 0 or more."));
    }
    const bool any = std::any_of(named.begin(), named.end(), [&](const auto& parameter) {
      return lies_below(parameter.path, group.path);
    });
    if (!any) {
      throw ArgumentError(text("train: no parameter lies below \"", group.path, "\". The first of ",
                               named.size(), " is ", named.empty() ? "none" : named.front().path,
                               ". Give a path that `parameters(net)` lists, or what it begins with."));
    }
  }
}

}  // namespace trous::detail
