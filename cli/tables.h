// The tables that commands print: data, scores, classes. Most are at most 60 columns wide.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <trous/cli/inputs.h>
#include <trous/cli/options.h>
#include <trous/data/survey.h>
#include <trous/train/criterion.h>

namespace trous::cli {

/// 12.3 %
std::string percent(double share);
/// `digits` decimals.
std::string fixed(double value, int digits);
/// The same, or "-" for an absent value.
std::string fixed_or_dash(const std::optional<double>& value, int digits);

/// The fewest digits that read back as the same float32: 0.1, 1e+30.
std::string float_digits(float value);

/// Prints the event as a line of JSON where the style is JSON.
void print_event(const OutputStyle& style, const nlohmann::ordered_json& event);

/// The number of columns for tables and paragraphs: that of the terminal, and 120 if stdout is no terminal.
int columns();

/// Breaks `paragraph` into lines of at most `columns`. The first line is meant to follow `indent` characters,
/// and the others begin with as many spaces. A word that is longer than a line has a line of its own.
std::string wrapped(const std::string& paragraph, int indent, int columns);

void print_data(const Splits& data, const Survey& survey);

/// A row per class: its share of the pixels or images and its images, split by split. Nothing where there are
/// no classes.
void print_splits(const Splits& data, const Survey& survey);

/// A table of scores: its heading, and a row for a predictor. `shown` are their names.
void print_heading(const std::string& title, const std::vector<std::string>& shown);
void print_score(const std::string& who, const ScoreFacts& scores, const std::vector<std::string>& shown);

/// The key of a score in the program's JSON.
std::string event_key(const std::string& score);

/// A row per class: IoU, Dice, precision, recall, support in what is `counted`, "pixels" or "images"; "-"
/// where there is none to give, and "ignored" behind a class that does not count. In colour the names carry
/// their class's colour.
void print_classes(const ConfusionMatrix& scores, const std::vector<std::string>& classes,
                   const char* counted, const OutputStyle& style);

/// The weakest three classes of the foreground and the strongest, of those that have a score.
void print_weakest(const ConfusionMatrix& scores, const std::vector<std::string>& classes);

/// The note on the best weights where the IoU did not choose them: "chosen by the validation loss", "the
/// latest". Empty where it did.
std::string words_of(const Criterion& chosen_by);

/// All scores and, of classes, one object for each; null where there is none to give.
nlohmann::ordered_json summary_of_scores(const ScoreFacts& scores, const std::vector<std::string>& classes);

}  // namespace trous::cli
