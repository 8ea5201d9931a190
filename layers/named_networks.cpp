#include <array>

#include <trous/core/named_table.h>
#include <trous/layers/classifier.h>
#include <trous/layers/detail/layer_table.h>
#include <trous/layers/dlink.h>
#include <trous/layers/mini_deeplab.h>
#include <trous/layers/named_networks.h>
#include <trous/layers/unet.h>

namespace trous {
namespace {

// The networks of trous. A new one is its struct and a row of this list.
constexpr std::array networks{
    NamedNetwork::of<SmallDilated>("small-dilated"),
    NamedNetwork::of<DeepDilated>("deep-dilated"),
    NamedNetwork::of<MirrorContext>("mirror-context"),
    NamedNetwork::of<UNet>("unet"),
    NamedNetwork::of<DilatedUNet>("dilated-unet"),
    NamedNetwork::of<DLink>("dlink"),
    NamedNetwork::of<MiniDeepLab>("mini-deeplab"),
    NamedNetwork::of<SmallClassifier>("small-classifier", false),
};

NamedTable<NamedNetwork>& network_table() {
  static NamedTable<NamedNetwork> table("network", networks);
  return table;
}

}  // namespace

std::span<const NamedNetwork> named_networks() { return network_table().rows(); }

void add_named_network(const NamedNetwork& network) {
  if (find_row(detail::layer_table(), network.name)) {
    throw ArgumentError(text("network: \"", network.name,
                             "\" cannot be added. There is a layer of this name. Choose another."));
  }
  if (!network.build) {
    throw ArgumentError(text("network: \"", network.name,
                             "\" has no build. Give the function that makes it, or NamedNetwork::of."));
  }
  network_table().add(network);
}

}  // namespace trous
