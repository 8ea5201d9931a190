#include <algorithm>
#include <cmath>

#include <trous/run/report/html.h>
#include <trous/run/report/svg.h>
#include <trous/run/report/svg_chart.h>

namespace trous::report {
namespace {

// The drawing's own units; the left and lower margins hold the labels of the axes.
constexpr double width = 440, height = 210, left = 56, right = 10, top = 10, bottom = 28;

// Beyond 1e300 the arithmetic of the axes would overflow.
bool finite(const Point& point) { return std::abs(point.x) < 1e300 && std::abs(point.y) < 1e300; }

struct Axis {
  double low, high;   // after the logarithm, if there is one
  double begin, end;  // in the drawing
  bool logarithmic = false;

  double place(double value) const {
    const double at = logarithmic ? std::log10(value) : value;
    return begin + (at - low) / (high - low) * (end - begin);
  }
};

std::vector<double> values_of(const Chart& chart) {
  std::vector<double> values;
  for (const Series& series : chart.series) {
    for (const Point& point : series.points) {
      if (finite(point)) values.push_back(point.y);
    }
  }
  if (!values.empty() && chart.level) values.push_back(chart.level->y);
  return values;
}

Axis y_axis(const Chart& chart, const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  Axis axis{.low = *least, .high = *most, .begin = height - bottom, .end = top};
  if (chart.logarithmic && *least > 0 && *most / *least >= 30) {
    axis.logarithmic = true;
    axis.low = std::log10(*least);
    axis.high = std::log10(*most);
  } else if (chart.from_zero) {
    axis.low = std::min(axis.low, 0.0);
  }
  if (axis.high - axis.low <= 1e-12 * std::max(std::abs(axis.low), std::abs(axis.high))) {
    const double around = axis.high == 0 ? 1 : std::abs(axis.high) / 2;
    axis.low -= chart.from_zero ? 0 : around;
    axis.high += around;
  }
  const double slack = 0.04 * (axis.high - axis.low);
  axis.high += slack;
  if (!chart.from_zero || axis.logarithmic) axis.low -= slack;
  return axis;
}

// Round numbers, about `wanted` of them, inside the axis.
std::vector<double> linear_ticks(double low, double high, double wanted) {
  const double rough = (high - low) / wanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough) step = factor * power;
  }
  std::vector<double> ticks;
  const double first = std::ceil(low / step);
  for (double i = 0; i < 20 && (first + i) * step <= high; ++i) ticks.push_back((first + i) * step);
  return ticks;
}

std::vector<double> ticks_of(const Axis& axis, double wanted) {
  if (!axis.logarithmic) return linear_ticks(axis.low, axis.high, wanted);
  std::vector<double> ticks;
  const double decades = axis.high - axis.low;
  for (double power = std::floor(axis.low); power <= axis.high; power += std::ceil(decades / 6)) {
    for (const double factor : decades < 2.5 ? std::vector{1.0, 3.0} : std::vector{1.0}) {
      const double tick = factor * std::pow(10, power);
      if (std::log10(tick) >= axis.low && std::log10(tick) <= axis.high) ticks.push_back(tick);
    }
  }
  return ticks;
}

// A whole number of steps, or any other number.
std::string at_x(double value, const Axis& x) {
  return x.logarithmic ? brief(value) : grouped(static_cast<std::int64_t>(value));
}

std::string axes(const Axis& x, const Axis& y) {
  std::string result;
  for (const double tick : ticks_of(y, 5)) {
    result += line("grid", left, y.place(tick), width - right, y.place(tick)) +
              label("y", left - 6, y.place(tick) + 4, brief(tick));
  }
  for (const double tick : ticks_of(x, 5)) {
    if (!x.logarithmic && tick != std::floor(tick)) continue;
    result += line("tick", x.place(tick), height - bottom, x.place(tick), height - bottom + 4) +
              label("x", x.place(tick), height - bottom + 18, at_x(tick, x));
  }
  return result + line("axis", left, height - bottom, width - right, height - bottom);
}

std::string curve(const Series& series, std::string_view unit, const Axis& x, const Axis& y) {
  std::string path, dots;
  bool drawing = false;
  for (const Point& point : series.points) {
    if (!finite(point)) {
      drawing = false;
      continue;
    }
    const std::string at = fixed(x.place(point.x), 1) + ' ' + fixed(y.place(point.y), 1);
    path += (drawing ? "L" : "M") + at;
    if (!drawing) path += 'h' + std::string("0");  // a lone point is drawn too, as a dot of the line's width
    drawing = true;
    if (series.dots) {
      dots += "<circle" + attribute("class", series.style) + attribute("cx", x.place(point.x)) +
              attribute("cy", y.place(point.y)) + " r=\"2.5\"><title>" + escaped(series.name) + ' ' +
              brief(point.y) + " at " + escaped(unit) + ' ' + at_x(point.x, x) + "</title></circle>";
    }
  }
  if (path.empty()) return "";
  return "<path" + attribute("class", series.style) + attribute("d", path) + "/>" + dots + "\n";
}

std::string marked(const Mark& mark, const Axis& x, const Axis& y) {
  if (!finite(mark.at)) return "";
  const double at = x.place(mark.at.x), up = y.place(mark.at.y);
  return line("mark", at, top, at, height - bottom) + "<circle class=\"mark\"" + attribute("cx", at) +
         attribute("cy", up) + " r=\"5\"><title>" + escaped(mark.name) + "</title></circle>";
}

std::string legend(const Chart& chart) {
  const auto entry = [](const std::string& style, const std::string& name) {
    return element("span", "class=\"key\"", swatch(8, line(style, 0, 4, 22, 4)) + escaped(name));
  };
  std::string entries;
  for (const Series& series : chart.series) {
    if (!series.name.empty()) entries += entry(series.style, series.name) + ' ';
  }
  if (chart.level) entries += entry("level", chart.level->name) + ' ';
  if (chart.mark) {
    entries += element(
        "span", "class=\"key\"",
        swatch(12, "<circle class=\"mark\" cx=\"11\" cy=\"6\" r=\"5\"/>") + escaped(chart.mark->name));
  }
  return entries.empty() ? "" : element("div", "class=\"legend\"", entries);
}

// What the chart shows, for those who do not see it.
std::string in_words(const Chart& chart) {
  std::string words = escaped(chart.title);
  if (chart.x.logarithmic) {
    words += ", " + escaped(chart.x.unit) + ' ' + brief(chart.x.first) + " to " + brief(chart.x.last) + '.';
  } else {
    words += " over " + fixed(chart.x.last, 0) + ' ' + escaped(chart.x.unit) + "s.";
  }
  for (const Series& series : chart.series) {
    const auto first = std::find_if(series.points.begin(), series.points.end(), finite);
    const auto last = std::find_if(series.points.rbegin(), series.points.rend(), finite);
    if (series.name.empty() || first == series.points.end()) continue;
    words += ' ' + escaped(series.name) + ": from " + brief(first->y) + " to " + brief(last->y) + '.';
  }
  if (chart.level) words += ' ' + escaped(chart.level->name) + ": " + brief(chart.level->y) + '.';
  if (chart.mark) words += ' ' + escaped(chart.mark->name) + '.';
  return words;
}

std::string plot(const Chart& chart, const std::vector<double>& values) {
  const auto along = [&](double value) { return chart.x.logarithmic ? std::log10(value) : value; };
  const Axis x{.low = along(chart.x.first),
               .high = std::max(along(chart.x.last), along(chart.x.first) + 1),
               .begin = left,
               .end = width - right,
               .logarithmic = chart.x.logarithmic};
  const Axis y = y_axis(chart, values);
  std::string content = axes(x, y);
  if (chart.level)
    content += line("level", left, y.place(chart.level->y), width - right, y.place(chart.level->y));
  for (const Series& series : chart.series) content += curve(series, chart.x.unit, x, y);
  if (chart.mark) content += marked(*chart.mark, x, y);
  return drawing(width, height, in_words(chart), content);
}

}  // namespace

std::string svg_chart(const Chart& chart) {
  const std::vector<double> values = values_of(chart);
  const std::string heading = element("h3", "", escaped(chart.title));
  if (values.empty()) {
    return element("figure", "", heading + element("p", "class=\"soft\"", "Nothing is recorded yet.")) + "\n";
  }
  return element("figure", "", element("figcaption", "", heading + legend(chart)) + plot(chart, values)) +
         "\n";
}

std::vector<Point> envelope(const std::vector<Point>& points, std::size_t buckets) {
  if (points.size() <= 2 * buckets) return points;
  const auto below = [](const Point& a, const Point& b) { return a.y < b.y; };
  std::vector<Point> result;
  for (std::size_t i = 0; i < buckets; ++i) {
    std::vector<Point> bucket;
    for (std::size_t k = i * points.size() / buckets; k < (i + 1) * points.size() / buckets; ++k) {
      if (finite(points[k])) bucket.push_back(points[k]);
    }
    if (bucket.empty()) continue;
    const auto [least, most] = std::minmax_element(bucket.begin(), bucket.end(), below);
    result.push_back(*std::min(least, most));
    if (least != most) result.push_back(*std::max(least, most));
  }
  return result;
}

std::vector<Point> smoothed(const std::vector<Point>& points, double span) {
  const double keep = 1 - 1 / std::max(span, 1.0);
  double mean = 0, weight = 0;
  std::vector<Point> result;
  for (const Point& point : points) {
    if (!finite(point)) continue;
    mean = keep * mean + (1 - keep) * point.y;
    weight = keep * weight + (1 - keep);
    result.push_back({point.x, mean / weight});
  }
  return result;
}

}  // namespace trous::report
