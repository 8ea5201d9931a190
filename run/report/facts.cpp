// What was trained, on what, and how to do it again.
#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>

namespace trous::report {
namespace {

std::string cell(const std::optional<ReceptiveField>& field) {
  return field ? field_text(*field) : std::string(dash);
}

std::string seen_share(const RunResults& results) {
  const std::optional<ReceptiveField>& field = results.model.receptive_field;
  const std::vector<std::int64_t>& image = results.data.image;
  const std::vector<LayerFacts>& layers = results.model.layers;
  const std::vector<std::int64_t>& written = results.model.output;
  const std::vector<std::int64_t> output =
      written.empty() && !layers.empty() ? layers.back().output : written;
  if (!output.empty() && output.size() != 4) return "";           // no output pixel
  if (results.coverage || !field || image.size() < 2) return "";  // the figure says it, too
  if (*field == ReceptiveField::whole_image())
    return element("p", "", "Each output pixel sees the whole image.");
  const std::string of = " of images of " + extents({image[0], image[1]}) + '.';
  const bool all =
      field->height.value_or(image[0]) >= image[0] && field->width.value_or(image[1]) >= image[1];
  return element("p", "",
                 "Each output pixel sees " + field_text(*field) + " pixels" +
                     (all ? ", which is at least the height and width" + of : of));
}

std::string split_table(const RunResults& results) {
  if (results.classes.empty()) {
    const DataFacts& all = results.data;
    return table("Samples in each split", {{"split", false}, {"samples"}},
                 {{"train", grouped(all.train.samples)},
                  {"validation", grouped(all.validation.samples)},
                  {"test", grouped(all.test.samples)}});
  }
  const DataFacts& data = results.data;
  const SplitFacts* const splits[]{&data.train, &data.validation, &data.test};
  std::vector<std::vector<std::string>> rows;
  for (std::size_t c = 0; c < results.classes.size(); ++c) {
    std::vector<std::string> row{
        element("span", "class=\"name\"", chip(static_cast<std::int64_t>(c)) + escaped(results.classes[c]))};
    for (const SplitFacts* split : splits) {
      row.push_back(percent(split->class_share(c)));
      row.push_back(grouped(split->images_with_class[c]));
    }
    rows.push_back(row);
  }
  std::vector<std::string> unknown{std::string("unknown, of all ") + counted_in(results)};
  for (const SplitFacts* split : splits) {
    const std::optional<double> share = split->unknown_share();
    unknown.push_back(share > 0.0 && share < 0.0005 ? "&lt; " + percent(0.001) : percent(share));
    unknown.emplace_back("");
  }
  rows.push_back(unknown);
  std::vector<std::string> sizes{"all"};
  for (const SplitFacts* split : splits) {
    sizes.emplace_back("");
    sizes.push_back(grouped(split->samples));
  }
  rows.push_back(sizes);
  return table("Classes in each split",
               {{"class", false},
                {std::string("train, ") + counted_in(results)},
                {"images"},
                {std::string("validation, ") + counted_in(results)},
                {"images"},
                {std::string("test, ") + counted_in(results)},
                {"images"}},
               rows);
}

std::string shared(const DataFacts& data) {
  if (data.train_validation + data.train_test + data.validation_test == 0) {
    return element("p", "", "No sample is in two splits.");
  }
  return element("p", "class=\"warn\"",
                 "Samples in two splits: " + grouped(data.train_validation) + " in train and validation, " +
                     grouped(data.train_test) + " in train and test, " + grouped(data.validation_test) +
                     " in validation and test.");
}

std::string field_table(const char* label, const std::vector<Field>& fields) {
  std::vector<std::vector<std::string>> rows;
  for (const Field& field : fields) {
    rows.push_back({escaped(field.name), element("code", "", escaped(field.value))});
  }
  return table(label, {{"name", false}, {"value", false}}, rows);
}

std::string sessions(const RunRecord& run) {
  std::string items;
  for (const EventRecord& event : run.events) {
    items += element("li", "",
                     escaped(event.event) + " at step " + grouped(event.step) +
                         (event.time.empty() ? "" : ", " + escaped(event.time)) +
                         (event.why.empty() ? "" : ": " + escaped(event.why)));
  }
  return items.empty() ? "" : element("h3", "", "Sessions") + element("ul", "", items);
}

// JSON that stays inside its script element, and that HTML and XML parsers read alike.
std::string script_json(const std::string& json) {
  std::string result;
  for (const char c : json) {
    if (c == '<') {
      result += "\\u003c";
    } else if (c == '>') {
      result += "\\u003e";
    } else if (c == '&') {
      result += "\\u0026";
    } else if (c == 0x7F) {
      result += "\\u007f";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string field_text(const ReceptiveField& field) {
  if (field == ReceptiveField::whole_image()) return "whole image";
  const auto side = [](const std::optional<std::int64_t>& pixels) {
    return pixels ? grouped(*pixels) : "all";
  };
  return side(field.height) + " \u00D7 " + side(field.width);
}

std::string cost_text(std::optional<std::int64_t> multiply_adds) {
  return multiply_adds ? grouped(*multiply_adds) : "unknown";
}

std::string model(const RunResults& results) {
  const ModelFacts& facts = results.model;
  std::vector<std::vector<std::string>> rows;
  for (const LayerFacts& layer : facts.layers) {
    rows.push_back({escaped(layer.path), escaped(layer.kind), extents(layer.output),
                    layer.parameters ? grouped(layer.parameters) : std::string(dash),
                    layer.multiply_adds == 0 ? std::string(dash) : cost_text(layer.multiply_adds),
                    cell(layer.receptive_field)});
  }
  rows.push_back({element("strong", "", "all"), "", "", grouped(facts.parameters),
                  cost_text(facts.multiply_adds), cell(facts.receptive_field)});
  const std::string title =
      element("p", "", escaped(facts.name) + " on an input of " + extents(facts.input) + '.');
  const std::string figures = coverage_figure(results) + graph_figure(facts);
  return section("model", "Model",
                 title + seen_share(results) +
                     (figures.empty() ? "" : element("div", "class=\"beside\"", figures)) +
                     table("Layers of the network",
                           {{"layer", false},
                            {"kind", false},
                            {"output"},
                            {"parameters"},
                            {"multiply-adds"},
                            {"receptive field"}},
                           rows));
}

std::string data(const RunResults& results) {
  const DataFacts& facts = results.data;
  return section(
      "data", "Data",
      element("p", "",
              escaped(facts.name) + ": images of " + extents(facts.image) + ". " + escaped(facts.source)) +
          shared(facts) + split_table(results));
}

std::string reproduce(const RunRecord& run) {
  std::string content;
  const std::string program = find_field(run.environment, "program").value_or("trous");
  if (const auto command = find_field(run.environment, "command")) {
    content += element("p", "", "This run was started by") +
               element("pre", "", element("code", "", escaped(*command)));
  }
  content +=
      element("p", "", "The same run again, from its resolved options:") +
      element("pre", "",
              element("code", "", escaped(program + " train --config RUN/config.json --out ANOTHER"))) +
      sessions(run) + element("h3", "", "Options") + field_table("Options", run.config) +
      element("h3", "", "Environment") + field_table("Environment", run.environment) +
      element("script", "type=\"application/json\" id=\"record\"", script_json(run.json));
  return section("reproduce", "Reproduce", content);
}

}  // namespace trous::report
