// The form of the pages: well-formed, one file that loads nothing, readable, the same bytes each time, and no
// larger than it must be.
#include <cmath>
#include <locale>
#include <map>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/png.h>

#include "run/page.h"

namespace trous {
namespace {

TEST(XmlFault, FindsPlantedFaults) {
  const std::string top = "<!DOCTYPE html>\n";
  EXPECT_EQ(xml_fault(top + "<a b=\"c\"><d/>&amp;</a>"), "");
  for (const char* faulty : {"<a>", "</a>", "<a><b></a></b>", "<a b=c></a>", "<a b=\"1\" b=\"2\"></a>",
                             "a < b", "a & b", "<a b=\"<\"></a>", "\x01"}) {
    EXPECT_NE(xml_fault(top + faulty), "") << faulty;
  }
}

TEST(Report, IsWellFormedAndLoadsNothing) {
  const Scratch scratch;
  WrittenRun files;
  files.write(scratch / "run");
  for (const char* name : {"fixed", "labels_000020", "labels_000040", "best", "median", "worst"}) {
    write_png(scratch / "run/samples/" + name + ".png", Tensor::zeros({4, 6, 3}, DType::uint8));
  }
  for (const std::string& page :
       {report_html(scratch / "run"), comparison_html({scratch / "run", scratch / "run"})}) {
    EXPECT_EQ(xml_fault(page), "");
    EXPECT_TRUE(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    for (const char* loader :
         {"url(", "@import", "<link rel=\"stylesheet", "<iframe", "<object", "onclick"}) {
      EXPECT_FALSE(has(page, loader)) << loader;
    }
    EXPECT_EQ(count(page, " src=\""), count(page, " src=\"data:image/png;base64,"));
    EXPECT_EQ(count(page, " href=\""), count(page, " href=\"#") + count(page, " href=\"data:,"));
    EXPECT_EQ(count(page, "<svg class=\"chart\""), count(page, "role=\"img\""));
    EXPECT_EQ(count(page, "<th>") + count(page, "<th class"), 0U);
    EXPECT_EQ(count(page, "<img"), count(page, " alt=\""));
  }
  EXPECT_EQ(count(report_html(scratch / "run"), "<img"), 6U);
}

TEST(Report, ItsHeadingsAndLinksAreInOrder) {
  const std::string page = page_of({});
  int level = 0;
  const std::regex heading("<h([1-6])");
  for (auto it = std::sregex_iterator(page.begin(), page.end(), heading); it != std::sregex_iterator();
       ++it) {
    const int next = std::stoi((*it)[1]);
    EXPECT_LE(next, level + 1);
    level = next;
  }
  std::set<std::string> ids;
  const std::regex id(" id=\"([^\"]*)\""), link(" href=\"#([^\"]*)\"");
  for (auto it = std::sregex_iterator(page.begin(), page.end(), id); it != std::sregex_iterator(); ++it) {
    EXPECT_TRUE(ids.insert((*it)[1]).second) << (*it)[1];
  }
  for (auto it = std::sregex_iterator(page.begin(), page.end(), link); it != std::sregex_iterator(); ++it) {
    EXPECT_TRUE(ids.contains((*it)[1])) << (*it)[1];
  }
}

TEST(Report, TheSameFolderGivesTheSameBytesWhereverItLies) {
  const Scratch scratch;
  WrittenRun{}.write(scratch / "run");
  WrittenRun{}.write(scratch / "other/place");
  const std::string page = report_html(scratch / "run");
  EXPECT_EQ(report_html(scratch / "run"), page);
  EXPECT_EQ(report_html(scratch / "other/place"), page);
  write_report(scratch / "run");
  EXPECT_EQ(slurp(scratch / "run/report.html"), bytes_of(page));
}

struct Continental : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Report, DoesNotDependOnTheLocale) {
  const std::string page = page_of({});
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Continental));
  const std::string abroad = page_of({});
  std::locale::global(before);
  EXPECT_EQ(abroad, page);
}

TEST(Report, PicturesThatWouldMakeThePageHugeAreLeftOut) {
  const Scratch scratch;
  WrittenRun{}.write(scratch / "run");
  write_png(scratch / "run/samples/best.png",
            uniform({1700, 1700, 3}, DType::float32, Key{1}, 0, 256).cast(DType::uint8));
  write_png(scratch / "run/samples/worst.png", Tensor::zeros({5, 7, 3}, DType::uint8));
  const std::string page = report_html(scratch / "run");
  EXPECT_LT(page.size(), 2'000'000U);
  EXPECT_TRUE(has(page, "Too large for this page: samples/best.png."));
  EXPECT_TRUE(has(page, "width=\"7\" height=\"5\""));
  spill(scratch / "run/samples/worst.png", bytes_of("no picture"));
  EXPECT_THROW(report_html(scratch / "run"), FileError);
}

TEST(Report, ALongRunStaysSmall) {
  WrittenRun files;
  files.metrics.resize(files.metrics.find('\n') + 1);
  files.events.clear();
  for (int step = 1; step <= 20000; ++step) {
    files.events += "{\"event\":\"step\",\"step\":" + std::to_string(step) +
                    ",\"loss\":" + std::to_string(1.0 / step + step % 7) +
                    ",\"learning_rate\":0.001,\"gradient_norm\":" + std::to_string(step % 11 + 1) + "}\n";
    if (step % 4 == 0) files.metrics += std::to_string(step) + ",1,1,0.5,0.5,0.5,0.001,1,1,0\n";
  }
  const std::string page = page_of(files);
  EXPECT_LT(page.size(), 500'000U);
  EXPECT_EQ(xml_fault(page.substr(0, page.find("<style>")) + page.substr(page.find("</style>") + 8)), "");
}

// Any byte changed: refused as a file, or shown in a page that is well-formed.
TEST(Report, NoChangedByteBreaksThePage) {
  const Scratch scratch;
  const WrittenRun sound;
  sound.write(scratch / "run");
  std::size_t shown = 0;
  const auto attack = [&](const std::string& name, const std::string& whole, std::size_t stride) {
    for (std::size_t i = 0; i < whole.size(); i += stride) {
      for (const char byte : {'9', '"', '<', '-', '\0', '\n'}) {
        std::string changed = whole;
        changed[i] = byte;
        rewrite(scratch / "run/" + name, changed);
        try {
          const std::string page = report_html(scratch / "run");
          const bool checked = ++shown % 20 == 0;  // the check is slow
          EXPECT_EQ(checked ? xml_fault(page) : "", "") << name << ' ' << i << ' ' << byte;
        } catch (const FileError&) {
        }
      }
    }
    rewrite(scratch / "run/" + name, whole);
  };
  attack("results.json", *sound.results, 7);
  attack("metrics.csv", sound.metrics, 3);
  attack("events.jsonl", sound.events, 5);
  EXPECT_GT(shown, 200U);
}

double channel(int value) {
  const double share = value / 255.0;
  return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
}

double contrast(int a, int b) {  // of two colours 0xRRGGBB
  const auto bright = [](int color) {
    return 0.2126 * channel(color >> 16) + 0.7152 * channel(color >> 8 & 255) +
           0.0722 * channel(color & 255) + 0.05;
  };
  return std::max(bright(a), bright(b)) / std::min(bright(a), bright(b));
}

TEST(Report, TextStandsOutInLightAndDark) {
  const std::string page = page_of({});
  // Light first, then dark.
  std::map<std::string, std::vector<int>> colors;
  const std::regex variable("--([a-z0-9-]+): #([0-9a-f]{6});"),
      cell("\\.q\\d+\\{background:rgb\\((\\d+),(\\d+),(\\d+)\\);color:#(000|fff)\\}");
  for (auto it = std::sregex_iterator(page.begin(), page.end(), variable); it != std::sregex_iterator();
       ++it) {
    colors[(*it)[1]].push_back(std::stoi((*it)[2], nullptr, 16));
  }
  ASSERT_EQ(colors["paper"].size(), 2U);
  for (const std::size_t theme : {0U, 1U}) {
    for (const char* ink : {"ink", "soft", "strong"}) {
      for (const char* paper : {"paper", "panel"}) {
        EXPECT_GE(contrast(colors[ink].at(theme), colors[paper].at(theme)), 4.5)
            << ink << " on " << paper << theme;
      }
    }
    EXPECT_GE(contrast(colors["warn"].at(theme), colors["warn-paper"].at(theme)), 4.5);
    for (int i = 0; i < 8; ++i) {
      EXPECT_GE(contrast(colors["c" + std::to_string(i)].at(theme), colors["paper"].at(theme)), 3) << i;
    }
  }
  std::size_t cells = 0;
  for (auto it = std::sregex_iterator(page.begin(), page.end(), cell); it != std::sregex_iterator();
       ++it, ++cells) {
    const int paper = std::stoi((*it)[1]) << 16 | std::stoi((*it)[2]) << 8 | std::stoi((*it)[3]);
    EXPECT_GE(contrast(paper, (*it)[4] == "000" ? 0 : 0xffffff), 4.5) << (*it)[0];
  }
  EXPECT_EQ(cells, 42U);
}

}  // namespace
}  // namespace trous
