// The table of networks, from which `trous train --model`, {"network": name} and their error texts take the
// names.
#pragma once

#include <span>
#include <string_view>

#include <trous/layers/networks.h>
#include <trous/layers/sequential.h>

namespace trous {

/// A network and its options, with the network's own defaults filled in.
struct BuiltNetwork {
  AnyLayer layer;
  SegmentationOptions options;
};

/// A network that has a name.
struct NamedNetwork {
  std::string_view name;
  /// Throws what the network throws for its options.
  BuiltNetwork (*build)(const SegmentationOptions& options);
  bool per_pixel = true;  ///< whether it gives the logits of each pixel, or else of each image
};

/// The table of networks. A new network is its struct and a row of it.
std::span<const NamedNetwork> named_networks();

}  // namespace trous
