// The top of the report: the score of the run beside the strongest baseline.
#include <algorithm>

#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>

namespace trous::report {
namespace {

std::string number(const std::optional<double>& score) { return element("strong", "", fixed(score, 3)); }

std::string verdict(const RunResults& results) {
  const std::string& by = trous::name(results.leading);
  const std::optional<double> scored = results.scores[by];
  if (!scored) {
    if (!results.of_masks())
      return "Nothing could be scored on " + escaped(results.split) + ": no target counts.";
    return "Nothing of the foreground could be scored on " + escaped(results.split) +
           ": no pixel that counts is of a foreground class, in truth or prediction.";
  }
  const std::string reached = element("strong", "", score_text(by, scored)) + ' ' +
                              escaped(words_of_score(by).words) + " on " + escaped(results.split);
  const NamedScores* const baseline = strongest_baseline(results);
  if (!baseline) return reached + ". No baseline was scored beside it.";
  const std::optional<double> bar_to_clear = baseline->scores[by];
  const std::string name = "\u201C" + escaped(baseline->name) + "\u201D";
  if (merit(results.leading, scored, {}) > merit(results.leading, bar_to_clear, {})) {
    return reached + "; the strongest baseline, " + name + ", reaches " + score_text(by, bar_to_clear) + '.';
  }
  return "No better than the strongest baseline: " + reached + ", and " + name + " reaches " +
         score_text(by, bar_to_clear) + '.';
}

std::string unfinished_verdict(const RunRecord& run) {
  const MetricsRow* const best = best_row(run);
  if (!best) return "No validation has been made yet.";
  const std::string at = ", at step " + grouped(best->step) + '.';
  if (run.chosen_by.is_score()) {
    const std::string& by = name(run.chosen_by);
    return element("strong", "", score_text(by, best->score(by))) + ' ' + escaped(words_of_score(by).words) +
           " on validation so far" + at;
  }
  if (run.chosen_by == Criterion::validation_loss)
    return number(best->validation_loss) + " is the lowest loss on validation so far" + at;
  return "Nothing can be scored on validation; the latest weights are kept" + at;
}

std::string warning(const std::string& words) {
  return element("p", "class=\"warn\" role=\"alert\"", words) + "\n";
}

// How the weights were chosen, where it was not by the IoU.
std::string choice(const RunRecord& run) {
  if (run.chosen_by.is_score()) return "";
  if (leading_score(run) != name(Criterion::foreground_iou))
    return warning(
        "Nothing of the validation counts, so nothing can choose the best weights: the latest are taken.");
  if (run.chosen_by == Criterion::validation_loss) {
    return warning(
        "No validation mask shows a foreground class that counts, so the IoU cannot choose the best "
        "weights: "
        "the lowest validation loss does.");
  }
  return warning(
      "No pixel of the validation masks counts, so nothing can choose the best weights: the latest are "
      "taken.");
}

std::string warnings(const RunRecord& run) {
  if (!run.results) {
    return warning(
        "This run is not finished: results.json is not there. The scores on test data, the classes, the "
        "model and "
        "the data are missing below.");
  }
  const DataFacts& data = run.results->data;
  const std::int64_t shared = data.train_validation + data.train_test + data.validation_test;
  if (shared == 0) return "";
  return warning("The splits share samples: " + grouped(data.train_validation) + " train and validation, " +
                 grouped(data.train_test) + " train and test, " + grouped(data.validation_test) +
                 " validation and test. Of " + grouped(data.test.samples) + " test images " +
                 grouped(data.train_test) + " were learned from, and on " + grouped(data.validation_test) +
                 " the weights were chosen.");
}

std::string score_table(const RunResults& results) {
  const std::vector<std::string> shown = shown_scores(results.scores.all, name(results.leading));
  std::vector<Column> columns{{"on " + results.split, false}};
  for (const std::string& name : shown) {
    columns.push_back({words_of_score(name).words});
    if (name == shown.front() && words_of_score(name).share) columns.push_back({"", false});
  }
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& who, const ScoreFacts& scores) {
    rows.push_back({who});
    for (const std::string& name : shown) {
      const std::optional<double> score = scores[name];
      rows.back().push_back(name == "pixel_accuracy" ? percent(score) : score_text(name, score));
      if (name == shown.front() && words_of_score(name).share) rows.back().push_back(bar(score));
    }
  };
  add(element("strong", "", escaped(results.model.name) + ", step " + grouped(results.step)), results.scores);
  for (const NamedScores& baseline : results.baselines) add(escaped(baseline.name), baseline.scores);
  return table("Scores beside the baselines", columns, rows);
}

std::string fact(const std::string& name, const std::string& value) {
  return element("div", "", element("dt", "", name) + element("dd", "", value));
}

// The field `key` of environment or configuration, its first `characters`; all of it stands below.
std::string field_fact(const RunRecord& run, const std::string& key, std::size_t characters) {
  std::optional<std::string> value = find_field(run.environment, key);
  if (!value) value = find_field(run.config, key);
  return value ? fact(key, escaped(value->substr(0, characters))) : "";
}

std::string facts(const RunRecord& run) {
  std::string result;
  if (const MetricsRow* const best = best_row(run)) {
    result += fact("best validation", best_value(run.chosen_by, *best) + " at step " + grouped(best->step));
  }
  if (run.results) {
    const RunResults& results = *run.results;
    const std::vector<std::int64_t>& image = results.data.image;
    result += fact("time", duration(results.seconds)) +
              fact("parameters", grouped(results.model.parameters)) +
              fact("multiply-adds per image", cost_text(results.model.multiply_adds));
    if (const auto& field = results.model.receptive_field) {
      const bool whole = *field == ReceptiveField::whole_image();
      result += fact("receptive field", field_text(*field) + (whole ? "" : " pixels"));
    }
    result += fact("data", escaped(results.data.name) + ", " + extents(image)) +
              fact("training images", grouped(results.data.train.samples)) +
              fact("peak memory", memory(results.peak_bytes));
  } else if (!run.metrics.empty()) {
    result += fact("time so far", duration(run.metrics.back().seconds));
  }
  result += field_fact(run, "seed", 20) + field_fact(run, "commit", 12);
  if (!run.events.empty() && !run.events.front().time.empty()) {
    std::string time = run.events.front().time;
    std::replace(time.begin(), time.end(), 'T', ' ');  // so that it can break there
    result += fact("begun", escaped(time));
  }
  return element("dl", "class=\"facts\"", result) + "\n";
}

std::string contents(const RunRecord& run) {
  const auto link = [](const char* id, const char* name) {
    return element("a", "href=\"#" + std::string(id) + "\"", name) + "\n";
  };
  std::string links = link("curves", "Curves");
  if (run.results && run.results->scores.confusion)
    links += link("classes", "Classes") + link("confusion", "Confusion");
  if (run.results && !run.results->scores.calibration.empty()) links += link("calibration", "Calibration");
  if (run.results && !run.results->scores.pairs.empty()) links += link("predictions", "Predictions");
  links += link("pictures", "Pictures");
  if (run.results) links += link("model", "Model") + link("data", "Data");
  return element("nav", "aria-label=\"Contents\"", links + link("reproduce", "Reproduce"));
}

}  // namespace

std::string title_of(const RunRecord& run) {
  const auto known = [&](const char* key) { return find_field(run.config, key).value_or(std::string()); };
  const std::string model = run.results ? run.results->model.name : known("model");
  const std::string data = run.results ? run.results->data.name : known("data");
  if (model.empty() || data.empty()) return "A run of trous";
  return model + " on " + data;
}

const MetricsRow* best_row(const RunRecord& run) {
  const MetricsRow* best = nullptr;
  for (const MetricsRow& row : run.metrics) {
    if (row.best) best = &row;
  }
  return best;
}

const NamedScores* strongest_baseline(const RunResults& results) {
  const NamedScores* best = nullptr;
  for (const NamedScores& baseline : results.baselines) {
    const auto merit_of = [&](const NamedScores& one) {
      return merit(results.leading, one.scores[name(results.leading)], std::nullopt);
    };
    // What is absent is less than any score.
    if (merit_of(baseline) > (best ? merit_of(*best) : std::nullopt)) best = &baseline;
  }
  return best;
}

std::string best_value(const Criterion& criterion, const MetricsRow& best) {
  if (criterion.is_score()) return score_text(name(criterion), best.score(name(criterion)));
  return criterion == Criterion::validation_loss ? "loss " + fixed(best.validation_loss, 4) : "the latest,";
}

std::string leading_score(const RunRecord& run) {
  if (run.results) return name(run.results->leading);
  if (run.chosen_by.is_score()) return name(run.chosen_by);
  const std::string& of_masks = name(Criterion::foreground_iou);
  if (run.metrics.empty() || run.metrics.front().scores.empty()) return of_masks;
  const std::vector<Score>& scores = run.metrics.front().scores;
  const auto is_of_masks = [&](const Score& score) { return score.name == of_masks; };
  return std::any_of(scores.begin(), scores.end(), is_of_masks) ? of_masks : scores.front().name;
}

std::string score_text(std::string_view name, const std::optional<double>& value) {
  return fixed(value, words_of_score(name).digits);
}

const char* counted_in(const RunResults& results) { return results.of_masks() ? "pixels" : "images"; }

std::string headline(const RunRecord& run) {
  std::string content =
      element("h1", "", escaped(title_of(run))) + "\n" +
      element("p", "class=\"verdict\"", run.results ? verdict(*run.results) : unfinished_verdict(run)) +
      "\n" + warnings(run) + choice(run);
  if (run.results) content += score_table(*run.results);
  return element("header", "", content + facts(run) + contents(run)) + "\n";
}

}  // namespace trous::report
