// The networks whose training step is timed, by name, with the same first weights in every program.
#pragma once

#include <string>

#include <trous/benchmarks/reference_net.h>
#include <trous/core/error.h>
#include <trous/layers/initializers.h>
#include <trous/layers/mini_deeplab.h>
#include <trous/layers/unet.h>

namespace trous::benchmarks {

/// Throws ArgumentError with the names that there are.
[[noreturn]] inline void no_step_net(const std::string& name) {
  throw ArgumentError(text("--net ", name, ": there is reference, unet and mini-deeplab."));
}

/// Returns f(net), the net that `name` means, initialised, of images with 3 channels. Throws ArgumentError if
/// there is none of that name.
auto with_step_net(const std::string& name, auto&& f) {
  const SegmentationOptions options{.in_channels = 3, .classes = reference_classes};
  const auto initialized = [](auto net) {
    initialize(net, Key{4});
    return net;
  };
  if (name == "reference") return f(initialized(ReferenceNet()));
  if (name == "unet") return f(initialized(UNet(options)));
  if (name == "mini-deeplab") return f(initialized(MiniDeepLab(options)));
  no_step_net(name);
}

}  // namespace trous::benchmarks
