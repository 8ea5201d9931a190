// How much memory this process may still take.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace trous {

/// What a process may still take, and what bounds it.
struct AvailableMemory {
  std::int64_t bytes;
  bool limited_by_cgroup;  ///< the limit of a container or service, and not the machine's memory
};

/// Returns the smaller of what the machine has available and what the control groups of this process leave.
///
///   machine     MemAvailable of /proc/meminfo, which counts caches that the system gives up
///   cgroup v2   memory.max - (memory.current - inactive_file), of the group and each of its parents
///   cgroup v1   memory.limit_in_bytes - (memory.usage_in_bytes - total_inactive_file), likewise
///
/// inactive_file of memory.stat are cached pages of files, which the system gives up before a group meets its
/// limit. Absent where /proc/meminfo does not exist or has no MemAvailable, as on systems other than Linux.
/// Sources: proc(5); Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst of the Linux kernel.
std::optional<AvailableMemory> available_memory();

/// Reads the text of a file, absent where the file does not exist.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

/// As available_memory, with the files that `read` returns: a pure function of their texts.
std::optional<AvailableMemory> available_memory(const ReadFile& read);

}  // namespace trous
