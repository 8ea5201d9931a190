#include <utility>

#include <trous/layers/detail/blocks.h>
#include <trous/layers/unet.h>
#include <trous/ops/join.h>

namespace trous {
namespace {

ConvPair pair(const detail::Blocks& blocks, std::int64_t in, std::int64_t out) {
  return {blocks.conv(in, out), blocks.conv(out, out)};
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
      head(detail::Blocks(o).classifier(options.width)) {
  const detail::Blocks blocks(o);
  const std::int64_t w = options.width;
  std::int64_t in = o.in_channels;
  for (const std::int64_t out : {w, 2 * w, 4 * w}) {
    encoder.push_back(pair(blocks, in, out));
    in = out;
  }
  for (const int rate : bottom_rates) {
    bottom.push_back(blocks.atrous(in, 8 * w, rate));
    in = 8 * w;
  }
  for (const std::int64_t out : {4 * w, 2 * w, w}) {
    decoder.push_back({blocks.up_apart(in, out), pair(blocks, 2 * out, out)});
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
