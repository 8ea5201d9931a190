// Whether what a network says agrees with the truth: numbers against numbers, confidence against accuracy.
#include <algorithm>
#include <cmath>
#include <vector>

#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>
#include <trous/run/report/svg.h>

namespace trous::report {
namespace {

constexpr double square = 360, left_room = 62, bottom_room = 46, square_top = 10, right_room = 12;
constexpr double square_left = left_room, square_right = square - right_room,
                 square_floor = square - bottom_room;

// The places of a square with sides of `square` for values from low to high.
struct Span {
  double low, high;

  double share(double value) const { return (value - low) / (high - low); }
  double across(double value) const { return square_left + share(value) * (square_right - square_left); }
  double up(double value) const { return square_floor - share(value) * (square_floor - square_top); }
};

// Around the values, so that none lies on the border.
Span span_of(double least, double most) {
  const double room = most > least ? (most - least) / 20 : std::max(1e-6, std::abs(most) / 20);
  return {least - room, most + room};
}

// Round numbers, 3 to 7 of them: multiples of 1, 2 or 5 times a power of ten.
std::vector<double> ticks(const Span& span) {
  const double rough = (span.high - span.low) / 6, power = std::pow(10, std::floor(std::log10(rough)));
  const double step = power * (rough > 5 * power ? 10 : rough > 2 * power ? 5 : rough > power ? 2 : 1);
  std::vector<double> places;
  for (double k = std::ceil(span.low / step); k * step <= span.high; ++k) places.push_back(k * step);
  return places;
}

std::string axes(const Span& x, const Span& y, const std::string& x_name) {
  std::string result;
  for (const double at : ticks(y))
    result += line("grid", square_left, y.up(at), square_right, y.up(at)) +
              label("y", square_left - 6, y.up(at) + 4, brief(at));
  for (const double at : ticks(x))
    result += line("tick", x.across(at), square_floor, x.across(at), square_floor + 4) +
              label("x", x.across(at), square_floor + 18, brief(at));
  return result + line("axis", square_left, square_floor, square_right, square_floor) +
         label("x", (square_left + square_right) / 2, square - 8, escaped(x_name));
}

std::string dot(double x, double y, const std::string& words) {
  return "<circle class=\"c0\"" + attribute("cx", x) + attribute("cy", y) + " r=\"2.5\"><title>" + words +
         "</title></circle>";
}

std::string figure(const std::string& title, const std::string& words, const std::string& content) {
  return element("figure", "",
                 element("figcaption", "", element("h3", "", escaped(title))) +
                     drawing(square, square, words, content)) +
         "\n";
}

std::vector<TruthAndPrediction> finite_pairs(const RunResults& results) {
  std::vector<TruthAndPrediction> pairs;
  for (const TruthAndPrediction& pair : results.scores.pairs) {
    if (std::isfinite(pair.truth) && std::isfinite(pair.prediction)) pairs.push_back(pair);
  }
  return pairs;
}

std::string scatter(const std::vector<TruthAndPrediction>& pairs) {
  double least = pairs.front().truth, most = least;
  for (const TruthAndPrediction& pair : pairs) {
    least = std::min({least, pair.truth, pair.prediction});
    most = std::max({most, pair.truth, pair.prediction});
  }
  const Span span = span_of(least, most);
  std::string content = axes(span, span, "truth") + line("level", span.across(span.low), span.up(span.low),
                                                         span.across(span.high), span.up(span.high));
  for (const TruthAndPrediction& pair : pairs) {
    content += dot(span.across(pair.truth), span.up(pair.prediction),
                   "truth " + brief(pair.truth) + ", prediction " + brief(pair.prediction));
  }
  return figure("Prediction over truth",
                "Predictions over truths, " + grouped(std::ssize(pairs)) + " of them, from " + brief(least) +
                    " to " + brief(most) + ". On the dashed line both are equal.",
                content);
}

// How many predictions miss by how much, in 25 bins around 0.
std::string residuals(const std::vector<TruthAndPrediction>& pairs) {
  constexpr std::size_t bins = 25;
  double most = 0;
  for (const TruthAndPrediction& pair : pairs) most = std::max(most, std::abs(pair.prediction - pair.truth));
  if (most == 0) return element("p", "", "Every prediction is the truth.");
  std::vector<std::int64_t> counts(bins);
  for (const TruthAndPrediction& pair : pairs) {
    const double share = ((pair.prediction - pair.truth) / most + 1) / 2;
    ++counts[std::min(bins - 1, static_cast<std::size_t>(share * bins))];
  }
  const Span x{-most, most}, y{0, static_cast<double>(*std::max_element(counts.begin(), counts.end()))};
  std::string content;
  for (std::size_t k = 0; k < bins; ++k) {
    const double from = -most + 2 * most * static_cast<double>(k) / bins;
    const double wide = (square_right - square_left) / bins, up = y.up(static_cast<double>(counts[k]));
    content += rect("fill", x.across(from) + 0.5, up, wide - 1, square_floor - up);
  }
  content +=
      axes(x, y, "prediction - truth") + line("level", x.across(0), square_top, x.across(0), square_floor);
  return figure("Residuals",
                "How often predictions miss by how much, from " + brief(-most) + " to " + brief(most) + '.',
                content);
}

}  // namespace

std::string predictions(const RunResults& results) {
  const std::vector<TruthAndPrediction> pairs = finite_pairs(results);
  if (pairs.empty()) return "";
  return section("predictions", "Predictions",
                 element("p", "class=\"soft\"",
                         grouped(std::ssize(pairs)) + " numbers of " + escaped(results.split) +
                             ", evenly over all. Point at a dot to read its numbers.") +
                     element("div", "class=\"charts\"", scatter(pairs) + residuals(pairs)));
}

std::string calibration(const RunResults& results) {
  const std::vector<CalibrationBin>& bins = results.scores.calibration;
  if (bins.empty()) return "";
  std::int64_t all = 0, most = 1;
  for (const CalibrationBin& bin : bins) {
    all += bin.count;
    most = std::max(most, bin.count);
  }
  const Span share{0, 1}, counts{0, static_cast<double>(most)};
  const double wide = (square_right - square_left) / static_cast<double>(bins.size());
  std::string bars, dots;
  for (std::size_t k = 0; k < bins.size(); ++k) {
    const CalibrationBin& bin = bins[k];
    if (bin.count == 0 || !bin.accuracy || !bin.confidence) continue;
    const double up = counts.up(static_cast<double>(bin.count));
    bars += rect("fill", square_left + static_cast<double>(k) * wide + 0.5, up, wide - 1, square_floor - up);
    dots += dot(share.across(*bin.confidence), share.up(*bin.accuracy),
                grouped(bin.count) + " images, confidence " + fixed(bin.confidence, 3) + ", accuracy " +
                    fixed(bin.accuracy, 3));
  }
  const std::string in_bins = " of " + grouped(all) + " images in " + grouped(std::ssize(bins)) + " bins.";
  return section(
      "calibration", "Calibration",
      element(
          "p", "class=\"soft\"",
          "Of the images that are named with some confidence, the share that is named right: on the dashed "
          "line a confidence is what it says, below it is too high. Point at a dot to read its numbers.") +
          element("div", "class=\"charts\"",
                  figure("Accuracy over confidence", "Accuracy over confidence" + in_bins,
                         axes(share, share, "confidence") +
                             line("level", square_left, square_floor, square_right, square_top) + dots) +
                      figure("Images by confidence", "Number by confidence" + in_bins,
                             bars + axes(share, counts, "confidence"))));
}

}  // namespace trous::report
