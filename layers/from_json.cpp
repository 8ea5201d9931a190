#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <trous/core/choices.h>
#include <trous/core/suggestion.h>
#include <trous/layers/dense.h>
#include <trous/layers/detail/json_values.h>
#include <trous/layers/detail/wiring.h>
#include <trous/layers/from_json.h>
#include <trous/layers/join.h>
#include <trous/layers/named_networks.h>
#include <trous/layers/resample.h>
#include <trous/ops/activations.h>
#include <trous/ops/pointwise.h>

namespace trous {
namespace {

using detail::choices, detail::Json, detail::Names, detail::read_value, detail::shown, detail::written;

constexpr const char* forms = R"( Give {"network": name, ...}, {"layers": [...]} or {"nodes": {...}}.)";

using Channels = std::optional<std::int64_t>;  // absent where nothing has determined them

struct Built {
  AnyLayer layer;
  Json options;  // resolved
};

// Builds the layers of a description and keeps count of the channels between them.
class Reader {
 public:
  explicit Reader(std::string_view op) : op_(op) {}
  /// The network, and its whole description.
  Built description(const Json& given);
  Built description(std::string_view given) { return description(parsed(given)); }

  Graph graph(std::string_view given) { return whole_graph(parsed(given), "").first; }

  /// Returns make_of(options), with the members that `given` names changed.
  template <class Options, class Build>
  auto build(const Json& given, const std::string& path, Options options, const Build& make_of) {
    read(given, path, options);
    try {
      return make_of(options);
    } catch (const Error& error) {  // what layers refuse when they are made
      fail(path, text(": ", error.what()));
    }
  }

  /// `Layer` from the options that `given` changes in `options`.
  template <class Layer, class Options>
  Layer make(const Json& given, const std::string& path, Options options = {}) {
    return build(given, path, options, [](const Options& chosen) { return Layer(chosen); });
  }

  Built named_network(const NamedNetwork& network, const Json& given, const std::string& path);
  Built residual(const Json& given, const std::string& path);
  Built depthwise(const Json& given, const std::string& path);
  Built nested_graph(const Json& given, const std::string& path);

  /// The channels of the values that the layer at hand takes.
  const std::vector<Channels>& taken() const { return taken_; }
  /// Sets the channels that the layer at hand gives.
  void give(Channels channels) { channels_ = channels; }
  [[noreturn]] void fail(const std::string& path, const std::string& fact) const {
    detail::fail({op_, path}, fact);
  }

 private:
  Json parsed(std::string_view given) const;
  std::pair<Sequential, Json> list(const Json& given, const std::string& path);
  Built layer(const Json& given, const std::string& path);
  std::pair<Graph, Json> whole_graph(const Json& given, const std::string& path);
  Built node(const Json& given, const std::string& path);
  Names words(const Json& given, const std::string& path) const;

  template <class Options>
  void read(const Json& given, const std::string& path, Options& options);
  template <class T>
  void read_member(const Json& given, const std::string& path, std::string_view key, T& member, bool needed);

  std::string_view op_;
  Channels channels_;
  std::vector<Channels> taken_{Channels()};
};

template <class Options>
Json written_options(const Options& options) {
  Json result = Json::object();
  Options::parts(options, [&](std::string_view key, const auto& member, auto...) {
    result[std::string(key)] = written(member);
  });
  return result;
}

// The layer that a name stands for.
template <class Layer, class Options = decltype(Layer::options)>
Built layer_of(Reader& reader, const Json& given, const std::string& path) {
  const auto layer = reader.make<Layer, Options>(given, path);
  return {layer, written_options(layer.options)};
}

template <class Conv>
struct NormReluOf : ConvNormRelu<Conv> {
  explicit NormReluOf(const decltype(Conv::options)& o)
      : ConvNormRelu<Conv>{Conv(o), BatchNorm{{.channels = o.out_channels}}} {}
};

template <class Conv>
Built norm_relu_of(Reader& reader, const Json& given, const std::string& path) {
  decltype(Conv::options) initial{};
  initial.bias = false;  // the norm has an offset
  const ConvNormRelu<Conv> layer = reader.make<NormReluOf<Conv>>(given, path, initial);
  return {layer, written_options(layer.conv.options)};
}

struct NoOptions {
  static void parts(auto&, auto&&) {}
};

template <Variable (*function)(const Variable&)>
struct FunctionLayer {
  explicit FunctionLayer(const NoOptions&) {}
  Variable operator()(const Variable& x) const { return function(x); }
  static constexpr NoOptions options{};
};

template <Variable (*function)(const Variable&)>
Built function_of(Reader& reader, const Json& given, const std::string& path) {
  return {reader.make<FunctionLayer<function>, NoOptions>(given, path), Json::object()};
}

// A layer that takes several values; `channels_of(reader, path)` are those of what it gives.
template <class Layer, Channels (*channels_of)(const Reader&, const std::string&)>
Built join_of(Reader& reader, const Json& given, const std::string& path) {
  reader.make<FunctionLayer<abs>, NoOptions>(given, path);  // refuses options
  reader.give(channels_of(reader, path));
  return {Layer(), Json::object()};
}

// Of values that are combined pixel by pixel: all have the same channels, or one.
Channels common_channels(const Reader& reader, const std::string& path) {
  Channels common;
  bool all_known = true;
  for (const Channels channels : reader.taken()) {
    all_known = all_known && channels;
    if (!channels) continue;
    if (common && *common != *channels && *common != 1 && *channels != 1) {
      reader.fail(path,
                  text(" takes ", *common, " and ", *channels,
                       " channels. They are combined one by one, so they must agree, or one must be 1."));
    }
    common = std::max(common.value_or(1), *channels);
  }
  return all_known || common > 1 ? common : std::nullopt;  // beside one channel the others count
}

Channels summed_channels(const Reader& reader, const std::string&) {
  std::int64_t sum = 0;
  for (const Channels channels : reader.taken()) {
    if (!channels) return std::nullopt;
    sum += *channels;
  }
  return sum;
}

Channels first_channels(const Reader& reader, const std::string&) { return reader.taken().front(); }

Variable standard_gelu(const Variable& x) { return gelu(x); }

struct Entry {
  std::string_view name;
  Built (*build)(Reader& reader, const Json& given, const std::string& path);
};

// The only list of layers; networks, which are layers as well, are in named_networks.
constexpr std::array entries{
    Entry{"abs", function_of<abs>},
    Entry{"add", join_of<Add, common_channels>},
    Entry{"atrous_conv2d", layer_of<AtrousConv2d>},
    Entry{"atrous_conv2d_norm_relu", norm_relu_of<AtrousConv2d>},
    Entry{"atrous_conv2d_transpose", layer_of<AtrousConv2dTranspose>},
    Entry{"atrous_conv2d_transpose_norm_relu", norm_relu_of<AtrousConv2dTranspose>},
    Entry{"average_pool2d", layer_of<AveragePool2d>},
    Entry{"batch_norm", layer_of<BatchNorm>},
    Entry{"concat", join_of<Concat, summed_channels>},
    Entry{"conv2d", layer_of<Conv2d>},
    Entry{"conv2d_norm_relu", norm_relu_of<Conv2d>},
    Entry{"conv2d_transpose", layer_of<Conv2dTranspose>},
    Entry{"conv2d_transpose_norm_relu", norm_relu_of<Conv2dTranspose>},
    Entry{"cos", function_of<cos>},
    Entry{"dense", layer_of<Dense>},
    Entry{"depthwise_conv2d",
          [](Reader& r, const Json& given, const std::string& path) { return r.depthwise(given, path); }},
    Entry{"dropout", layer_of<Dropout>},
    Entry{"erf", function_of<erf>},
    Entry{"exp", function_of<exp>},
    Entry{"expm1", function_of<expm1>},
    Entry{"gelu", function_of<standard_gelu>},
    Entry{"global_average_pool", function_of<global_average_pool>},
    Entry{"graph",
          [](Reader& r, const Json& given, const std::string& path) { return r.nested_graph(given, path); }},
    Entry{"hardswish", function_of<hardswish>},
    Entry{"log", function_of<log>},
    Entry{"log1p", function_of<log1p>},
    Entry{"max_pool2d", layer_of<MaxPool2d>},
    Entry{"multiply", join_of<Multiply, common_channels>},
    Entry{"relu", function_of<relu>},
    Entry{"residual",
          [](Reader& r, const Json& given, const std::string& path) { return r.residual(given, path); }},
    Entry{"resize_bilinear", layer_of<ResizeBilinear>},
    Entry{"resize_bilinear_like", join_of<ResizeBilinearLike, first_channels>},
    Entry{"resize_nearest", layer_of<ResizeNearest>},
    Entry{"resize_nearest_like", join_of<ResizeNearestLike, first_channels>},
    Entry{"separable_conv2d", layer_of<SeparableConv2d>},
    Entry{"separable_conv2d_norm_relu", norm_relu_of<SeparableConv2d>},
    Entry{"sigmoid", function_of<sigmoid>},
    Entry{"silu", function_of<silu>},
    Entry{"sin", function_of<sin>},
    Entry{"sqrt", function_of<sqrt>},
    Entry{"subtract", join_of<Subtract, common_channels>},
    Entry{"tanh", function_of<tanh>},
};

Names sorted(const std::vector<std::string_view>& names) {
  Names result(names.begin(), names.end());
  std::sort(result.begin(), result.end());
  return result;
}

Built Reader::description(const Json& given) {
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
    fail("network", text(" is ", shown(given["network"]), ".", choices(name, "Networks", network_names())));
  }
  Json options = given;
  options.erase("network");
  Built built = named_network(*network_row, options, "");
  Json whole{{"network", name}};
  whole.update(built.options);
  return {built.layer, whole};
}

std::pair<Sequential, Json> Reader::list(const Json& given, const std::string& path) {
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

Built Reader::named_network(const NamedNetwork& network, const Json& given, const std::string& path) {
  const auto [layer, options] = build(given, path, SegmentationOptions(), network.build);
  return {layer, written_options(options)};
}

Built Reader::residual(const Json& given, const std::string& path) {
  const Channels before = channels_;
  const auto [layers, described] = list(given, path);
  if (before && channels_ && *before != *channels_) {
    fail(path,
         text(" makes ", *channels_, " channels of ", *before, ". Both are added, so they must agree."));
  }
  return {Residual{layers}, described};
}

Names Reader::words(const Json& given, const std::string& path) const {
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
Built Reader::node(const Json& given, const std::string& path) {
  if (!given.is_object()) return layer(given, path);
  Json own = given;
  own.erase("inputs");
  if (own.size() == 1 && own.contains("layers")) {
    const auto [layers, described] = list(own["layers"], path + ".layers");
    return {layers, {{"layers", described}}};
  }
  if (own.size() > 1) {
    const Names layers = layer_names();
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

std::pair<Graph, Json> Reader::whole_graph(const Json& given, const std::string& path) {
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
  detail::GraphNames names{.nodes = {}, .inputs = {"input"}, .outputs = {}};
  if (given.contains("inputs")) names.inputs = words(given["inputs"], prefix + "inputs");
  if (given.contains("outputs")) names.outputs = words(given["outputs"], prefix + "outputs");
  std::vector<const Json*> described;
  for (const auto& [name, value] : given["nodes"].items()) {
    const bool says = value.is_object() && value.contains("inputs");
    names.nodes.push_back(
        {name, says ? words(value["inputs"], text(prefix, "nodes.", name, ".inputs")) : Names()});
    described.push_back(&value);
  }
  const detail::Wiring wiring = detail::wired(op_, prefix, names);
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

Built Reader::depthwise(const Json& given, const std::string& path) {
  const auto layer = make<DepthwiseConv2d, DepthwiseConv2dLayerOptions>(given, path);
  channels_ = layer.options.channels * layer.options.multiplier;
  return {layer, written_options(layer.options)};
}

Built Reader::nested_graph(const Json& given, const std::string& path) {
  auto [graph, described] = whole_graph(given, path);
  if (graph.options().outputs.size() > 1)
    fail(path + ".outputs",
         text(" are ", graph.options().outputs.size(), ", and a layer gives one value. Name one."));
  return {std::move(graph), described};
}

Built Reader::layer(const Json& given, const std::string& path) {
  if (given.is_array()) {
    const auto [layers, described] = list(given, path);
    return {layers, described};
  }
  if (!given.is_string() && !(given.is_object() && given.size() == 1)) {
    fail(path, text(" is ", shown(given), R"(. Give "name", {"name": {options}} or a list of layers.)"));
  }
  const std::string name = given.is_string() ? given.get<std::string>() : given.begin().key();
  const std::string below = path + '.' + name;
  const Entry* const entry = find_row(entries, name);
  const NamedNetwork* const whole = find_row(named_networks(), name);
  if (!entry && !whole) fail(below, " is no layer." + choices(name, "Layers", layer_names()));
  const Json& options = given.is_string() ? Json::object() : given.begin().value();
  Built built = entry ? entry->build(*this, options, below) : named_network(*whole, options, below);
  if (built.options.empty()) return {built.layer, name};
  return {built.layer, {{name, built.options}}};
}

template <class Options>
void Reader::read(const Json& given, const std::string& path, Options& options) {
  if (!given.is_object()) fail(path, text(" is ", shown(given), ". Give its options as {\"name\": value}."));
  Names keys;
  Options::parts(options, [&](std::string_view key, auto&, auto...) { keys.emplace_back(key); });
  const std::string prefix = path.empty() ? "" : path + '.';
  for (const auto& [key, ignored] : given.items()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    fail(prefix + key,
         " is not known." + (keys.empty() ? " There are no options." : choices(key, "Options", keys)));
  }
  Channels out = channels_;
  Options::parts(options, [&]<class T>(std::string_view key, T& member, auto... tag) {
    read_member(given, prefix + std::string(key), key, member, sizeof...(tag) > 0);
    if constexpr (std::same_as<T, std::int64_t>) {
      if (key == "channels" || key == "out_channels" || key == "out_features" || key == "classes")
        out = member;
    }
  });
  channels_ = out;
}

template <class T>
void Reader::read_member(const Json& given, const std::string& path, std::string_view key, T& member,
                         bool needed) {
  const bool takes_channels = key == "channels" || key == "in_channels" || key == "in_features";
  const auto found = given.find(key);
  if (found != given.end()) read_value(*found, {op_, path}, member);
  if constexpr (std::same_as<T, std::int64_t>) {
    if (takes_channels && channels_) {
      if (found == given.end()) member = *channels_;
      if (member != *channels_)
        fail(path, text(" is ", member, ", but what comes before gives ", *channels_, " channels."));
      return;
    }
  }
  if (found == given.end() && needed) {
    fail(path,
         text(" is missing.", takes_channels ? " No layer before says how many channels there are." : "",
              " Give a whole number."));
  }
}

Json Reader::parsed(std::string_view given) const {
  detail::ParsedJson parsed = detail::parse_json(given);
  if (parsed.fault.empty()) return std::move(parsed.value);
  if (parsed.byte > 0) fail("", text(' ', parsed.fault, ". It has ", given.size(), " bytes.", forms));
  fail("", text(' ', parsed.fault, ". ", parsed.remedy));
}

}  // namespace

AnyLayer network_from_json(std::string_view description) {
  return Reader("network_from_json").description(description).layer;
}

Graph graph_from_json(std::string_view description) { return Reader("graph_from_json").graph(description); }

std::string resolved_description(std::string_view description) {
  return Reader("resolved_description").description(description).options.dump();
}

std::string network_description(std::string_view network, const SegmentationOptions& options) {
  Json given{{"network", network}};
  given.update(written_options(options));
  return Reader("network_description").description(given).options.dump();
}

std::vector<std::string> network_names() { return sorted(names_in(named_networks())); }

std::vector<std::string> layer_names() {
  std::vector<std::string_view> names = names_in(entries);
  for (const NamedNetwork& network : named_networks()) names.push_back(network.name);
  return sorted(names);
}

}  // namespace trous
