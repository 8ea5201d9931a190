#include <trous/layers/classifier.h>
#include <trous/layers/detail/blocks.h>
#include <trous/layers/join.h>
#include <trous/ops/arithmetic.h>

namespace trous {

Variable ClassifierStage::operator()(const Variable& x, Pass& pass) const {
  Variable y = down(x, pass);
  for (const auto& block : blocks) y = y + block(y, pass);
  return y;
}

SmallClassifier::SmallClassifier(const SegmentationOptions& o)
    : options(detail::resolved(o, 16, 4)),
      stem(detail::Blocks(o).conv(o.in_channels, options.width)),
      head({.in_features = 4 * options.width, .out_features = o.classes}) {
  const detail::Blocks blocks(o);
  const std::int64_t w = options.width;
  std::int64_t in = w;
  for (const std::int64_t out : {2 * w, 4 * w}) {
    stages.push_back({blocks.conv(in, out, 2), {blocks.atrous(out, out, 1), blocks.atrous(out, out, 2)}});
    in = out;
  }
}

Variable SmallClassifier::operator()(const Variable& x, Pass& pass) const {
  Variable y = stem(x, pass);
  for (const ClassifierStage& stage : stages) y = stage(y, pass);
  return head(Flatten()(global_average_pool(y)), pass);
}

}  // namespace trous
