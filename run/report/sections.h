// The parts of a run's report, each an HTML text made from the record alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trous/run/rate_test.h>
#include <trous/run/report/svg_chart.h>
#include <trous/run/run_record.h>

namespace trous::report {

/// A whole page: `content`, HTML, goes into its body; `title` is text.
std::string page(const std::string& title, const std::string& content);

/// The whole page of a range test: loss over learning rate, and the suggestion.
std::string rate_test_page(const RateTest& test);

std::string headline(const RunRecord& run);
std::string curves(const RunRecord& run);
std::string pictures(const RunRecord& run);  ///< also reads RUN/samples/*.png
std::string reproduce(const RunRecord& run);

// These are made from results.json.
std::string per_class(const RunResults& results);
std::string confusion(const RunResults& results);
std::string calibration(const RunResults& results);  ///< empty where there are no probabilities
std::string predictions(const RunResults& results);  ///< against the truths; empty where they are no numbers
std::string model(const RunResults& results);
std::string data(const RunResults& results);

/// Which input pixels an output pixel sees, as a figure with words; empty where the run did not write it.
std::string coverage_figure(const RunResults& results);

/// The network as boxes and arrows; empty where the run did not write it.
std::string graph_figure(const ModelFacts& model);

/// "87 × 87", or "whole image", or "all × 87" where the rows are all of the image's.
std::string field_text(const ReceptiveField& field);
/// "56,789", or "unknown" where an op does not state its cost.
std::string cost_text(std::optional<std::int64_t> multiply_adds);

/// "small-dilated on fashion", as far as the record knows.
std::string title_of(const RunRecord& run);

/// The row of metrics.csv that is marked as the best, the last of them; null where there is none.
const MetricsRow* best_row(const RunRecord& run);

/// What that row was chosen by: "0.500", "loss 0.1234" or "the latest,".
std::string best_value(const Criterion& criterion, const MetricsRow& best);

/// The name of the score by which the run is judged: that of its results or, before there are any, the one
/// that chooses its weights, or the first of metrics.csv.
std::string leading_score(const RunRecord& run);

/// A score as text, with the digits that suit it; a dash where it is absent.
std::string score_text(std::string_view name, const std::optional<double>& value);

/// The baseline with the best leading score, the first of equals; null where none has one.
const NamedScores* strongest_baseline(const RunResults& results);

/// What the targets of a run are counted in: "pixels" of masks, else "images".
const char* counted_in(const RunResults& results);

/// The classes that do not count in the scores, by number.
std::vector<std::int64_t> ignored_classes(const RunResults& results);

/// `value` of `row` over its step; a gap where it is absent.
Point point_of(const MetricsRow& row, const std::optional<double>& value);

/// How the stylesheet sets the table of the confusion matrix: the class of a share of 0..1, and its rules.
std::string shade_class(double share);
std::string shade_rules();

/// The stylesheet of every page.
std::string stylesheet();

}  // namespace trous::report
