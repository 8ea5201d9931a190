// The program on one of the machine's processors, as taskset or a container grants it: one thread, or as many
// as are asked for, and no line of the thread library's on stderr.
#include <sched.h>

#include <gtest/gtest.h>

#include "cli/program.h"

namespace trous {
namespace {

// "taskset -c 3", 3 being the first processor that this test may run on.
std::string on_one_processor() {
  cpu_set_t granted;
  CPU_ZERO(&granted);
  EXPECT_EQ(sched_getaffinity(0, sizeof granted, &granted), 0);
  int first = 0;
  while (first < CPU_SETSIZE - 1 && !CPU_ISSET(first, &granted)) ++first;
  return "taskset -c " + std::to_string(first);
}

TEST(Processors, OnOneTheProgramHasOneThreadAndNoWarning_slow) {
  if (std::system("taskset --version > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "there is no taskset. Install util-linux.";
  const Scratch folder;
  const std::string profile = "profile --data shapes --width 2 --batch 2 --steps 1 --json";
  for (const auto& [threads, said] : std::vector<std::pair<int, std::string>>{{1, ""}, {3, " --threads 3"}}) {
    const Finished done = trous_in(folder.path(), profile + said, on_one_processor());
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(done.err, "");
    EXPECT_EQ(json_lines(done.out).at(0)["threads"], threads);
  }
  const Finished done = trous_in(folder.path(), "inspect small-dilated", on_one_processor());
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "");
}

}  // namespace
}  // namespace trous
