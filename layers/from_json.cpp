#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <trous/core/choices.h>
#include <trous/core/suggestion.h>
#include <trous/layers/dense.h>
#include <trous/layers/detail/json_values.h>
#include <trous/layers/from_json.h>
#include <trous/layers/named_networks.h>
#include <trous/layers/resample.h>
#include <trous/ops/pointwise.h>

namespace trous {
namespace {

using detail::choices, detail::Json, detail::Names, detail::read_value, detail::shown, detail::written;

constexpr const char* forms = R"( Give {"network": name, ...} or {"layers": [...]}.)";

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

 private:
  [[noreturn]] void fail(const std::string& path, const std::string& fact) const {
    detail::fail({op_, path}, fact);
  }

  Json parsed(std::string_view given) const;
  std::pair<Sequential, Json> list(const Json& given, const std::string& path);
  Built layer(const Json& given, const std::string& path);

  template <class Options>
  void read(const Json& given, const std::string& path, Options& options);
  template <class T>
  void read_member(const Json& given, const std::string& path, std::string_view key, T& member, bool needed);

  std::string_view op_;
  std::optional<std::int64_t> channels_;
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

struct Entry {
  std::string_view name;
  Built (*build)(Reader& reader, const Json& given, const std::string& path);
};

// The only list of layers; networks, which are layers as well, are in named_networks.
constexpr std::array entries{
    Entry{"abs", function_of<abs>},
    Entry{"atrous_conv2d", layer_of<AtrousConv2d>},
    Entry{"atrous_conv2d_norm_relu", norm_relu_of<AtrousConv2d>},
    Entry{"atrous_conv2d_transpose", layer_of<AtrousConv2dTranspose>},
    Entry{"atrous_conv2d_transpose_norm_relu", norm_relu_of<AtrousConv2dTranspose>},
    Entry{"average_pool2d", layer_of<AveragePool2d>},
    Entry{"batch_norm", layer_of<BatchNorm>},
    Entry{"conv2d", layer_of<Conv2d>},
    Entry{"conv2d_norm_relu", norm_relu_of<Conv2d>},
    Entry{"conv2d_transpose", layer_of<Conv2dTranspose>},
    Entry{"conv2d_transpose_norm_relu", norm_relu_of<Conv2dTranspose>},
    Entry{"dense", layer_of<Dense>},
    Entry{"dropout", layer_of<Dropout>},
    Entry{"exp", function_of<exp>},
    Entry{"log", function_of<log>},
    Entry{"max_pool2d", layer_of<MaxPool2d>},
    Entry{"relu", function_of<relu>},
    Entry{"residual",
          [](Reader& r, const Json& given, const std::string& path) { return r.residual(given, path); }},
    Entry{"resize_bilinear", layer_of<ResizeBilinear>},
    Entry{"resize_nearest", layer_of<ResizeNearest>},
    Entry{"sigmoid", function_of<sigmoid>},
    Entry{"sqrt", function_of<sqrt>},
    Entry{"tanh", function_of<tanh>},
};

Names sorted(const std::vector<std::string_view>& names) {
  Names result(names.begin(), names.end());
  std::sort(result.begin(), result.end());
  return result;
}

Built Reader::description(const Json& given) {
  const bool network = given.is_object() && given.contains("network");
  if (!given.is_object() || network == given.contains("layers")) {
    fail("", text(" is ", shown(given), ".", forms));
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
    Built built = layer(given[i], text(path, '[', i, ']'));
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
  const std::optional<std::int64_t> before = channels_;
  const auto [layers, described] = list(given, path);
  if (before && channels_ && *before != *channels_) {
    fail(path,
         text(" makes ", *channels_, " channels of ", *before, ". Both are added, so they must agree."));
  }
  return {Residual{layers}, described};
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
  std::optional<std::int64_t> out = channels_;
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
