#include <algorithm>
#include <utility>

#include <trous/layers/detail/blocks.h>
#include <trous/layers/dlink.h>
#include <trous/ops/arithmetic.h>

namespace trous {

Variable ResidualStage::operator()(const Variable& x, Pass& pass) const {
  const Variable y = down(x, pass);
  return y + second(first(y, pass), pass);
}

Variable LinkStep::operator()(const Variable& x, const Variable& skipped, Pass& pass) const {
  return expand(up(squeeze(x, pass), skipped, pass), pass) + skipped;
}

DLink::DLink(const SegmentationOptions& o)
    : options(detail::resolved(o, 12, 4)),
      stem(detail::Blocks(o).conv(o.in_channels, options.width)),
      head(detail::Blocks(o).classifier(options.width)) {
  const detail::Blocks blocks(o);
  const std::int64_t w = options.width;
  std::int64_t in = w;
  for (const std::int64_t out : {2 * w, 4 * w}) {
    encoder.push_back({blocks.conv(in, out, 2), blocks.conv(out, out), blocks.conv(out, out)});
    in = out;
  }
  for (const int rate : {1, 2, 4, 8}) centre.push_back(blocks.atrous(in, in, rate));
  for (const std::int64_t out : {2 * w, w}) {
    const std::int64_t inside = std::max<std::int64_t>(1, in / 4);
    decoder.push_back({blocks.point(in, inside), blocks.up(inside, inside), blocks.point(inside, out)});
    in = out;
  }
}

Variable DLink::operator()(const Variable& x, Pass& pass) const {
  std::vector<Variable> skipped{stem(x, pass)};
  for (const ResidualStage& stage : encoder) skipped.push_back(stage(skipped.back(), pass));
  Variable y = std::move(skipped.back());
  skipped.pop_back();
  Variable sum = y;
  for (const auto& block : centre) {
    y = block(y, pass);
    sum = sum + y;
  }
  for (const LinkStep& step : decoder) {
    sum = step(sum, skipped.back(), pass);
    skipped.pop_back();
  }
  return head(sum, pass);
}

}  // namespace trous
