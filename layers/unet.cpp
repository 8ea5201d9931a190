#include <utility>

#include <trous/layers/detail/blocks.h>
#include <trous/layers/unet.h>
#include <trous/ops/join.h>

namespace trous {
namespace {

ConvPair pair(std::int64_t in, std::int64_t out, PerAxis kernel) {
  return {detail::conv(in, out, kernel, 1), detail::conv(out, out, kernel, 1)};
}

}  // namespace

Variable UNetStep::operator()(Variable x, Variable skipped, Pass& pass) const {
  x = up(x, skipped, pass);
  x = concat({std::move(x), std::move(skipped)}, -1);
  return fuse(x, pass);
}

UNet::UNet(const SegmentationOptions& o, const std::vector<int>& bottom_rates)
    : options(detail::resolved(o, 8, 8)),
      pool({.padding = Padding::same}),
      head(detail::classifier(options.width, o.classes)) {
  const std::int64_t w = options.width;
  std::int64_t in = o.in_channels;
  for (const std::int64_t out : {w, 2 * w, 4 * w}) {
    encoder.push_back(pair(in, out, o.kernel));
    in = out;
  }
  for (const int rate : bottom_rates) {
    bottom.push_back(detail::atrous(in, 8 * w, o.kernel, rate));
    in = 8 * w;
  }
  for (const std::int64_t out : {4 * w, 2 * w, w}) {
    decoder.push_back({detail::conv_transpose(in, out, 2, 2), pair(2 * out, out, o.kernel)});
    in = out;
  }
}

Variable UNet::operator()(const Variable& x, Pass& pass) const {
  std::vector<Variable> skipped;
  Variable y = x;
  for (const ConvPair& level : encoder) {
    skipped.push_back(level(y, pass));
    y = pool(skipped.back());
  }
  for (const auto& block : bottom) y = block(y, pass);
  for (const UNetStep& step : decoder) {
    Variable beside = std::move(skipped.back());
    skipped.pop_back();
    y = step(std::move(y), std::move(beside), pass);
  }
  return head(y, pass);
}

}  // namespace trous
