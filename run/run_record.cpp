#include <algorithm>
#include <utility>

#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/run/detail/record_text.h>
#include <trous/run/detail/results_json.h>
#include <trous/run/run_record.h>

namespace trous {
namespace {

using detail::Json;

bool is_flat_list(const Json& value) {
  return value.is_array() &&
         std::none_of(value.begin(), value.end(), [](const Json& item) { return item.is_structured(); });
}

void flatten(const Json& value, const std::string& path, std::vector<Field>& fields) {
  if (value.is_object()) {
    for (const auto& [key, item] : value.items())
      flatten(item, path.empty() ? key : text(path, '.', key), fields);
  } else if (value.is_array() && !is_flat_list(value)) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      flatten(value[i], path + "[" + std::to_string(i) + "]", fields);
    }
  } else if (value.is_array()) {
    std::string items;
    for (const Json& item : value) {
      items += (items.empty() ? "" : ", ") + (item.is_string() ? item.get<std::string>() : item.dump());
    }
    fields.push_back({path, items});
  } else {
    fields.push_back({path, value.is_string() ? value.get<std::string>() : value.dump()});
  }
}

// A folder of images has thousands of files; a page for people shows the first.
void shorten_files(Json& environment) {
  constexpr std::size_t max_files = 50;
  const auto found = environment.find("files");
  if (found == environment.end() || !found->is_array() || found->size() <= max_files) return;
  const std::size_t more = found->size() - max_files;
  found->erase(found->begin() + max_files, found->end());
  found->push_back(text(more, " more are listed in environment.json"));
}

std::vector<Field> fields_of(const Json& object) {
  std::vector<Field> fields;
  flatten(object, "", fields);
  return fields;
}

}  // namespace

std::optional<std::string> find_field(const std::vector<Field>& fields, const std::string& name) {
  for (const Field& field : fields) {
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

RunRecord read_run(const std::string& folder) {
  const std::string base = folder + "/";
  if (!detail::exists(base + "config.json")) {
    throw FileError(text("read_run: ", folder,
                         " is no run folder. It has no config.json. Give what "
                         "trous train --out made."));
  }
  const Json config = detail::read_object(base + "config.json");
  Json environment = detail::read_object(base + "environment.json");
  shorten_files(environment);
  Events events = read_events(base + "events.jsonl");
  RunRecord run{.folder = folder,
                .config = fields_of(config),
                .environment = fields_of(environment),
                .metrics = read_metrics(base + "metrics.csv"),
                .steps = std::move(events.steps),
                .events = std::move(events.events),
                .chosen_by = Criterion::foreground_iou,
                .results = std::nullopt,
                .json = ""};
  for (const EventRecord& event : run.events) run.chosen_by = event.chosen_by.value_or(run.chosen_by);
  Json copy{{"config", config}, {"environment", environment}};
  if (detail::exists(base + "results.json")) {
    Json results = detail::read_object(base + "results.json");
    run.results = detail::results_from(detail::place_in(base + "results.json", results));
    run.chosen_by = run.results->chosen_by.value_or(run.chosen_by);
    if (run.results->image_scores.size() > 5000) results.erase("image_scores");
    const auto& seen = run.results->coverage;
    if (seen && seen->height * seen->width > 250 * 250) results["coverage"].erase("map");
    copy["results"] = std::move(results);
  }
  run.json = detail::dump_json(copy);
  return run;
}

}  // namespace trous
