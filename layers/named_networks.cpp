#include <array>

#include <trous/layers/classifier.h>
#include <trous/layers/dlink.h>
#include <trous/layers/mini_deeplab.h>
#include <trous/layers/named_networks.h>
#include <trous/layers/unet.h>

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
    NamedNetwork{"unet", built<UNet>},
    NamedNetwork{"dilated-unet", built<DilatedUNet>},
    NamedNetwork{"dlink", built<DLink>},
    NamedNetwork{"mini-deeplab", built<MiniDeepLab>},
    NamedNetwork{"small-classifier", built<SmallClassifier>, false},
};

}  // namespace

std::span<const NamedNetwork> named_networks() { return networks; }

}  // namespace trous
