// The pieces that pages are made of.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/run/report/html.h>
#include <trous/run/report/svg_chart.h>

#include "data/scratch.h"

namespace trous::report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Html, EscapesMarkupAndWhatIsNoText) {
  EXPECT_EQ(escaped("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(escaped("caf\u00E9 \u2013 \U0001F600\n"), "caf\u00E9 \u2013 \U0001F600\n");
  EXPECT_EQ(escaped(std::string("a\0b\x7f\r", 5)), "a\uFFFDb\uFFFD\uFFFD");
  // A stray continuation, a cut sequence, an overlong slash, a surrogate, beyond U+10FFFF, U+FFFF.
  for (const char* wrong :
       {"\x80", "\xE2\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xEF\xBF\xBF"}) {
    std::string replaced;
    for (std::size_t i = 0; i < std::string(wrong).size(); ++i) replaced += "\uFFFD";
    EXPECT_EQ(escaped(wrong), replaced);
  }
}

TEST(Html, WritesNumbersForPeople) {
  EXPECT_EQ(fixed(0.62, 3), "0.620");
  EXPECT_EQ(fixed(-0.0001, 2), "0.00");
  EXPECT_EQ(fixed(nan, 2), dash);
  EXPECT_EQ(fixed(1e308, 1).size(), 311U);
  EXPECT_EQ(brief(0.008), "0.008");
  EXPECT_EQ(brief(0.0000123456), "1.235e-05");
  EXPECT_EQ(brief(-infinity), dash);
  for (const auto& [number, words] :
       std::vector<std::pair<std::int64_t, const char*>>{{0, "0"},
                                                         {999, "999"},
                                                         {1000, "1,000"},
                                                         {-1000, "-1,000"},
                                                         {-100, "-100"},
                                                         {1234567, "1,234,567"}}) {
    EXPECT_EQ(grouped(number), words);
  }
  EXPECT_EQ(percent(0.8686), "86.9\u00A0%");
  EXPECT_EQ(percent(nan), dash);
  EXPECT_EQ(duration(9.96), "10.0\u00A0s");
  EXPECT_EQ(duration(97), "1\u00A0min 37\u00A0s");
  EXPECT_EQ(duration(3 * 3600 + 125), "3\u00A0h 2\u00A0min");
  EXPECT_EQ(duration(-1), dash);
  EXPECT_EQ(memory(512000000), "488\u00A0MiB");
  EXPECT_EQ(extents({64, 84, 1}), "64 \u00D7 84 \u00D7 1");
}

// The vectors of RFC 4648, section 10.
TEST(Html, Base64) {
  const std::pair<const char*, const char*> vectors[]{{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) EXPECT_EQ(base64(bytes_of(plain)), coded);
  EXPECT_EQ(base64(Bytes{0xFF, 0xEF, 0xFE}), "/+/+");
}

TEST(Html, ThinnedKeepsTheEnds) {
  std::vector<int> all;
  for (int i = 0; i < 14; ++i) all.push_back(i);
  EXPECT_EQ(thinned(all, 6), (std::vector<int>{0, 2, 5, 7, 10, 13}));
  EXPECT_EQ(thinned(all, 14), all);
  EXPECT_EQ(thinned(all, 2), (std::vector<int>{0, 13}));
}

TEST(SvgChart, EnvelopeKeepsEveryBucketsExtremes) {
  std::vector<Point> points;
  for (int i = 0; i < 1000; ++i)
    points.push_back({static_cast<double>(i), std::sin(i * 0.7) + (i == 437 ? 100 : 0)});
  points[500].y = nan;
  for (std::size_t i = 600; i < 619; ++i) points[i].y = nan;  // one number is left in its bucket
  const std::vector<Point> kept = envelope(points, 50);
  EXPECT_LE(kept.size(), 100U);
  for (std::size_t bucket = 0; bucket < 50; ++bucket) {
    double least = infinity, most = -infinity, least_kept = infinity, most_kept = -infinity;
    for (std::size_t i = bucket * 20; i < bucket * 20 + 20; ++i) {
      if (std::isnan(points[i].y)) continue;
      least = std::min(least, points[i].y);
      most = std::max(most, points[i].y);
    }
    for (const Point& point : kept) {
      if (point.x < static_cast<double>(bucket * 20) || point.x >= static_cast<double>(bucket * 20 + 20))
        continue;
      least_kept = std::min(least_kept, point.y);
      most_kept = std::max(most_kept, point.y);
    }
    EXPECT_EQ(least_kept, least) << bucket;
    EXPECT_EQ(most_kept, most) << bucket;
  }
  for (std::size_t i = 1; i < kept.size(); ++i) EXPECT_LT(kept[i - 1].x, kept[i].x);
}

// Against the definition: weights (1 - 1 / span)^age, normalised.
TEST(SvgChart, SmoothedIsTheWeightedMean) {
  const std::vector<Point> points{{0, 3}, {1, nan}, {2, -1}, {3, 7}, {4, infinity}, {5, 2}};
  const std::vector<double> values{3, -1, 7, 2};
  const std::vector<Point> result = smoothed(points, 4);
  ASSERT_EQ(result.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    double sum = 0, weight = 0;
    for (std::size_t k = 0; k <= i; ++k) {
      sum += std::pow(0.75, i - k) * values[k];
      weight += std::pow(0.75, i - k);
    }
    EXPECT_NEAR(result[i].y, sum / weight, 1e-12);
  }
}

Chart chart_of(std::vector<Point> points) {
  return {.title = "T", .x = {.last = 100}, .series = {{"s", "c0", std::move(points)}}};
}

TEST(SvgChart, PlacesPointsOnTheAxes) {
  Chart chart = chart_of({{0, 0}, {50, 1}, {100, 2}});
  chart.from_zero = true;
  // x from 56 to 430, y from 182 up to 10, with 4 % of room at the top.
  EXPECT_NE(svg_chart(chart).find("d=\"M56.0 182.0h0L243.0 99.3L430.0 16.6\""), std::string::npos)
      << svg_chart(chart);
  chart.series[0].points[0].y = 0.001;
  chart.series[0].points[1].y = 0.1;
  chart.series[0].points[2].y = 10;
  chart.logarithmic = true;  // equal factors are equal distances
  EXPECT_NE(svg_chart(chart).find("L243.0 96.0L"), std::string::npos) << svg_chart(chart);
}

// Three decades from 56 to 430: a factor of ten is 124.7 units.
TEST(SvgChart, OverALogarithmicAxisEqualFactorsAreEqualDistances) {
  const std::string svg = svg_chart({.title = "T",
                                     .x = {.first = 1e-3, .last = 1, .logarithmic = true, .unit = "rate"},
                                     .series = {{"s", "c0", {{1e-3, 0}, {1e-2, 1}, {1, 2}}, true}},
                                     .from_zero = true});
  EXPECT_NE(svg.find("d=\"M56.0 182.0h0L180.7 99.3L430.0 16.6\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("s 1 at rate 0.01"), std::string::npos) << svg;
  EXPECT_NE(svg.find("T, rate 0.001 to 1."), std::string::npos) << svg;
  for (const char* const tick : {">0.001<", ">0.01<", ">0.1<", ">1<"})
    EXPECT_NE(svg.find(tick), std::string::npos) << tick;
}

TEST(SvgChart, GapsWhereNumbersAreNotFinite) {
  const std::string svg =
      svg_chart(chart_of({{0, 1}, {10, 2}, {20, nan}, {30, 1}, {40, infinity}, {50, 2}, {60, 1e305}}));
  std::size_t moves = 0;
  for (const char c : svg.substr(svg.find(" d=\""), svg.find("/>", svg.find(" d=\"")) - svg.find(" d=\"")))
    moves += c == 'M';
  EXPECT_EQ(moves, 3U);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(SvgChart, FlatAndEmptyCurvesAreDrawnToo) {
  for (const double y : {0.0, 5.0, -5.0, 1e-300, 1e299}) {
    const std::string svg = svg_chart(chart_of({{0, y}, {100, y}}));
    EXPECT_NE(svg.find("<path"), std::string::npos) << y;
    EXPECT_EQ(svg.find(std::string("=\"") + dash), std::string::npos) << y;
  }
  EXPECT_NE(svg_chart(chart_of({{0, nan}})).find("Nothing is recorded yet."), std::string::npos);
}

TEST(SvgChart, SaysInWordsWhatItShows) {
  Chart chart = chart_of({{0, 2.5}, {100, 0.5}});
  chart.level = Level{"base <line>", 0.25};
  chart.mark = Mark{"best: 0.5", {100, 0.5}};
  EXPECT_NE(svg_chart(chart).find(
                "aria-label=\"T over 100 steps. s: from 2.5 to 0.5. base &lt;line&gt;: 0.25. best: "
                "0.5.\""),
            std::string::npos);
}

}  // namespace
}  // namespace trous::report
