#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include <trous/autograd/recording.h>
#include <trous/check/check_grad.h>
#include <trous/check/detail/differences.h>
#include <trous/check/detail/round_off.h>
#include <trous/check/step_sweep.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous {
namespace {

constexpr double min_error = 1e-17;  // an error of 0 is drawn as this

double decades(double error) { return std::log10(std::clamp(error, min_error, 1e3)); }

void check_options(std::string_view name, const std::vector<Tensor>& inputs, const StepSweepOptions& o) {
  const bool fits = o.order >= 1 && o.input >= 0 && o.input < static_cast<int>(inputs.size()) &&
                    o.smallest > 0 && o.largest > o.smallest && std::isfinite(o.largest) &&
                    o.steps_per_decade >= 1;
  if (fits) return;
  throw ArgumentError(
      text("sweep_steps: ", name, ": order ", o.order, ", input ", o.input, " of ", inputs.size(), ", steps ",
           o.largest, " to ", o.smallest, ", ", o.steps_per_decade,
           " per decade. Orders count from 1, inputs from 0; the largest step is above the smallest, "
           "which is above 0."));
}

// Pixels of the picture.
struct Frame {
  static constexpr double left = 70, top = 40, width = 520, height = 300;
  double high_step, low_step, high_error, low_error;  // decades

  double x(double step) const {
    return left + width * (high_step - std::log10(step)) / (high_step - low_step);
  }
  double y(double error) const {
    return top + height * (high_error - decades(error)) / (high_error - low_error);
  }
};

std::string number(double value) {
  std::ostringstream stream;
  stream << std::fixed << std::setprecision(1) << value;
  return stream.str();
}

std::string label(double x, double y, const char* anchor, const std::string& words) {
  return text("<text x=\"", number(x), "\" y=\"", number(y), "\" text-anchor=\"", anchor, "\">", words,
              "</text>\n");
}

std::string escaped(const std::string& words) {
  std::string out;
  for (const char c : words)
    out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

// Lines and numbers at every second decade.
std::string grid(const Frame& f) {
  std::string svg;
  for (double d = f.high_step; d >= f.low_step; d -= 2) {
    const double x = f.x(std::pow(10, d));
    svg += text("<path d=\"M", number(x), ' ', number(Frame::top), "v", number(Frame::height),
                "\" class=\"grid\"/>\n",
                label(x, Frame::top + Frame::height + 18, "middle", text("1e", static_cast<int>(d))));
  }
  for (double d = f.high_error; d >= f.low_error; d -= 2) {
    const double y = f.y(std::pow(10, d));
    svg +=
        text("<path d=\"M", number(Frame::left), ' ', number(y), "h", number(Frame::width),
             "\" class=\"grid\"/>\n", label(Frame::left - 8, y + 4, "end", text("1e", static_cast<int>(d))));
  }
  return svg;
}

}  // namespace

StepSweep sweep_steps(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                      const StepSweepOptions& options) {
  check_options(name, inputs, options);
  const Recording scope(Recording::needed);
  const detail::CheckedFunction checked(text(name), f, inputs, options.seed, 0);
  const Tensor u = detail::random_unit(checked.input(options.input).shape(), fold_in(Key{options.seed}, 31));
  const detail::Line line{checked, options.order, options.input, u};
  StepSweep sweep{.name = std::string(name),
                  .order = options.order,
                  .input = options.input,
                  .rule = line.derivatives(checked.gradients(options.order))[0],
                  .points = {},
                  .extrapolated = 0,
                  .extrapolation_error = 0};
  const auto error = [&](double difference) {
    return std::abs(difference - sweep.rule) / (sweep.rule == 0 ? 1 : std::abs(sweep.rule));
  };
  const double ratio = std::pow(10, -1.0 / options.steps_per_decade);
  for (double h = options.largest; h > options.smallest * std::sqrt(ratio); h *= ratio) {
    const double difference = (line.values(h)[0] - line.values(-h)[0]) / (2 * h);
    if (std::isfinite(difference)) sweep.points.push_back({h, difference, error(difference)});
  }
  if (sweep.points.empty() || !std::isfinite(sweep.rule)) {
    throw ArgumentError(text("sweep_steps: ", name, ": the rule gives ", sweep.rule, ", and ",
                             sweep.points.size(),
                             " steps lead to values that are finite. Move the inputs into the domain."));
  }
  const std::vector<double> noise =
      detail::value_noise(checked, options.order, detail::noise_step, [&](int number, double t) {
        return checked.perturbed(number, t);
      }).noise;
  const GradCheckOptions as_checked;
  sweep.extrapolated = detail::differences(line, noise, as_checked.step, as_checked.sharpness)[0].value;
  sweep.extrapolation_error = error(sweep.extrapolated);
  return sweep;
}

const StepSweepPoint& StepSweep::best() const {
  return *std::min_element(
      points.begin(), points.end(),
      [](const StepSweepPoint& a, const StepSweepPoint& b) { return a.error < b.error; });
}

std::ostream& operator<<(std::ostream& stream, const StepSweep& sweep) {
  std::ostringstream table;
  table << sweep.name << ", order " << sweep.order << ", input " << sweep.input
        << ": the error of central differences by their step\n     step          difference    error\n";
  const double floor = std::floor(decades(sweep.best().error));
  for (const StepSweepPoint& point : sweep.points) {
    const auto bar = static_cast<std::size_t>(std::lround(4 * (decades(point.error) - floor)));
    table << "  " << scientific(point.step) << std::setw(20) << std::setprecision(12) << point.difference
          << "  " << scientific(point.error) << "  " << std::string(bar, '#') << '\n';
  }
  table << "The rule gives " << std::setprecision(12) << sweep.rule << ". The best single step, "
        << scientific(sweep.best().step) << ", is off by " << scientific(sweep.best().error)
        << " of it; several steps, extrapolated to 0, by " << scientific(sweep.extrapolation_error) << ".\n";
  return stream << table.str();
}

std::string StepSweep::svg() const {
  double worst = 0, least = decades(extrapolation_error);
  for (const StepSweepPoint& p : points) {
    worst = std::max(worst, decades(p.error));
    least = std::min(least, decades(p.error));
  }
  const Frame frame{.high_step = std::log10(points.front().step),
                    .low_step = std::log10(points.back().step),
                    .high_error = std::ceil(worst),
                    .low_error = std::floor(least)};
  std::string line, dots;
  for (const StepSweepPoint& p : points) {
    line += text(line.empty() ? 'M' : 'L', number(frame.x(p.step)), ' ', number(frame.y(p.error)));
    dots += text("<circle cx=\"", number(frame.x(p.step)), "\" cy=\"", number(frame.y(p.error)),
                 "\" r=\"3\"><title>step ", scientific(p.step), ", error ", scientific(p.error),
                 "</title></circle>\n");
  }
  const double flat = frame.y(extrapolation_error);
  return text(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 620 400\" font-family=\"sans-serif\" "
      "font-size=\"12\" fill=\"#333\">\n<style>.grid{stroke:#ddd;fill:none}.curve{stroke:#0072b2;fill:none;"
      "stroke-width:2}.flat{stroke:#d55e00;fill:none;stroke-width:2;stroke-dasharray:6 4}circle{fill:#0072b2}"
      "</style>\n<rect width=\"620\" height=\"400\" fill=\"#fff\"/>\n",
      label(Frame::left, 22, "start",
            escaped(name) + ": relative error of central differences, by their step"),
      grid(frame), "<path class=\"flat\" d=\"M", number(Frame::left), ' ', number(flat), "h",
      number(Frame::width), "\"/>\n",
      label(Frame::left + 6, flat - 6, "start", "several steps, extrapolated to 0"),
      "<path class=\"curve\" d=\"", line, "\"/>\n", dots,
      label(Frame::left + Frame::width / 2, Frame::top + Frame::height + 42, "middle",
            "too large: truncation \u2190 step \u2192 too small: round-off"),
      "</svg>\n");
}

}  // namespace trous
