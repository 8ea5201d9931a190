#include <algorithm>
#include <cmath>
#include <iostream>

#include <trous/cli/find_rate.h>
#include <trous/cli/interrupt.h>
#include <trous/cli/output.h>
#include <trous/cli/tables.h>
#include <trous/core/build_info.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/run/rate_test.h>
#include <trous/run/report.h>
#include <trous/train/progress.h>

namespace trous::cli {
namespace {

constexpr int bar_columns = 40;

// A row for each of some 20 steps: the bar is longest where the smoothed loss is highest.
void print_curve(const RateCurve& curve) {
  const auto [least, most] =
      std::minmax_element(curve.points.begin(), curve.points.end(),
                          [](const RatePoint& a, const RatePoint& b) { return a.smoothed < b.smoothed; });
  const double low = least->smoothed, height = most->smoothed - low;
  const std::size_t every = std::max<std::size_t>(1, curve.points.size() / 20);
  std::cout << "\n  learning rate       loss   smoothed\n";
  for (std::size_t k = 0; k < curve.points.size(); k += every) {
    const RatePoint& point = curve.points[k];
    const double share = height > 0 ? (point.smoothed - low) / height : 0;
    const std::string rate = text(point.rate), loss = fixed(point.loss, 4),
                      smoothed = fixed(point.smoothed, 4);
    const auto padded = [](const std::string& word, std::size_t width) {
      return std::string(width - std::min(width, word.size()), ' ') + word;
    };
    std::cout << padded(rate, 15) << padded(loss, 11) << padded(smoothed, 11) << "  "
              << std::string(static_cast<std::size_t>(std::lround(share * bar_columns)), '#') << '\n';
  }
}

std::string suggestion_words(const RateCurve& curve) {
  if (!curve.suggestion) return "none: no learning rate lowered the smoothed loss";
  return text("--learning-rate ", *curve.suggestion,
              ", a tenth of the rate at which the smoothed loss is lowest");
}

}  // namespace

ExitCode find_rate_of(const Session& s) {
  const OutputStyle& style = s.command.style;
  const FindRateOptions range;
  if (style.prints_text()) {
    std::cout << "trous " << build_info().version << "  find the learning rate of " << s.config.model
              << " on " << s.config.data << ": " << range.steps << " steps of " << step_words(s.config)
              << ", from " << range.lowest << " to " << range.highest << std::endl;
  }
  Progress progress(images_per_step(s.config), !style.prints_text());
  const RateCurve curve =
      find_rate(s.net, s.scored, make_options(s.config, s.facts), range,
                {.on_step =
                     [&](const StepReport& r) {
                       progress.step(r.step, r.steps, r.loss, r.learning_rate, r.gradient_norm);
                     },
                 .stop = interrupted});
  progress.clear();
  check_interrupt("train", "while finding the learning rate, and nothing was written");
  make_folder(s.config.out, "--out");
  const RateTest test{range, curve};
  write_rate_test(s.config.out, test);
  write_report(s.config.out);
  nlohmann::ordered_json event{{"event", "find_rate"}};
  event.update(detail::parse_json(to_json(test)).value);
  print_event(style, event);
  if (style.json) return ExitCode::ok;
  if (!style.quiet && !curve.points.empty()) print_curve(curve);
  if (curve.ended) std::cout << "\nEnded early: " << wrapped(*curve.ended, 0, columns()) << ".\n";
  std::cout << (style.quiet ? "" : "\n") << "  suggestion  " << suggestion_words(curve) << "\n  curve       "
            << s.config.out << "/report.html, find_rate.json\n";
  return ExitCode::ok;
}

}  // namespace trous::cli
