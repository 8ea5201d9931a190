// The pages: right numbers, escaped text, well-formed, one file that loads nothing, the same bytes each time.
#include <cmath>
#include <locale>
#include <map>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/png.h>
#include <trous/train/report.h>

#include "train/written_run.h"

namespace trous {
namespace {

std::string page_of(const WrittenRun& files) {
  const Scratch scratch;
  files.write(scratch / "run");
  return report_html(scratch / "run");
}

bool has(const std::string& page, const std::string& what) { return page.find(what) != std::string::npos; }

std::size_t count(const std::string& page, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) ++found;
  return found;
}

// The first fault of `page` as XML: tags that do not balance, attributes without quotes or twice, stray '<'
// and '&', control characters. Empty if there is none.
std::string xml_fault(const std::string& page) {
  static const std::regex name("[a-zA-Z][a-zA-Z0-9]*"), reference("&(amp|lt|gt|quot|#39);"),
      attribute("\\s+([a-zA-Z][-a-zA-Z0-9]*)=\"([^\"<]*)\"");
  std::vector<std::string> open;
  std::size_t at = page.find('\n') + 1;  // after the DOCTYPE
  while (at < page.size()) {
    const std::string here = page.substr(at, 60);
    const auto c = static_cast<unsigned char>(page[at]);
    std::smatch match;
    const auto begin = page.begin() + static_cast<std::ptrdiff_t>(at);
    constexpr auto anchored = std::regex_constants::match_continuous;
    if (c < 0x20 && c != '\n' && c != '\t') return "control character before " + here;
    if (c == '&' && !std::regex_search(begin, page.end(), match, reference, anchored)) return "& at " + here;
    if (c != '<') {
      ++at;
      continue;
    }
    const bool closing = page[at + 1] == '/';
    if (!std::regex_search(begin + (closing ? 2 : 1), page.end(), match, name, anchored))
      return "< at " + here;
    const std::string tag = match.str();
    at += (closing ? 2 : 1) + tag.size();
    if (closing) {
      if (open.empty() || open.back() != tag) return "closed but not open: " + here;
      open.pop_back();
      if (page[at] != '>') return "no > in " + here;
      ++at;
      continue;
    }
    std::set<std::string> names;
    while (std::regex_search(page.begin() + static_cast<std::ptrdiff_t>(at), page.end(), match, attribute,
                             anchored)) {
      if (!names.insert(match[1]).second) return "attribute twice in " + here;
      at += match.str().size();
    }
    if (page.compare(at, 2, "/>") == 0) {
      at += 2;
    } else if (page[at] == '>') {
      open.push_back(tag);
      ++at;
    } else {
      return "no > in " + here;
    }
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

TEST(XmlFault, FindsPlantedFaults) {
  const std::string top = "<!DOCTYPE html>\n";
  EXPECT_EQ(xml_fault(top + "<a b=\"c\"><d/>&amp;</a>"), "");
  for (const char* faulty : {"<a>", "</a>", "<a><b></a></b>", "<a b=c></a>", "<a b=\"1\" b=\"2\"></a>",
                             "a < b", "a & b", "<a b=\"<\"></a>", "\x01"}) {
    EXPECT_NE(xml_fault(top + faulty), "") << faulty;
  }
}

TEST(Report, SaysTheScoreBesideTheBestBaseline) {
  const std::string page = page_of({});
  EXPECT_TRUE(
      has(page,
          "<strong>0.500</strong> foreground mIoU on test; the best predictor without learning, \u201Call "
          "background\u201D, reaches 0.000."));
  EXPECT_TRUE(has(page, "<h1>tiny on toys</h1>"));
  EXPECT_TRUE(has(page, "<dt>best validation</dt><dd>0.500 at step 40</dd>"));
  EXPECT_TRUE(has(page, "<dt>parameters</dt><dd>1,234</dd>"));
  EXPECT_TRUE(has(page, "<dt>commit</dt><dd>0123456789ab</dd>"));
  EXPECT_TRUE(has(page, "<dt>peak memory</dt><dd>3\u00A0MiB</dd>"));
}

TEST(Report, SaysWhenNothingWasLearned) {
  WrittenRun files;
  change(*files.results, "[[80, 20, 0], [10, 30, 0]", "[[100, 0, 0], [40, 0, 0]");
  EXPECT_TRUE(has(page_of(files),
                  "No better than a predictor that learns nothing: <strong>0.000</strong> foreground "
                  "mIoU on test, and \u201Call background\u201D reaches 0.000."));
}

TEST(Report, ScoresEachClassAndLeavesAbsentOnesOut) {
  const std::string page = page_of({});
  // By hand: the second class has 30 right pixels, 40 in truth, 50 predicted, of 140 in all.
  EXPECT_TRUE(has(page,
                  "<td class=\"n\">28.6\u00A0%</td><td class=\"n\">0.500</td><td><span class=\"bar\"><span "
                  "style=\"width:50.0%\"></span></span></td><td class=\"n\">0.667</td><td "
                  "class=\"n\">0.600</td><td class=\"n\">0.750</td>"));
  EXPECT_TRUE(
      has(page,
          "nowhere</span></th><td class=\"n\">0.0\u00A0%</td><td class=\"n\">\u2013</td><td>absent</td>"
          "<td class=\"n\">\u2013</td><td class=\"n\">\u2013</td><td class=\"n\">\u2013</td>"));
  EXPECT_TRUE(has(page,
                  "title=\"&lt;b&gt;bold&lt;/b&gt; &amp; &quot;co&quot; called background: 10 pixels, "
                  "25.0\u00A0%\">25</td>"));
  EXPECT_TRUE(has(page, "title=\"nowhere called nowhere: 0 pixels\">\u2013</td>"));
}

TEST(Report, SortsClassesByIou) {
  const std::string page = page_of({});
  const std::string table =
      page.substr(page.find("id=\"classes\""), page.find("id=\"confusion\"") - page.find("id=\"classes\""));
  EXPECT_LT(table.find("background"), table.find("bold"));
  EXPECT_LT(table.find("bold"), table.find("nowhere"));
}

TEST(Report, EscapesEveryText) {
  WrittenRun files;
  files.config = R"({"model": "</script><script>alert(1)</script>", "data": "a\"b'c\u0001"})";
  files.results.reset();
  const std::string page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_EQ(count(page, "<script"), 1U);
  EXPECT_TRUE(
      has(page, "<h1>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; on a&quot;b&#39;c\uFFFD</h1>"));
  EXPECT_TRUE(has(page, R"("model":"\u003c/script\u003e\u003cscript\u003ealert(1)\u003c/script\u003e")"));
  EXPECT_FALSE(has(page_of({}), "<b>"));
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

TEST(Report, AnUnfinishedRunShowsWhatThereIs) {
  WrittenRun files;
  files.results.reset();
  std::string page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(has(page, "<strong>0.500</strong> foreground mIoU on validation so far, at step 40."));
  EXPECT_TRUE(has(page, "This run is not finished: results.json is not there."));
  EXPECT_TRUE(has(page, "<h1>tiny on toys</h1>"));
  EXPECT_FALSE(has(page, "id=\"classes\""));
  files.metrics = files.events = "";
  page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(has(page, "No validation has been made yet."));
  EXPECT_EQ(count(page, "Nothing is recorded yet."), 6U);
}

TEST(Report, ShowsWhatTheNetworkSeesAndHowItIsConnected) {
  WrittenRun files;
  const std::string page = page_of(files);
  EXPECT_TRUE(has(page, "What an output pixel can see"));
  EXPECT_TRUE(has(page, "How the layers are connected"));
  EXPECT_TRUE(
      has(page, "<title>&lt;i&gt;body: atrous_conv2d rate 2x2, a &amp; b, 6 \u00D7 9 \u00D7 1</title>"));
  EXPECT_FALSE(has(page, "Each output pixel sees"));
  // What older versions wrote.
  change(*files.results, "\"graph\"", "\"unknown\"");
  change(*files.results, "\"coverage\"", "\"unknown\"");
  const std::string older = page_of(files);
  EXPECT_FALSE(has(older, "What an output pixel can see"));
  EXPECT_FALSE(has(older, "How the layers are connected"));
  EXPECT_TRUE(has(older, "Each output pixel sees 7 \u00D7 5 pixels of images of 6 \u00D7 9."));
}

TEST(Report, SharedSamplesAreSaidLoudly) {
  WrittenRun files;
  EXPECT_TRUE(has(page_of(files), "No sample is in two splits."));
  EXPECT_EQ(count(page_of(files), "class=\"warn\""), 0U);
  change(*files.results, "\"train_test\": 0", "\"train_test\": 1200");
  const std::string page = page_of(files);
  EXPECT_TRUE(has(page,
                  "The splits share samples: 0 train and validation, 1,200 train and test, 0 validation and "
                  "test. Of 2 test images 1,200 were learned from, and on 0 the weights were chosen."));
  EXPECT_EQ(count(page, "class=\"warn\""), 2U);
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
            uniform({700, 700, 3}, DType::float32, Key{1}, 0, 256).cast(DType::uint8));
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

TEST(Comparison, ShowsScoresAndTheOptionsThatDiffer) {
  const Scratch scratch;
  WrittenRun files;
  files.write(scratch / "first");
  change(files.config, "0.008", "0.004");
  files.results.reset();
  files.write(scratch / "<second>");
  const std::string page = comparison_html({scratch / "first", scratch / "<second>/"});
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(has(page, "2 runs compared"));
  EXPECT_TRUE(has(page, "&lt;second&gt;</span>"));
  EXPECT_TRUE(has(page, "<th scope=\"col\">run</th><th scope=\"col\">learning_rate</th></tr>"));
  EXPECT_TRUE(has(page, "<td>0.008</td>") && has(page, "<td>0.004</td>"));
  EXPECT_TRUE(has(page, "unfinished"));
  EXPECT_FALSE(has(page, "class=\"warn\""));
  EXPECT_FALSE(has(page, scratch.path()));
}

TEST(Comparison, SaysWhenRunsDoNotCompare) {
  const Scratch scratch;
  WrittenRun files;
  files.write(scratch / "a/run");
  change(*files.results, "\"name\": \"toys\"", "\"name\": \"other toys\"");
  files.write(scratch / "b/run");
  const std::string page = comparison_html({scratch / "a/run", scratch / "b/run"});
  EXPECT_TRUE(has(page, "These runs are scored on different data: their scores do not compare."));
  EXPECT_TRUE(has(page, "The runs have the same options."));
  EXPECT_TRUE(has(page, scratch / "a/run"));  // the last part alone would name both
  EXPECT_EQ(message_of<ArgumentError>([] { comparison_html({}); }),
            "comparison_html: no run is given. Give one folder or more.");
}

}  // namespace
}  // namespace trous
