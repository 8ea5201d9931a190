#include <array>

#include <trous/layers/named_networks.h>

namespace trous {
namespace {

template <class Network>
BuiltNetwork built(const SegmentationOptions& options) {
  const Network network(options);
  return {network, network.options};
}

// The only list of networks.
constexpr std::array networks{
    NamedNetwork{"small-dilated", built<SmallDilated>},
    NamedNetwork{"deep-dilated", built<DeepDilated>},
    NamedNetwork{"mirror-context", built<MirrorContext>},
};

}  // namespace

std::span<const NamedNetwork> named_networks() { return networks; }

}  // namespace trous
