// The names of a network's parameters and buffers. Checkpoints, parameter groups and messages use them, so
// each name must lead to one part.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <trous/layers/visit.h>

namespace trous {

/// The prefixes, in a checkpoint, of the names of buffers and of the tensors that a trainer keeps beside the
/// network. No parameter's name may begin with one of them.
inline constexpr std::string_view buffer_prefix = "buffer/";
inline constexpr std::array<std::string_view, 3> trainer_prefixes{"average/", "best/", "optimizer/"};

/// The path of a parameter or buffer, and its address.
struct PartName {
  std::string path;
  const void* part;
};

/// Throws ArgumentError, with `op` in front, where names do not lead to one part each: a path that two parts
/// have, a part with two paths, a member whose name is empty, and names that cannot stand in a checkpoint
/// (not UTF-8, "__metadata__", or one of the prefixes above).
void check_names(std::string_view op, const std::vector<PartName>& parameters,
                 const std::vector<PartName>& buffers);

/// Checks the names in the lists `parameters(net)` and `buffers(net)`.
template <class AnyParameter, class AnyBuffer>
void check_names(std::string_view op, const std::vector<Named<AnyParameter>>& parameters,
                 const std::vector<Named<AnyBuffer>>& buffers) {
  const auto names_of = [](const auto& all) {
    std::vector<PartName> names;
    for (const auto& [path, part] : all) names.push_back({path, part});
    return names;
  };
  check_names(op, names_of(parameters), names_of(buffers));
}

}  // namespace trous
