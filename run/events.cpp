#include <utility>

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/run/detail/record_text.h>
#include <trous/run/events.h>

namespace trous {

using namespace detail;

std::string to_json_line(const StepRecord& record) {
  Json line{{"event", "step"},
            {"step", record.step},
            {"loss", record.loss},
            {"learning_rate", record.learning_rate},
            {"gradient_norm", record.gradient_norm}};
  if (record.seconds) line["seconds"] = *record.seconds;
  if (record.waited) line["waited"] = *record.waited;
  if (record.elapsed) line["elapsed"] = *record.elapsed;
  return dump_json(line) + '\n';
}

std::string to_json_line(const EventRecord& record) {
  Json line{{"event", record.event}, {"step", record.step}};
  if (!record.time.empty()) line["time"] = record.time;
  if (!record.why.empty()) line["why"] = record.why;
  if (record.chosen_by) line["chosen_by"] = name(*record.chosen_by);
  return dump_json(line) + '\n';
}

Events read_events(const std::string& path) {
  Events read;
  if (!exists(path)) return read;
  const std::string all = read_text(path);
  const std::vector<std::string_view> lines = finished_lines(all);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Json object = parse_object(lines[i], path, static_cast<std::int64_t>(i) + 1);
    const JsonPlace line = place_in(line_name(path, i), object);
    const auto number = [&](const char* key) {
      const bool is_there = object.contains(key) && object[key].is_number();
      return is_there ? std::optional(object[key].get<double>()) : std::nullopt;
    };
    const std::string event = line["event"].string();
    const std::int64_t step = line["step"].whole();
    if (event == "step") {
      if (!read.steps.empty() && step <= read.steps.back().step) {
        refuse_record(line_name(path, i), text("has step ", step, " after step ", read.steps.back().step));
      }
      read.steps.push_back({.step = step,
                            .loss = line["loss"].number(),
                            .learning_rate = line["learning_rate"].number(),
                            .gradient_norm = line["gradient_norm"].number(),
                            .seconds = number("seconds"),
                            .waited = number("waited"),
                            .elapsed = number("elapsed")});
    } else {
      read.events.push_back(
          {.event = event,
           .step = step,
           .time = line.has("time") ? line["time"].string() : "",
           .why = line.has("why") ? line["why"].string() : "",
           .chosen_by = line.has("chosen_by")
                            ? std::optional(line["chosen_by"].parsed_by(
                                  [](std::string_view word) { return parse_criterion(word); }, "criterion"))
                            : std::nullopt});
    }
  }
  return read;
}

EventsUntil events_until(std::string_view contents, std::int64_t step) {
  EventsUntil until;
  for (const std::string_view line : finished_lines(contents)) {
    const Json event = parse_json(line).value;  // null where the line is no JSON
    if (!event.is_object() || !event.contains("step") || !event["step"].is_number_integer()) continue;
    if (event["step"].get<std::int64_t>() > step) continue;
    if (event.contains("elapsed") && event["elapsed"].is_number())
      until.elapsed = event["elapsed"].get<double>();
    until.contents.append(line) += '\n';
  }
  return until;
}

}  // namespace trous
