// The table of layers that descriptions of networks may name.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <trous/layers/detail/description_reader.h>

namespace trous::detail {

/// A name, and the layer that it stands for.
struct LayerEntry {
  std::string_view name;
  /// The layer with the options in `given`, which stand at `path`.
  Built (*build)(DescriptionReader& reader, const Json& given, const std::string& path);
};

/// The only list of layers, in alphabetical order; networks, which are layers as well, are in named_networks.
std::span<const LayerEntry> layer_table();

/// The names of the networks, and those of all layers and networks, in alphabetical order.
Names network_names_in_order();
Names layer_names_in_order();

}  // namespace trous::detail
