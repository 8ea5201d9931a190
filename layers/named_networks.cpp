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

void check_channels_alone(const SegmentationOptions& options) {
  const SegmentationOptions plain;
  const char* const given = options.width != plain.width             ? "width"
                            : options.kernel != plain.kernel         ? "kernel"
                            : options.norm != plain.norm             ? "norm"
                            : options.activation != plain.activation ? "activation"
                                                                     : nullptr;
  if (!given) return;
  throw ArgumentError(text("SegmentationOptions: ", given,
                           " is given, and this network takes in_channels and "
                           "classes alone. Leave it out, or give the network a member `options`."));
}

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
