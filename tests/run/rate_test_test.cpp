// find_rate.json is read as it was written, a damaged one is refused by name, and its page is well-formed.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/run/rate_test.h>
#include <trous/run/report/sections.h>

#include "data/scratch.h"
#include "run/page.h"

namespace trous {
namespace {

RateTest diverging_test() {
  return {.range = {.lowest = 1e-3, .highest = 1, .steps = 4},
          .curve = {.points = {{1e-3, 2, 2}, {1e-2, 1, 1.5}, {0.1, std::nan(""), std::nan("")}},
                    .ended = "the loss is <NaN>",
                    .suggestion = 1e-3}};
}

std::string refusal_of_rate_test(const std::string& contents) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "found");
  write_text(scratch / "found/find_rate.json", contents);
  try {
    read_rate_test(scratch / "found");
  } catch (const FileError& error) {
    const std::string what = error.what();
    return what.substr(what.find("find_rate.json"));
  }
  return "nothing";
}

TEST(RateTest, IsReadAsItWasWritten) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "found");
  const RateTest written = diverging_test();
  write_rate_test(scratch / "found", written);
  EXPECT_TRUE(is_rate_test(scratch / "found"));
  const RateTest read = read_rate_test(scratch / "found");
  EXPECT_EQ(to_json(read), to_json(written));
  EXPECT_EQ(read.curve.points[1].smoothed, 1.5);
  EXPECT_TRUE(std::isnan(read.curve.points[2].loss));
  EXPECT_EQ(report_html(scratch / "found"), report::rate_test_page(written));
}

TEST(RateTest, HasAPageWithCurveAndSuggestion) {
  const std::string page = report::rate_test_page(diverging_test());
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(has(page, "<strong>0.001</strong> is the suggestion"));
  EXPECT_TRUE(has(page, "It ended early: the loss is &lt;NaN&gt;."));
  EXPECT_TRUE(has(page, "suggestion: 0.001"));
  EXPECT_EQ(count(page, "<svg") - count(page, "<svg class=\"swatch\""), 1U) << page;
  RateTest between = diverging_test();  // at the middle of the logarithms of two rates
  between.curve.suggestion = std::sqrt(1e-5);
  EXPECT_TRUE(has(report::rate_test_page(between), "suggestion: 0.003162"));
  between.curve.suggestion = 1e-4;  // below the first rate: it is said, and not drawn
  EXPECT_FALSE(has(report::rate_test_page(between), "suggestion: "));
  EXPECT_TRUE(has(report::rate_test_page(between), "<strong>0.0001</strong> is the suggestion"));
  RateTest rising = diverging_test();
  rising.curve.suggestion.reset();
  EXPECT_TRUE(has(report::rate_test_page(rising), "No learning rate lowered the smoothed loss."));
}

// A test whose file has `to` in place of `from`.
std::string refusal_with(const std::string& from, const std::string& to) {
  std::string contents = to_json(diverging_test());
  return refusal_of_rate_test(contents.replace(contents.find(from), from.size(), to));
}

TEST(RateTest, DamagedOnesAreRefusedByName) {
  EXPECT_EQ(refusal_of_rate_test("{"), "find_rate.json line 1 is no JSON. Write the file again.");
  EXPECT_EQ(refusal_with("0.001", "0"),
            "find_rate.json has lowest with 0, where a finite number above 0 belongs. Write the file again.");
  EXPECT_EQ(
      refusal_with("\"highest\": 1.0", "\"highest\": \"inf\""),
      "find_rate.json has highest with inf, where a finite number above 0 belongs. Write the file again.");
  EXPECT_EQ(refusal_with("\"highest\": 1.0", "\"highest\": 1e-4"),
            "find_rate.json has highest with 0.0001, which is not above lowest. Write the file again.");
  EXPECT_EQ(refusal_with("\"loss\": 2.0", "\"loss\": []"),
            "find_rate.json has array at points[0].loss, where a number belongs. Write the file again.");
}

}  // namespace
}  // namespace trous
