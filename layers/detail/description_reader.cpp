#include <trous/core/choices.h>
#include <trous/core/suggestion.h>
#include <trous/layers/detail/description_reader.h>
#include <trous/layers/detail/layer_table.h>
#include <trous/layers/detail/wiring.h>

namespace trous::detail {
namespace {

constexpr const char* forms = R"( Give {"network": name, ...}, {"layers": [...]} or {"nodes": {...}}.)";

}  // namespace

Built DescriptionReader::description(const Json& given) {
  const bool network = given.is_object() && given.contains("network");
  const bool graph = given.is_object() && given.contains("nodes");
  if (!given.is_object() || network + graph + given.contains("layers") != 1) {
    fail("", text(" is ", shown(given), ".", forms));
  }
  if (graph) {
    auto [whole, described] = whole_graph(given, "");
    if (whole.options().inputs.size() > 1) {
      fail("inputs", text(" are ", whole.options().inputs.size(),
                          ", and a network takes one value. Name one, or read it with graph_from_json."));
    }
    if (whole.options().outputs.size() > 1) {
      fail("outputs", text(" are ", whole.options().outputs.size(),
                           ", and a network gives one value. Name one, or read it with graph_from_json."));
    }
    return {std::move(whole), described};
  }
  if (!network) {
    for (const auto& [key, ignored] : given.items()) {
      if (key != "layers")
        fail(key, text(" is not known.", suggestion(key, {"layers"}), " The only key is layers."));
    }
    const auto [layers, described] = list(given["layers"], "layers");
    return {layers, {{"layers", described}}};
  }
  const std::string name = given["network"].is_string() ? given["network"].get<std::string>() : "";
  const NamedNetwork* const network_row = find_row(named_networks(), name);
  if (!network_row) {
    fail("network",
         text(" is ", shown(given["network"]), ".", choices(name, "Networks", network_names_in_order())));
  }
  Json options = given;
  options.erase("network");
  Built built = named_network(*network_row, options, "");
  Json whole{{"network", name}};
  whole.update(built.options);
  return {built.layer, whole};
}

std::pair<Sequential, Json> DescriptionReader::list(const Json& given, const std::string& path) {
  if (!given.is_array() || given.empty())
    fail(path, text(" is ", shown(given), ". Give a list of one layer or more."));
  std::vector<AnyLayer> layers;
  Json described = Json::array();
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string place = text(path, '[', i, ']');
    taken_ = {channels_};
    Built built = layer(given[i], place);
    if (!built.layer.takes(1)) {
      fail(place, text(" takes ", built.layer.takes_in_words(), ", and a list gives it one. Make it a node, ",
                       R"({"add": {}, "inputs": ["a", "b"]}, in {"nodes": {...}}.)"));
    }
    layers.push_back(std::move(built.layer));
    described.push_back(std::move(built.options));
  }
  return {Sequential(std::move(layers)), described};
}

Built DescriptionReader::named_network(const NamedNetwork& network, const Json& given,
                                       const std::string& path) {
  const auto [layer, options] = build(given, path, SegmentationOptions(), network.build);
  return {layer, written_options(options)};
}

Built DescriptionReader::residual(const Json& given, const std::string& path) {
  const Channels before = channels_;
  const auto [layers, described] = list(given, path);
  if (before && channels_ && *before != *channels_) {
    fail(path,
         text(" makes ", *channels_, " channels of ", *before, ". Both are added, so they must agree."));
  }
  return {Residual{layers}, described};
}

Names DescriptionReader::words(const Json& given, const std::string& path) const {
  Names result;
  if (!given.is_array() || given.empty())
    fail(path, text(" is ", shown(given), R"(. Give a list of names, such as ["input"].)"));
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!given[i].is_string()) fail(text(path, '[', i, ']'), text(" is ", shown(given[i]), ". Give a name."));
    result.push_back(given[i].get<std::string>());
  }
  return result;
}

// A layer, as in a list, or {"name": {options}, "inputs": [...]}, or {"layers": [...], "inputs": [...]}.
Built DescriptionReader::node(const Json& given, const std::string& path) {
  if (!given.is_object()) return layer(given, path);
  Json own = given;
  own.erase("inputs");
  if (own.size() == 1 && own.contains("layers")) {
    const auto [layers, described] = list(own["layers"], path + ".layers");
    return {layers, {{"layers", described}}};
  }
  if (own.size() > 1) {
    const Names layers = layer_names_in_order();
    for (const auto& [key, ignored] : own.items()) {
      if (std::find(layers.begin(), layers.end(), key) != layers.end() || key == "layers") continue;
      fail(text(path, '.', key),
           text(" is not known.", suggestion(key, {"inputs", "layers"}),
                R"( A node is one layer and its inputs, {"relu": {}, "inputs": ["a"]}.)"));
    }
    fail(path,
         text(" has ", own.size(), R"( layers. A node is one, or {"layers": [...], "inputs": [...]}.)"));
  }
  if (own.empty())
    fail(path, R"( has no layer. A node is one and its inputs, {"relu": {}, "inputs": ["a"]}.)");
  return layer(own, path);
}

std::pair<Graph, Json> DescriptionReader::whole_graph(const Json& given, const std::string& path) {
  const std::string prefix = path.empty() ? "" : path + '.';
  if (!given.is_object())
    fail(path, text(" is ", shown(given), R"(. Give {"nodes": {"name": layer, ...}}.)"));
  const Names keys{"inputs", "nodes", "outputs"};
  for (const auto& [key, ignored] : given.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      fail(prefix + key, " is not known." + choices(key, "Keys", keys));
  }
  if (!given.contains("nodes") || !given["nodes"].is_object() || given["nodes"].empty()) {
    fail(prefix + "nodes", text(" is ", given.contains("nodes") ? shown(given["nodes"]) : "missing",
                                R"(. Give {"name": layer, ...}.)"));
  }
  GraphNames names{.nodes = {}, .inputs = {"input"}, .outputs = {}};
  if (given.contains("inputs")) names.inputs = words(given["inputs"], prefix + "inputs");
  if (given.contains("outputs")) names.outputs = words(given["outputs"], prefix + "outputs");
  std::vector<const Json*> described;
  for (const auto& [name, value] : given["nodes"].items()) {
    const bool says = value.is_object() && value.contains("inputs");
    names.nodes.push_back(
        {name, says ? words(value["inputs"], text(prefix, "nodes.", name, ".inputs")) : Names()});
    described.push_back(&value);
  }
  const Wiring wiring = wired(op_, prefix, names);
  std::vector<Channels> known(names.inputs.size());  // of each value
  if (names.inputs.size() == 1) known[0] = taken_.front();
  if (names.inputs.size() == taken_.size()) known = taken_;
  GraphOptions options{.nodes = {}, .inputs = names.inputs, .outputs = names.outputs};
  Json nodes = Json::object();
  for (std::size_t i = 0; i < wiring.order.size(); ++i) {
    const auto& [name, inputs] = names.nodes[wiring.order[i]];
    const std::string place = text(prefix, "nodes.", name);
    std::vector<Channels> taken;
    for (const std::size_t value : wiring.reads[i]) taken.push_back(known[value]);
    taken_ = taken;
    channels_ = taken.front();
    Built built = node(*described[wiring.order[i]], place);
    if (!built.layer.takes(inputs.size())) {
      fail(place + ".inputs", text(": ", inputs.size(), inputs.size() == 1 ? " is" : " are",
                                   " named, and the layer takes ", built.layer.takes_in_words(), '.'));
    }
    known.push_back(channels_);
    Json whole = built.options.is_object()  ? built.options
                 : built.options.is_array() ? Json{{"layers", built.options}}
                                            : Json{{built.options.get<std::string>(), Json::object()}};
    whole["inputs"] = inputs;
    nodes[name] = std::move(whole);
    options.nodes.push_back({name, std::move(built.layer), inputs});
  }
  channels_ = known[wiring.outputs.front()];
  return {Graph(std::move(options)),
          {{"inputs", names.inputs}, {"nodes", std::move(nodes)}, {"outputs", names.outputs}}};
}

Built DescriptionReader::nested_graph(const Json& given, const std::string& path) {
  auto [graph, described] = whole_graph(given, path);
  if (graph.options().outputs.size() > 1)
    fail(path + ".outputs",
         text(" are ", graph.options().outputs.size(), ", and a layer gives one value. Name one."));
  return {std::move(graph), described};
}

Built DescriptionReader::layer(const Json& given, const std::string& path) {
  if (given.is_array()) {
    const auto [layers, described] = list(given, path);
    return {layers, described};
  }
  if (!given.is_string() && !(given.is_object() && given.size() == 1)) {
    fail(path, text(" is ", shown(given), R"(. Give "name", {"name": {options}} or a list of layers.)"));
  }
  const std::string name = given.is_string() ? given.get<std::string>() : given.begin().key();
  const std::string below = path + '.' + name;
  const LayerEntry* const entry = find_row(layer_table(), name);
  const NamedNetwork* const whole = find_row(named_networks(), name);
  if (!entry && !whole) fail(below, " is no layer." + choices(name, "Layers", layer_names_in_order()));
  const Json& options = given.is_string() ? Json::object() : given.begin().value();
  channels_.one_pixel = false;  // an entry that knows better gives it
  Built built = entry ? entry->build(*this, options, below) : named_network(*whole, options, below);
  if (built.options.empty()) return {built.layer, name};
  return {built.layer, {{name, built.options}}};
}

Json DescriptionReader::parsed(std::string_view given) const {
  ParsedJson parsed = parse_json(given);
  if (parsed.fault.empty()) return std::move(parsed.value);
  if (parsed.byte > 0) fail("", text(' ', parsed.fault, ". It has ", given.size(), " bytes.", forms));
  fail("", text(' ', parsed.fault, ". ", parsed.remedy));
}

}  // namespace trous::detail
