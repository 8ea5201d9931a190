// What the library says it was built from, against what the compiler of this test says of itself. That the
// commit is the right one is checked where a commit can be made: tests/house/commit_test.sh.
#include <regex>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include <trous/core/build_info.h>

namespace trous {
namespace {

TEST(BuildInfo, NamesTheVersionOfTheProject) {
  EXPECT_EQ(version(), TROUS_VERSION);
  EXPECT_EQ(build_info().version, version());
}

TEST(BuildInfo, NamesTheCompiler) {
  std::ostringstream expected;
#if defined(__clang__)
  expected << "Clang " << __clang_major__ << '.' << __clang_minor__ << '.' << __clang_patchlevel__;
#else
  expected << "GNU " << __GNUC__ << '.' << __GNUC_MINOR__ << '.' << __GNUC_PATCHLEVEL__;
#endif
  EXPECT_EQ(build_info().compiler, expected.str());
}

// A Release build may be told other flags, without NDEBUG, as that of the mutants is.
TEST(BuildInfo, NamesTheTypeOfTheBuild) {
  const std::string type(build_info().build_type);
  EXPECT_TRUE(std::regex_match(type, std::regex("Debug|Release|RelWithDebInfo|MinSizeRel|none"))) << type;
#ifdef NDEBUG
  EXPECT_TRUE(type != "Debug" && type != "none") << type;
#endif
}

TEST(BuildInfo, NamesACommitOrSaysThatItIsUnknown) {
  const std::string commit(build_info().commit);
  EXPECT_TRUE(std::regex_match(commit, std::regex("unknown|[0-9a-f]{40}(-dirty)?"))) << commit;
}

TEST(BuildInfo, PrintsOneLine) {
  std::ostringstream printed;
  printed << BuildInfo{
      .version = "1.2.3", .compiler = "GNU 12.2.0", .build_type = "Release", .commit = "unknown"};
  EXPECT_EQ(printed.str(), "trous 1.2.3 (commit unknown, Release, GNU 12.2.0)");
}

}  // namespace
}  // namespace trous
