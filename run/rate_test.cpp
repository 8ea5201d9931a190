#include <cmath>
#include <filesystem>

#include <trous/core/detail/json.h>
#include <trous/data/file.h>
#include <trous/run/detail/record_text.h>
#include <trous/run/rate_test.h>

namespace trous {
namespace {

using detail::Json, detail::JsonPlace;

constexpr const char* rate_test_file = "/find_rate.json";

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

}  // namespace trous
