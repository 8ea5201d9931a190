#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>
#include <vector>

#include <trous/core/available_memory.h>

namespace trous {
namespace {

// The files of one version of control groups.
struct GroupFiles {
  std::string mount, limit, usage, cache;
};

const GroupFiles version_1{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                           "total_inactive_file"};
const GroupFiles version_2{"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"};

std::optional<std::int64_t> leading_number(std::string_view words) {
  words.remove_prefix(std::min(words.find_first_not_of(" \t"), words.size()));
  std::int64_t number = 0;
  const auto result = std::from_chars(words.data(), words.data() + words.size(), number);
  if (result.ec == std::errc::result_out_of_range) return std::numeric_limits<std::int64_t>::max();
  return result.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::vector<std::string> lines_of(const std::string& words) {
  std::vector<std::string> lines;
  std::istringstream stream(words);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The number after `key` in a file of a pair a line.
std::optional<std::int64_t> number_at_key(const std::string& words, const std::string& key) {
  for (const std::string& line : lines_of(words)) {
    if (line.starts_with(key)) return leading_number(std::string_view(line).substr(key.size()));
  }
  return std::nullopt;
}

// What one group leaves; absent for a group without a limit. "max" is no number.
std::optional<std::int64_t> left_in(const std::string& folder, const GroupFiles& files,
                                    const ReadFile& read) {
  const auto number = [&](const std::string& name) -> std::optional<std::int64_t> {
    const auto words = read(folder + '/' + name);
    return words ? leading_number(*words) : std::nullopt;
  };
  const auto limit = number(files.limit), usage = number(files.usage);
  if (!limit || !usage) return std::nullopt;
  const auto facts = read(folder + "/memory.stat");
  const std::int64_t cache = facts ? number_at_key(*facts, files.cache + ' ').value_or(0) : 0;
  return std::max<std::int64_t>(0, *limit - std::max<std::int64_t>(0, *usage - cache));
}

// What the group `path` and all its parents leave. In a container the path may be that of the host, of which
// only the root exists there.
std::optional<std::int64_t> left_under(std::string path, const GroupFiles& files, const ReadFile& read) {
  std::optional<std::int64_t> least;
  for (;;) {
    while (path.ends_with('/')) path.pop_back();
    const auto left = left_in(files.mount + path, files, read);
    if (left && (!least || *left < *least)) least = left;
    if (path.empty()) return least;
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

// The groups of this process: a line "number:controllers:path" each, in version 2 "0::path".
std::optional<std::int64_t> left_by_groups(const ReadFile& read) {
  std::optional<std::int64_t> least;
  const auto groups = read("/proc/self/cgroup");
  if (!groups) return least;
  for (const std::string& line : lines_of(*groups)) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = ',' + line.substr(first + 1, second - first - 1) + ',';
    const bool old = controllers.find(",memory,") != std::string::npos;
    if (!old && controllers != ",,") continue;
    const auto left = left_under(line.substr(second + 1), old ? version_1 : version_2, read);
    if (left && (!least || *left < *least)) least = left;
  }
  return least;
}

}  // namespace

std::optional<AvailableMemory> available_memory(const ReadFile& read) {
  const auto facts = read("/proc/meminfo");
  const auto kibibytes = facts ? number_at_key(*facts, "MemAvailable:") : std::nullopt;
  if (!kibibytes) return std::nullopt;
  const std::int64_t machine = *kibibytes * 1024;
  const auto left = left_by_groups(read);
  if (left && *left < machine) return AvailableMemory{*left, true};
  return AvailableMemory{machine, false};
}

std::optional<AvailableMemory> available_memory() {
  return available_memory([](const std::string& path) -> std::optional<std::string> {
    std::ifstream file(path);
    if (!file) return std::nullopt;
    std::ostringstream words;
    words << file.rdbuf();
    return words.str();
  });
}

}  // namespace trous
