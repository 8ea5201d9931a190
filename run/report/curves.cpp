// How the run went, step by step.
#include <algorithm>
#include <functional>
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

using OfRow = std::function<std::optional<double>(const MetricsRow&)>;

std::vector<Point> of_rows(const RunRecord& run, const OfRow& value) {
  std::vector<Point> points;
  for (const MetricsRow& row : thinned(run.metrics, max_rows)) points.push_back(point_of(row, value(row)));
  return points;
}

OfRow score_of(const std::string& name) {
  return [name](const MetricsRow& row) { return row.score(name); };
}

XAxis steps_of(const RunRecord& run) {
  double last = 1;
  if (run.results) last = std::max(last, static_cast<double>(run.results->steps));
  if (!run.steps.empty()) last = std::max(last, static_cast<double>(run.steps.back().step));
  if (!run.metrics.empty()) last = std::max(last, static_cast<double>(run.metrics.back().step));
  return {.last = last};
}

// In the chart of what chose it.
std::optional<Mark> best_mark(const RunRecord& run, const Criterion& chart, const OfRow& value) {
  const MetricsRow* const best = best_row(run);
  if (!best || run.chosen_by != chart) return std::nullopt;
  return Mark{"best: " + best_value(chart, *best) + " at step " + grouped(best->step),
              point_of(*best, value(*best))};
}

// The baseline that is best by the score called `name`; baselines are scored on the split of the final
// scores.
std::optional<Level> baseline_level(const RunRecord& run, const std::string& name) {
  std::optional<Level> level;
  if (!run.results) return level;
  const bool leads = name == trous::name(run.results->leading);
  const bool less = (leads ? run.results->leading.better() : words_of_score(name).better) == Better::lower;
  for (const NamedScores& baseline : run.results->baselines) {
    const std::optional<double> reached = baseline.scores[name];
    if (!reached || (level && (less ? level->y <= *reached : level->y >= *reached))) continue;
    level = Level{baseline.name + ", " + run.results->split + ": " + score_text(name, reached), *reached};
  }
  return level;
}

Chart loss_chart(const RunRecord& run) {
  const std::vector<Point> raw = of_steps(run, &StepRecord::loss);
  Chart chart{.title = "Loss",
              .x = steps_of(run),
              .series = {},
              .mark = best_mark(run, Criterion::validation_loss, std::mem_fn(&MetricsRow::validation_loss)),
              .from_zero = true};
  if (raw.empty()) {
    chart.series.push_back({"training", "c0", of_rows(run, std::mem_fn(&MetricsRow::train_loss))});
  } else {
    chart.series.push_back({"training, each step", "c0 thin", envelope(raw)});
    chart.series.push_back(
        {"smoothed", "c0", thinned(smoothed(raw, static_cast<double>(raw.size()) / 40), 400)});
  }
  chart.series.push_back({"validation", "c1", of_rows(run, std::mem_fn(&MetricsRow::validation_loss)), true});
  return chart;
}

Chart score_chart(const RunRecord& run) {
  return {.title = "Mean IoU on validation",
          .x = steps_of(run),
          .series = {{"foreground classes", "c0", of_rows(run, score_of("foreground_iou")), true},
                     {"all classes", "c2", of_rows(run, score_of("mean_iou")), true}},
          .level = baseline_level(run, "foreground_iou"),
          .mark = best_mark(run, Criterion::foreground_iou, score_of("foreground_iou")),
          .from_zero = true};
}

// A score over the steps, beside the best baseline.
Chart one_score_chart(const RunRecord& run, const std::string& name, const char* style) {
  const std::string words = words_of_score(name).words;
  return {.title = capitalized(words) + " on validation",
          .x = steps_of(run),
          .series = {{words, style, of_rows(run, score_of(name)), true}},
          .level = baseline_level(run, name),
          .mark = run.chosen_by.is_score() && trous::name(run.chosen_by) == name
                      ? best_mark(run, run.chosen_by, score_of(name))
                      : std::nullopt};
}

// Two charts of scores: of masks both IoUs in one, of another task its first two.
std::vector<Chart> score_charts(const RunRecord& run) {
  const std::vector<Score> all = run.metrics.empty() ? std::vector<Score>() : run.metrics.front().scores;
  if (all.empty() || run.metrics.front().score("foreground_iou") ||
      leading_score(run) == name(Criterion::foreground_iou))
    return {score_chart(run), one_score_chart(run, "pixel_accuracy", "c3")};
  std::vector<Chart> charts;
  for (const std::string& name : shown_scores(all, leading_score(run), 2))
    charts.push_back(one_score_chart(run, name, charts.empty() ? "c0" : "c3"));
  return charts;
}

Chart rate_chart(const RunRecord& run) {
  return {.title = "Learning rate",
          .x = steps_of(run),
          .series = {{"", "c4",
                      run.steps.empty() ? of_rows(run, std::mem_fn(&MetricsRow::learning_rate))
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
          .series = {{"", "c6", of_rows(run, std::mem_fn(&MetricsRow::images_per_second)), true}},
          .from_zero = true};
}

std::string validation_table(const RunRecord& run) {
  const std::vector<std::string> shown = shown_scores(run.metrics.front().scores, leading_score(run));
  std::vector<Column> columns{{"step"}, {"training loss"}, {"validation loss"}};
  for (const std::string& name : shown) columns.push_back({words_of_score(name).words});
  columns.insert(columns.end(), {{"learning rate"}, {"time"}, {"", false}});
  std::vector<std::vector<std::string>> rows;
  for (const MetricsRow& row : thinned(run.metrics, max_rows)) {
    rows.push_back({grouped(row.step), fixed(row.train_loss, 4), fixed(row.validation_loss, 4)});
    for (const std::string& name : shown) {
      const std::optional<double> score = row.score(name);
      rows.back().push_back(name == "pixel_accuracy" ? percent(score) : score_text(name, score));
    }
    for (const std::string& cell :
         {brief(row.learning_rate), duration(row.seconds), std::string(row.best ? "best so far" : "")})
      rows.back().push_back(cell);
  }
  return table("Validations", columns, rows);
}

}  // namespace

Point point_of(const MetricsRow& row, const std::optional<double>& value) {
  return {static_cast<double>(row.step), value.value_or(std::numeric_limits<double>::quiet_NaN())};
}

std::string curves(const RunRecord& run) {
  std::vector<Chart> all{loss_chart(run)};
  for (Chart& chart : score_charts(run)) all.push_back(std::move(chart));
  for (const Chart& chart : {gradient_chart(run), rate_chart(run), speed_chart(run)}) all.push_back(chart);
  std::string charts;
  for (const Chart& chart : all) charts += svg_chart(chart);
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
