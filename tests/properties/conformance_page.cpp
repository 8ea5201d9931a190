// docs/conformance.md is of this catalogue: it has every op, with its number of lines, every column, a figure
// wherever there is something to be seen, and the texts of now. The figures may be another machine's.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <properties/conformance.h>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/error.h>

namespace trous::conformance {
namespace {

std::vector<std::string> lines_of(const std::string& page) {
  std::istringstream stream(page);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(ConformancePage, IsOfThisCatalogue) {
  if (std::getenv("TROUS_CONFORMANCE")) GTEST_SKIP() << "it is being written";
  std::ifstream file(TROUS_SOURCE_DIR "/docs/conformance.md", std::ios::binary);
  const std::string page(std::istreambuf_iterator<char>(file), {});
  const std::vector<std::string> got = lines_of(outline_of(page)), expected = lines_of(outline());
  for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i)
    ASSERT_EQ(got[i], expected[i]) << "line " << i + 1 << ": run scripts/conformance";
  EXPECT_EQ(got.size(), expected.size()) << "lines: run scripts/conformance";
  for (const char* section : {"Mutants by slip", "Mutants that are not killed", "Beside the catalogue"})
    EXPECT_NE(page.find(text("\n## ", section, "\n")), std::string::npos) << section;
}

TEST(ConformancePage, AnOutlineKeepsWhatIsEmpty) {
  EXPECT_EQ(outline_of("| op (lines) | a |\n|---|\n| add (1) | 3e-15 (12) | | 0.25 (2) |\nMade by hand\n## "
                       "Mutants by slip\n| 1 |"),
            "| op (lines) | a |\n|---|\n| add (1) | # | | # |\nMade #\n");
}

}  // namespace
}  // namespace trous::conformance
