// The memory that is left is the machine's, or what the control groups of this process leave of it.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include <trous/core/available_memory.h>

namespace trous {
namespace {

using Files = std::map<std::string, std::string>;

std::optional<AvailableMemory> available_in(const Files& files) {
  return available_memory([&](const std::string& path) -> std::optional<std::string> {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  });
}

const std::string machine = "MemTotal:       24576000 kB\nMemFree:  100 kB\nMemAvailable:   20000000 kB\n";
constexpr std::int64_t machine_bytes = 20000000LL * 1024;

void expect_available(const Files& files, std::int64_t bytes, bool limited_by_cgroup) {
  const auto available = available_in(files);
  ASSERT_TRUE(available);
  EXPECT_EQ(available->bytes, bytes);
  EXPECT_EQ(available->limited_by_cgroup, limited_by_cgroup);
}

TEST(AvailableMemory, IsTheMachinesWithoutALimit) {
  expect_available({{"/proc/meminfo", machine}}, machine_bytes, false);
  expect_available({{"/proc/meminfo", machine},
                    {"/proc/self/cgroup", "0::/user.slice\n"},
                    {"/sys/fs/cgroup/user.slice/memory.max", "max\n"},
                    {"/sys/fs/cgroup/user.slice/memory.current", "5000\n"}},
                   machine_bytes, false);
}

TEST(AvailableMemory, IsUnknownWithoutTheMachines) {
  EXPECT_FALSE(available_in({}));
  EXPECT_FALSE(available_in({{"/proc/meminfo", "MemTotal: 5 kB\n"}}));
  EXPECT_FALSE(available_in({{"/proc/meminfo", "MemAvailable: many kB\n"}}));
}

TEST(AvailableMemory, OfVersion2IsTheTightestOfAGroupAndItsParents) {
  Files files{{"/proc/meminfo", machine},
              {"/proc/self/cgroup", "0::/outer/inner\n"},
              {"/sys/fs/cgroup/outer/inner/memory.max", "max\n"},
              {"/sys/fs/cgroup/outer/inner/memory.current", "1000\n"},
              {"/sys/fs/cgroup/outer/memory.max", "4000000000\n"},
              {"/sys/fs/cgroup/outer/memory.current", "1500000000\n"}};
  expect_available(files, 2500000000, true);
  files["/sys/fs/cgroup/outer/memory.stat"] = "anon 5\ninactive_file 500000000\nactive_file 7\n";
  expect_available(files, 3000000000, true);  // cached files are given up first
  files["/sys/fs/cgroup/outer/inner/memory.max"] = "10000000\n";
  expect_available(files, 9999000, true);
  files["/sys/fs/cgroup/outer/inner/memory.current"] = "10000001\n";
  expect_available(files, 0, true);
}

TEST(AvailableMemory, OfVersion2InANamespaceIsThatOfItsRoot) {
  expect_available({{"/proc/meminfo", machine},
                    {"/proc/self/cgroup", "0::/\n"},
                    {"/sys/fs/cgroup/memory.max", "2000000\n"},
                    {"/sys/fs/cgroup/memory.current", "500000\n"}},
                   1500000, true);
}

TEST(AvailableMemory, OfVersion1IsThatOfTheMemoryController) {
  Files files{{"/proc/meminfo", machine},
              {"/proc/self/cgroup", "7:cpu,cpuacct:/a\n5:memory:/a\n1:name=systemd:/b\n"},
              {"/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "3000000\n"},
              {"/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "1000000\n"},
              {"/sys/fs/cgroup/memory/a/memory.stat", "inactive_file 1\ntotal_inactive_file 400000\n"}};
  expect_available(files, 2400000, true);
  files["/sys/fs/cgroup/memory/a/memory.limit_in_bytes"] = "9223372036854771712\n";  // no limit
  expect_available(files, machine_bytes, false);
  files["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = "2000000\n";
  files["/sys/fs/cgroup/memory/memory.usage_in_bytes"] = "500000\n";
  expect_available(files, 1500000, true);  // of the parent
}

TEST(AvailableMemory, OfAContainerWhosePathIsTheHostsIsThatOfTheMount) {
  expect_available({{"/proc/meminfo", machine},
                    {"/proc/self/cgroup", "3:memory:/docker/0123abcd\n0::/\n"},
                    {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "8000000\n"},
                    {"/sys/fs/cgroup/memory/memory.usage_in_bytes", "2000000\n"}},
                   6000000, true);
}

TEST(AvailableMemory, LinesThatAreNoGroupsArePassedOver) {
  expect_available({{"/proc/meminfo", machine}, {"/proc/self/cgroup", "\nnonsense\n1:\n:::\n"}},
                   machine_bytes, false);
}

TEST(AvailableMemory, OfThisMachineIsSome) {
  const auto available = available_memory();
  if (!available) GTEST_SKIP() << "not known here";
  EXPECT_GT(available->bytes, 0);
}

}  // namespace
}  // namespace trous
