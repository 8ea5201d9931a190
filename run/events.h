// events.jsonl of a run: a line per step and per event, written and read here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trous/train/criterion.h>

namespace trous {

/// A line of one step. Numbers may be NaN or infinite; times are in seconds.
struct StepRecord {
  std::int64_t step;
  double loss, learning_rate, gradient_norm;
  std::optional<double> seconds = {};  ///< that the step took
  std::optional<double> waited = {};   ///< of these, for its batch
  std::optional<double> elapsed = {};  ///< since the run began, over all its sessions

  friend bool operator==(const StepRecord&, const StepRecord&) = default;
};

/// Any other line: "begin", "resume", "interrupted", "stopped", "diverged".
struct EventRecord {
  std::string event;
  std::int64_t step;
  std::string time = {};  ///< 2026-01-31T12:00:00Z; may be empty
  std::string why = {};   ///< may be empty
  std::optional<Criterion> chosen_by = {};

  friend bool operator==(const EventRecord&, const EventRecord&) = default;
};

/// The lines of the two kinds, each in the order of the file.
struct Events {
  std::vector<StepRecord> steps;
  std::vector<EventRecord> events;
};

/// The record as a line of events.jsonl, with its line break. NaN and infinity become null.
std::string to_json_line(const StepRecord& record);
std::string to_json_line(const EventRecord& record);

/// The lines of the file; none if it is not there. null is read as NaN, and "nan" and "inf" as what they
/// say. Throws FileError naming the line and the field.
Events read_events(const std::string& path);

/// The beginning of a log, and how long the run had taken then.
struct EventsUntil {
  std::string contents;
  double elapsed = 0;  ///< seconds; of the last record that has it
};

/// The `contents` of an events.jsonl without the lines after `step`, without lines that are no events, and
/// without a torn last line.
EventsUntil events_until(std::string_view contents, std::int64_t step);

}  // namespace trous
