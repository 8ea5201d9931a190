#include <algorithm>

#include <trous/data/file.h>
#include <trous/run/detail/record_text.h>
#include <trous/run/detail/results_json.h>
#include <trous/run/results.h>

namespace trous {

PictureFacts pictured_images(const std::vector<std::optional<double>>& image_scores, Better better) {
  std::vector<std::int64_t> ordered;
  for (std::size_t i = 0; i < image_scores.size(); ++i) {
    if (image_scores[i]) ordered.push_back(static_cast<std::int64_t>(i));
  }
  const double sign = better == Better::higher ? 1 : -1;
  const auto at = [&](std::int64_t i) { return sign * *image_scores[static_cast<std::size_t>(i)]; };
  std::stable_sort(ordered.begin(), ordered.end(), [&](auto a, auto b) { return at(a) > at(b); });
  const auto some = std::min<std::ptrdiff_t>(4, std::ssize(ordered));
  const auto middle = ordered.begin() + (std::ssize(ordered) - some) / 2;
  return {{ordered.begin(), ordered.begin() + some},
          {middle, middle + some},
          {ordered.rbegin(), ordered.rbegin() + some}};
}

void write_results(const RunFolder& folder, const RunResults& results) {
  write_text(folder.file("results.json"), detail::dump_json(detail::json_of(results), 1) + '\n');
}

RunResults read_results(const std::string& path) {
  const detail::Json json = detail::read_object(path);
  return detail::results_from(detail::place_in(path, json));
}

}  // namespace trous
