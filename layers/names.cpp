#include <algorithm>
#include <map>
#include <set>

#include <trous/core/error.h>
#include <trous/core/utf8.h>
#include <trous/layers/names.h>

namespace trous {
namespace {

constexpr std::size_t max_listed = 3;  // names in one error

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < max_listed; ++i)
    list += text(i ? ", " : "", '"', names[i], '"');
  return names.size() > max_listed ? text(list, " and ", names.size() - max_listed, " more") : list;
}

bool has_empty_name(const std::string& path) {
  return path.empty() || path.front() == '.' || path.back() == '.' || path.find("..") != std::string::npos;
}

// Of one part: whether it can be a tensor's name in a checkpoint.
void check_name(std::string_view op, const std::string& path) {
  if (has_empty_name(path)) {
    throw ArgumentError(text(op, ": a part of the network has the path \"", path,
                             "\", in which a name is empty. Give every member a name in parts()."));
  }
  if (!is_utf8(path)) {
    throw ArgumentError(text(op, ": the name of the part \"", escaped_bytes(path),
                             "\" is not UTF-8, which names in a checkpoint are. Rename it in parts()."));
  }
  if (path == "__metadata__") {
    throw ArgumentError(text(op, ": a part is called \"", path,
                             "\", which is the checkpoint format's own. Rename it in parts()."));
  }
}

void check_prefix(std::string_view op, const std::string& path) {
  const auto begins = [&](std::string_view prefix) { return path.starts_with(prefix); };
  if (!begins(buffer_prefix) && std::none_of(trainer_prefixes.begin(), trainer_prefixes.end(), begins))
    return;
  std::string prefixes;
  for (const std::string_view prefix : trainer_prefixes) prefixes += text(prefix, ", ");
  throw ArgumentError(text(op, ": a parameter is called \"", path,
                           "\". Checkpoints keep names that begin with ", prefixes, "or ", buffer_prefix,
                           " for other tensors. Rename it in parts()."));
}

}  // namespace

void check_names(std::string_view op, const std::vector<PartName>& parameters,
                 const std::vector<PartName>& buffers) {
  std::set<std::string> paths, reported;
  std::map<const void*, std::string> parts;
  std::vector<std::string> twice;
  const auto check = [&](const PartName& name) {
    check_name(op, name.path);
    if (!paths.insert(name.path).second) {
      if (reported.insert(name.path).second) twice.push_back(name.path);
    } else if (const auto [known, is_new] = parts.emplace(name.part, name.path); !is_new) {
      throw ArgumentError(text(op, ": \"", known->second, "\" and \"", name.path,
                               "\" are one and the same part. Look for a member that parts() lists under two "
                               "names, perhaps in place of another one."));
    }
  };
  for (const PartName& parameter : parameters) {
    check(parameter);
    check_prefix(op, parameter.path);
  }
  for (const PartName& buffer : buffers) check(buffer);
  if (twice.empty()) return;
  throw ArgumentError(
      text(op, ": two parts of the network have one path: ", listed(twice),
           ". Look for a name that parts() gives twice, or one with a dot: \"a.b\" is also the "
           "path of b in a. Give each member a name of its own."));
}

}  // namespace trous
