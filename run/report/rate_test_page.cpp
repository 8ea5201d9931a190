// The page of a learning rate range test.
#include <cmath>

#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>
#include <trous/run/report/svg_chart.h>

namespace trous::report {
namespace {

std::vector<Point> losses_of(const RateCurve& curve, double RatePoint::*loss) {
  std::vector<Point> points;
  for (const RatePoint& point : curve.points) points.push_back({point.rate, point.*loss});
  return points;
}

// On the smoothed curve, between the points beside it; absent where it lies outside of the curve.
std::optional<Mark> suggested(const RateCurve& curve) {
  if (!curve.suggestion) return std::nullopt;
  for (std::size_t i = 1; i < curve.points.size(); ++i) {
    const RatePoint &a = curve.points[i - 1], &b = curve.points[i];
    if (*curve.suggestion < a.rate || *curve.suggestion > b.rate) continue;
    const double share = std::log(*curve.suggestion / a.rate) / std::log(b.rate / a.rate);
    return Mark{"suggestion: " + brief(*curve.suggestion),
                {*curve.suggestion, a.smoothed + share * (b.smoothed - a.smoothed)}};
  }
  return std::nullopt;
}

std::string suggestion_words(const RateCurve& curve) {
  if (!curve.suggestion) return "No learning rate lowered the smoothed loss.";
  return element("strong", "", brief(*curve.suggestion)) +
         " is the suggestion, a tenth of the learning rate at which the smoothed loss is lowest.";
}

std::string points_table(const RateCurve& curve) {
  std::vector<std::vector<std::string>> rows;
  for (const RatePoint& point : curve.points) {
    rows.push_back({brief(point.rate), fixed(point.loss, 4), fixed(point.smoothed, 4)});
  }
  return table("Steps", {{"learning rate"}, {"loss"}, {"smoothed loss"}}, rows);
}

}  // namespace

std::string rate_test_page(const RateTest& test) {
  const RateCurve& curve = test.curve;
  const std::string title = "Learning rate range test";
  std::string content = element("h1", "", title) + "\n" + element("p", "", suggestion_words(curve)) + "\n";
  if (curve.ended) content += element("p", "", "It ended early: " + escaped(*curve.ended) + '.') + "\n";
  const Chart chart{.title = "Loss over the learning rate",
                    .x = {.first = test.range.lowest,
                          .last = test.range.highest,
                          .logarithmic = true,
                          .unit = "learning rate"},
                    .series = {{"each step", "c0 thin", losses_of(curve, &RatePoint::loss)},
                               {"smoothed", "c0", losses_of(curve, &RatePoint::smoothed)}},
                    .mark = suggested(curve)};
  content += section(
      "curve", "Curve",
      element("div", "class=\"charts\"", svg_chart(chart)) +
          element("details", "", element("summary", "", "The steps as a table") + points_table(curve)));
  return page(title, content);
}

}  // namespace trous::report
