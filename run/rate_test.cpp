#include <cmath>
#include <filesystem>

#include <trous/core/detail/json.h>
#include <trous/data/file.h>
#include <trous/run/detail/record_text.h>
#include <trous/run/rate_test.h>
#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>

namespace trous {
namespace {

using detail::Json, detail::JsonPlace;

constexpr const char* rate_test_file = "/find_rate.json";

std::vector<report::Point> losses(const RateCurve& curve, double RatePoint::*loss) {
  std::vector<report::Point> points;
  for (const RatePoint& point : curve.points) points.push_back({point.rate, point.*loss});
  return points;
}

// On the smoothed curve, between the points beside it; absent where it lies outside of the curve.
std::optional<report::Mark> suggested(const RateCurve& curve) {
  if (!curve.suggestion) return std::nullopt;
  for (std::size_t i = 1; i < curve.points.size(); ++i) {
    const RatePoint &a = curve.points[i - 1], &b = curve.points[i];
    if (*curve.suggestion < a.rate || *curve.suggestion > b.rate) continue;
    const double share = std::log(*curve.suggestion / a.rate) / std::log(b.rate / a.rate);
    return report::Mark{"suggestion: " + report::brief(*curve.suggestion),
                        {*curve.suggestion, a.smoothed + share * (b.smoothed - a.smoothed)}};
  }
  return std::nullopt;
}

std::string verdict(const RateCurve& curve) {
  if (!curve.suggestion) return "No learning rate lowered the smoothed loss.";
  return report::element("strong", "", report::brief(*curve.suggestion)) +
         " is the suggestion, a tenth of the learning rate at which the smoothed loss is lowest.";
}

std::string points_table(const RateCurve& curve) {
  std::vector<std::vector<std::string>> rows;
  for (const RatePoint& point : curve.points) {
    rows.push_back(
        {report::brief(point.rate), report::fixed(point.loss, 4), report::fixed(point.smoothed, 4)});
  }
  return report::table("Steps", {{"learning rate"}, {"loss"}, {"smoothed loss"}}, rows);
}

}  // namespace

std::string to_json(const RateTest& test) {
  Json points = Json::array();
  for (const RatePoint& point : test.curve.points) {
    points.push_back(
        {{"learning_rate", point.rate}, {"loss", point.loss}, {"smoothed_loss", point.smoothed}});
  }
  const Json all{{"lowest", test.range.lowest},
                 {"highest", test.range.highest},
                 {"steps", test.range.steps},
                 {"ended", test.curve.ended ? Json(*test.curve.ended) : Json()},
                 {"suggestion", detail::or_null(test.curve.suggestion)},
                 {"points", points}};
  return detail::dump_strict_json("find_rate", all, 2) + '\n';
}

void write_rate_test(const std::string& folder, const RateTest& test) {
  write_text(folder + rate_test_file, to_json(test));
  write_text(folder + "/report.html", rate_test_html(test));
}

bool is_rate_test(const std::string& folder) {
  return std::filesystem::exists(folder + rate_test_file) &&
         !std::filesystem::exists(folder + "/config.json");
}

RateTest read_rate_test(const std::string& folder) {
  const std::string path = folder + rate_test_file;
  const Json json = detail::read_object(path);
  const JsonPlace place = detail::place_in(path, json);
  RateTest test{.range = {.lowest = place["lowest"].number(),
                          .highest = place["highest"].number(),
                          .steps = place["steps"].whole()},
                .curve = {}};
  // The page draws logarithms of them.
  const auto check_rate = [](const JsonPlace& rate) {
    if (!(rate.number() > 0 && std::isfinite(rate.number())))
      rate.fail(text("with ", rate.number(), ", where a finite number above 0 belongs"));
  };
  check_rate(place["lowest"]);
  check_rate(place["highest"]);
  if (test.range.highest <= test.range.lowest)
    place["highest"].fail(text("with ", test.range.highest, ", which is not above lowest"));
  for (const JsonPlace& point : place["points"].items()) {
    check_rate(point["learning_rate"]);
    test.curve.points.push_back(
        {point["learning_rate"].number(), point["loss"].number(), point["smoothed_loss"].number()});
  }
  if (place.has("ended")) test.curve.ended = place["ended"].string();
  if (place.has("suggestion")) test.curve.suggestion = place["suggestion"].number();
  return test;
}

std::string rate_test_html(const RateTest& test) {
  const RateCurve& curve = test.curve;
  const std::string title = "Learning rate range test";
  std::string content =
      report::element("h1", "", title) + "\n" + report::element("p", "", verdict(curve)) + "\n";
  if (curve.ended)
    content += report::element("p", "", "It ended early: " + report::escaped(*curve.ended) + '.') + "\n";
  const report::Chart chart{.title = "Loss over the learning rate",
                            .x = {.first = test.range.lowest,
                                  .last = test.range.highest,
                                  .logarithmic = true,
                                  .unit = "learning rate"},
                            .series = {{"each step", "c0 thin", losses(curve, &RatePoint::loss)},
                                       {"smoothed", "c0", losses(curve, &RatePoint::smoothed)}},
                            .mark = suggested(curve)};
  content += report::section(
      "curve", "Curve",
      report::element("div", "class=\"charts\"", report::svg_chart(chart)) +
          report::element("details", "",
                          report::element("summary", "", "The steps as a table") + points_table(curve)));
  return report::page(title, content);
}

}  // namespace trous
