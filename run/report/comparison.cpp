// Several runs side by side.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include <trous/core/error.h>
#include <trous/run/report.h>
#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>
#include <trous/run/report/svg.h>
#include <trous/run/report/svg_chart.h>

namespace trous {
namespace {

using namespace report;

struct NamedRun {
  std::string name;   // the folder's last part, or all of it where two are alike
  std::string style;  // of its curves
  RunRecord run;
};

std::string last_part(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return std::filesystem::path(folder).filename().string();
}

std::vector<NamedRun> read_runs(const std::vector<std::string>& folders, const OnProgress& on_progress) {
  ProgressCount progress(on_progress, std::ssize(folders));
  std::vector<NamedRun> runs;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const auto alike = std::count_if(folders.begin(), folders.end(), [&](const std::string& other) {
      return last_part(other) == last_part(folders[i]);
    });
    runs.push_back({alike > 1 ? folders[i] : last_part(folders[i]),
                    "c" + std::to_string(i % 8) + (i / 8 % 2 ? " dash" : ""), read_run(folders[i])});
    progress.add_one();
  }
  return runs;
}

std::string key(const NamedRun& named) {
  return element("span", "class=\"name\"", swatch(8, line(named.style, 0, 4, 22, 4)) + escaped(named.name));
}

std::string score_table(const std::vector<NamedRun>& runs) {
  const std::string by = leading_score(runs.front().run);
  std::vector<std::vector<std::string>> rows;
  for (const NamedRun& named : runs) {
    const auto& results = named.run.results;
    const MetricsRow* const best = best_row(named.run);
    const NamedScores* const baseline = results ? strongest_baseline(*results) : nullptr;
    rows.push_back({key(named), escaped(title_of(named.run)),
                    results ? element("strong", "", score_text(by, results->scores[by])) : "unfinished",
                    baseline ? score_text(by, baseline->scores[by]) : std::string(dash),
                    best ? best_value(named.run.chosen_by, *best) : std::string(dash),
                    best ? grouped(best->step) : std::string(dash),
                    best ? grouped(named.run.metrics.back().step) : std::string(dash),
                    best ? duration(named.run.metrics.back().seconds) : std::string(dash),
                    results ? grouped(results->model.parameters) : std::string(dash)});
  }
  return table("Scores of the runs",
               {{"run", false},
                {"what", false},
                {words_of_score(by).words},
                {"best baseline"},
                {"best validation"},
                {"at step"},
                {"steps"},
                {"time"},
                {"parameters"}},
               rows);
}

// The options in which the runs differ, in the order in which they are first met.
std::string option_table(const std::vector<NamedRun>& runs) {
  std::vector<std::string> names;
  std::set<std::string> met;
  for (const NamedRun& named : runs) {
    for (const Field& field : named.run.config) {
      if (met.insert(field.name).second) names.push_back(field.name);
    }
  }
  const auto value = [](const NamedRun& named, const std::string& name) {
    return find_field(named.run.config, name).value_or(dash);
  };
  std::vector<Column> columns{{"run", false}};
  std::vector<std::vector<std::string>> rows;
  for (const NamedRun& named : runs) rows.push_back({key(named)});
  for (const std::string& name : names) {
    const bool alike = std::all_of(runs.begin(), runs.end(), [&](const NamedRun& named) {
      return value(named, name) == value(runs[0], name);
    });
    if (alike) continue;
    columns.push_back({name, false});
    for (std::size_t i = 0; i < runs.size(); ++i) rows[i].push_back(escaped(value(runs[i], name)));
  }
  if (columns.size() == 1) return element("p", "", "The runs have the same options.");
  return table("Options that differ", columns, rows);
}

std::string row_chart(const std::vector<NamedRun>& runs, const std::string& title,
                      const std::function<std::optional<double>(const MetricsRow&)>& value) {
  Chart chart{.title = title, .series = {}, .from_zero = true};
  for (const NamedRun& named : runs) {
    std::vector<Point> points;
    for (const MetricsRow& row : thinned(named.run.metrics, 200)) {
      points.push_back(point_of(row, value(row)));
      chart.x.last = std::max(chart.x.last, static_cast<double>(row.step));
    }
    chart.series.push_back({named.name, named.style, std::move(points), true});
  }
  return svg_chart(chart);
}

std::string data_warning(const std::vector<NamedRun>& runs) {
  for (const NamedRun& named : runs) {
    const auto &first = runs[0].run.results, &other = named.run.results;
    if (first && other &&
        (first->task != other->task || first->data.name != other->data.name || first->split != other->split ||
         ignored_classes(*first) != ignored_classes(*other))) {
      return element("p", "class=\"warn\" role=\"alert\"",
                     "These runs are scored on different data: their scores do not compare.");
    }
  }
  return "";
}

}  // namespace

std::string comparison_html(const std::vector<std::string>& run_folders, const OnProgress& on_progress) {
  if (run_folders.empty()) throw ArgumentError("comparison_html: no run is given. Give one folder or more.");
  const std::vector<NamedRun> runs = read_runs(run_folders, on_progress);
  const std::string by = leading_score(runs.front().run);
  const std::string charts = row_chart(runs, capitalized(words_of_score(by).words) + " on validation",
                                       [&](const MetricsRow& row) { return row.score(by); }) +
                             row_chart(runs, "Validation loss", &MetricsRow::validation_loss) +
                             row_chart(runs, "Training loss", &MetricsRow::train_loss) +
                             row_chart(runs, "Learning rate", &MetricsRow::learning_rate);
  return page("Runs compared",
              element("header", "",
                      element("h1", "", grouped(static_cast<std::int64_t>(runs.size())) + " runs compared")) +
                  data_warning(runs) + score_table(runs) +
                  section("options", "Options that differ", option_table(runs)) +
                  section("curves", "Curves", element("div", "class=\"charts\"", charts)));
}

}  // namespace trous
