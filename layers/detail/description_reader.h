// Reads descriptions of networks, in three forms: by name, as a list of layers, as a graph of nodes.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <trous/layers/detail/json_values.h>
#include <trous/layers/graph.h>
#include <trous/layers/named_networks.h>

namespace trous::detail {

/// A number of channels; absent where nothing has determined it.
struct Channels : std::optional<std::int64_t> {
  using std::optional<std::int64_t>::optional;

  /// Whether each image is known to be one pixel, so that its numbers are its channels.
  bool one_pixel = false;
};

/// A layer, and its options written out.
struct Built {
  AnyLayer layer;
  Json options;
};

/// Builds the layers of a description and keeps count of the channels between them. Errors are ArgumentError:
/// "op: nodes.fuse.inputs[1]: ...".
class DescriptionReader {
 public:
  explicit DescriptionReader(std::string_view op) : op_(op) {}
  /// The network, and its whole description.
  Built description(const Json& given);
  Built description(std::string_view given) { return description(parsed(given)); }

  /// The graph of a description with "nodes".
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

/// All options under their names.
template <class Options>
Json written_options(const Options& options) {
  Json result = Json::object();
  Options::parts(options, [&](std::string_view key, const auto& member, auto...) {
    result[std::string(key)] = written(member);
  });
  return result;
}

template <class Options>
void DescriptionReader::read(const Json& given, const std::string& path, Options& options) {
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
void DescriptionReader::read_member(const Json& given, const std::string& path, std::string_view key,
                                    T& member, bool needed) {
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

}  // namespace trous::detail
