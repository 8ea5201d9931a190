// The table of networks, from which `trous train --model`, {"network": name} and their error texts take the
// names. Programs add their own.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include <trous/layers/networks.h>
#include <trous/layers/sequential.h>

namespace trous {

/// A network and its options, with the network's own defaults filled in.
struct BuiltNetwork {
  AnyLayer layer;
  SegmentationOptions options;
};

/// Throws ArgumentError unless all options but in_channels and classes have their first values.
void check_channels_alone(const SegmentationOptions& options);

/// A network that has a name.
///
///   NamedNetwork::of<UNet>("unet")
struct NamedNetwork {
  std::string_view name;
  /// Throws what the network throws for its options.
  BuiltNetwork (*build)(const SegmentationOptions& options) = nullptr;
  bool per_pixel = true;  ///< whether it gives the logits of each pixel, or else of each image

  /// The row of a network that is made of its options: Network(const SegmentationOptions&). Where it has a
  /// member `options`, these are what describes it, with its own defaults filled in. A network without one
  /// takes channels and classes alone, and refuses others.
  template <class Network>
  static constexpr NamedNetwork of(std::string_view name, bool per_pixel = true) {
    return {name,
            [](const SegmentationOptions& given) -> BuiltNetwork {
              if constexpr (!requires(Network network) { SegmentationOptions(network.options); })
                check_channels_alone(given);
              Network network(given);
              SegmentationOptions options = given;
              if constexpr (requires { options = network.options; }) options = network.options;
              return {std::move(network), options};
            },
            per_pixel};
  }
};

/// The table of networks: those of trous, then those that were added.
std::span<const NamedNetwork> named_networks();

/// Adds a network, so that network_from_json, load_network and the program know its name. Throws
/// ArgumentError for the name of a layer, as NamedTable::add, and without `build`.
void add_named_network(const NamedNetwork& network);

}  // namespace trous
