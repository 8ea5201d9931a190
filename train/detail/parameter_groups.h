// Which parameters belong to a group.
#pragma once

#include <string>
#include <vector>

#include <trous/layers/sequential.h>
#include <trous/train/train_options.h>

namespace trous::detail {

/// Whether the part at `path` belongs to `group`, the path of a part or of what it lies in; "" holds all.
bool lies_below(const std::string& path, const std::string& group);

/// Throws ArgumentError for a factor that is negative or not finite, and for a group without a parameter.
void check_groups(const std::vector<ParameterGroup>& groups, const AnyLayer& net);

}  // namespace trous::detail
