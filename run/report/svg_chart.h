// Curves as one inline SVG figure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trous::report {

struct Point {
  double x, y;  ///< y may be NaN or infinite: the curve then has a gap
};

struct Series {
  std::string name;   ///< in the legend; an empty one has no entry
  std::string style;  ///< class of the stylesheet: "c0" to "c7", and "thin"
  std::vector<Point> points;
  bool dots = false;  ///< a dot at each point, which tells its numbers
};

/// A horizontal line to read the curves against.
struct Level {
  std::string name;
  double y;
};

/// A point that stands out.
struct Mark {
  std::string name;
  Point at;
};

/// The x axis: the steps of a run where nothing else is said.
struct XAxis {
  double first = 0, last = 1;
  bool logarithmic = false;  ///< both are above 0 then
  std::string_view unit = "step";
};

struct Chart {
  std::string title;
  XAxis x = {};  ///< the same in all charts of one run
  std::vector<Series> series;
  std::optional<Level> level = std::nullopt;
  std::optional<Mark> mark = std::nullopt;
  bool from_zero = false;    ///< the y axis begins at 0
  bool logarithmic = false;  ///< the y axis, where all values are above 0 and span a factor of 30 or more
};

/// The figure: title and legend as HTML above the SVG, which says its content in words to a screen reader.
std::string svg_chart(const Chart& chart);

/// `points` as a curve of at most 2 * `buckets` points that looks the same: the extremes of each bucket.
std::vector<Point> envelope(const std::vector<Point>& points, std::size_t buckets = 300);

/// The exponential moving average over about `span` points, without the pull of its start; points that are
/// not finite are passed over.
std::vector<Point> smoothed(const std::vector<Point>& points, double span);

}  // namespace trous::report
