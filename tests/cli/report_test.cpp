// trous report: the page of a run made anew, and one page for several.
#include <gtest/gtest.h>

#include "cli/program.h"

namespace trous {
namespace {

class Report : public SmallSet {
 protected:
  Report() { train("run", "--quiet"); }
};

TEST_F(Report, RebuildsTheSameBytes) {
  const Bytes page = file("run/report.html");
  const Finished other = run("report run --out other.html");
  ASSERT_EQ(other.code, 0) << other.err;
  EXPECT_EQ(other.out, "other.html\n");
  EXPECT_EQ(file("other.html"), page);
  std::filesystem::remove(scratch_ / "run/report.html");
  const Finished again = run("report run/ --json");
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(json_lines(again.out).at(0)["event"], "report");
  std::filesystem::rename(scratch_ / "run", scratch_ / "moved");
  ASSERT_EQ(run("report moved --quiet").out, "");
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "moved/report.html"));
}

TEST_F(Report, ComparesRuns) {
  train("second", "--quiet --loss dice");
  const Finished done = run("report run second");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "comparison.html\n");
  const std::string page = slurp_text(scratch_ / "comparison.html");
  for (const char* part : {"run", "second", "dice", "cross-entropy", "</html>"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  ASSERT_EQ(run("report run second --out again.html --quiet").code, 0);
  EXPECT_EQ(slurp_text(scratch_ / "again.html"), page);
}

TEST_F(Report, AYoungRunHasOneToo) {
  std::filesystem::remove(scratch_ / "run/results.json");
  EXPECT_EQ(run("report run").code, 0);
}

TEST_F(Report, FaultsAreNamed) {
  expect("report set", 3,
         "read_run: set is no run folder. It has no config.json. Give what trous train --out made.\n");
  expect("report run none", 3,
         "read_run: none is no run folder. It has no config.json. Give what trous train --out made.\n");
  expect("report run --out none/x.html", 3,
         "none/x.html: there is no folder none. Make it, or choose another --out.\n");
  spill(scratch_ / "run/results.json", bytes_of("{"));
  const Bytes page = file("run/report.html");
  expect("report run", 3, "read_run: run/results.json line 1 is no JSON. Write the file again.\n");
  EXPECT_EQ(file("run/report.html"), page);
}

}  // namespace
}  // namespace trous
