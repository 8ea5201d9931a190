// How the run went, step by step.
#include <algorithm>
#include <limits>

#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>
#include <trous/run/report/svg_chart.h>

namespace trous::report {
namespace {

// Dots with their numbers are for a hundred validations, not for ten thousand.
constexpr std::size_t max_rows = 200;

std::vector<Point> of_steps(const RunRecord& run, double StepRecord::*value) {
  std::vector<Point> points;
  for (const StepRecord& step : run.steps) points.push_back({static_cast<double>(step.step), step.*value});
  return points;
}

template <class Number>
std::vector<Point> of_rows(const RunRecord& run, Number MetricsRow::*value) {
  std::vector<Point> points;
  for (const MetricsRow& row : thinned(run.metrics, max_rows)) {
    points.push_back(point_of(row, row.*value));
  }
  return points;
}

XAxis steps_of(const RunRecord& run) {
  double last = 1;
  if (run.results) last = std::max(last, static_cast<double>(run.results->steps));
  if (!run.steps.empty()) last = std::max(last, static_cast<double>(run.steps.back().step));
  if (!run.metrics.empty()) last = std::max(last, static_cast<double>(run.metrics.back().step));
  return {.last = last};
}

// In the chart of what chose it.
std::optional<Mark> best_mark(const RunRecord& run, const Criterion& chart,
                              std::optional<double> MetricsRow::*value) {
  const MetricsRow* const best = best_row(run);
  if (!best || run.chosen_by != chart) return std::nullopt;
  return Mark{"best: " + best_value(chart, *best) + " at step " + grouped(best->step),
              point_of(*best, best->*value)};
}

// The baseline that is highest by `score`; baselines are scored on the split of the final scores.
std::optional<Level> baseline_level(const RunRecord& run,
                                    std::optional<double> (*score)(const ConfusionMatrix&)) {
  std::optional<Level> level;
  if (!run.results) return level;
  for (const NamedScores& baseline : run.results->baselines) {
    const std::optional<double> reached = score(baseline.scores);
    if (!reached || (level && level->y >= *reached)) continue;
    level = Level{baseline.name + ", " + run.results->split + ": " + fixed(reached, 3), *reached};
  }
  return level;
}

Chart loss_chart(const RunRecord& run) {
  const std::vector<Point> raw = of_steps(run, &StepRecord::loss);
  Chart chart{.title = "Loss",
              .x = steps_of(run),
              .series = {},
              .mark = best_mark(run, Criterion::validation_loss, &MetricsRow::validation_loss),
              .from_zero = true};
  if (raw.empty()) {
    chart.series.push_back({"training", "c0", of_rows(run, &MetricsRow::train_loss)});
  } else {
    chart.series.push_back({"training, each step", "c0 thin", envelope(raw)});
    chart.series.push_back(
        {"smoothed", "c0", thinned(smoothed(raw, static_cast<double>(raw.size()) / 40), 400)});
  }
  chart.series.push_back({"validation", "c1", of_rows(run, &MetricsRow::validation_loss), true});
  return chart;
}

Chart score_chart(const RunRecord& run) {
  return {.title = "Mean IoU on validation",
          .x = steps_of(run),
          .series = {{"foreground classes", "c0", of_rows(run, &MetricsRow::foreground_iou), true},
                     {"all classes", "c2", of_rows(run, &MetricsRow::mean_iou), true}},
          .level = baseline_level(run, [](const ConfusionMatrix& scores) { return scores.mean_iou(1); }),
          .mark = best_mark(run, Criterion::foreground_iou, &MetricsRow::foreground_iou),
          .from_zero = true};
}

Chart accuracy_chart(const RunRecord& run) {
  return {
      .title = "Pixel accuracy on validation",
      .x = steps_of(run),
      .series = {{"pixel accuracy", "c3", of_rows(run, &MetricsRow::pixel_accuracy), true}},
      .level = baseline_level(run, [](const ConfusionMatrix& scores) { return scores.pixel_accuracy(); })};
}

Chart rate_chart(const RunRecord& run) {
  return {.title = "Learning rate",
          .x = steps_of(run),
          .series = {{"", "c4",
                      run.steps.empty() ? of_rows(run, &MetricsRow::learning_rate)
                                        : envelope(of_steps(run, &StepRecord::learning_rate))}},
          .from_zero = true};
}

Chart gradient_chart(const RunRecord& run) {
  const std::vector<Point> raw = of_steps(run, &StepRecord::gradient_norm);
  return {.title = "Gradient norm",
          .x = steps_of(run),
          .series = {{"each step", "c5 thin", envelope(raw)},
                     {"smoothed", "c5", thinned(smoothed(raw, static_cast<double>(raw.size()) / 40), 400)}},
          .from_zero = true,
          .logarithmic = true};
}

Chart speed_chart(const RunRecord& run) {
  return {.title = "Images per second",
          .x = steps_of(run),
          .series = {{"", "c6", of_rows(run, &MetricsRow::images_per_second), true}},
          .from_zero = true};
}

std::string validation_table(const RunRecord& run) {
  std::vector<std::vector<std::string>> rows;
  for (const MetricsRow& row : thinned(run.metrics, max_rows)) {
    rows.push_back({grouped(row.step), fixed(row.train_loss, 4), fixed(row.validation_loss, 4),
                    fixed(row.foreground_iou, 3), fixed(row.mean_iou, 3), percent(row.pixel_accuracy),
                    brief(row.learning_rate), duration(row.seconds), row.best ? "best so far" : ""});
  }
  return table("Validations",
               {{"step"},
                {"training loss"},
                {"validation loss"},
                {"foreground mIoU"},
                {"mIoU"},
                {"pixel accuracy"},
                {"learning rate"},
                {"time"},
                {"", false}},
               rows);
}

}  // namespace

Point point_of(const MetricsRow& row, const std::optional<double>& value) {
  return {static_cast<double>(row.step), value.value_or(std::numeric_limits<double>::quiet_NaN())};
}

std::string curves(const RunRecord& run) {
  std::string charts;
  for (const Chart& chart : {loss_chart(run), score_chart(run), accuracy_chart(run), gradient_chart(run),
                             rate_chart(run), speed_chart(run)}) {
    charts += svg_chart(chart);
  }
  std::string content =
      element("p", "class=\"soft\"", "Over training steps. Point at a dot to read its number.") +
      element("div", "class=\"charts\"", charts);
  if (!run.metrics.empty()) {
    content +=
        element("details", "", element("summary", "", "The validations as a table") + validation_table(run));
  }
  return section("curves", "Curves", content);
}

}  // namespace trous::report
