#include <trous/layers/detail/blocks.h>
#include <trous/layers/networks.h>
#include <trous/ops/arithmetic.h>

namespace trous {
namespace {

using detail::Blocks, detail::resolved;

// Atrous convolutions that keep height, width and channels, in a row: far sight at no loss of detail.
std::vector<ConvNormRelu<AtrousConv2d>> dilated_context(const Blocks& blocks, std::int64_t channels) {
  std::vector<ConvNormRelu<AtrousConv2d>> context;
  for (const int rate : {2, 4, 8, 4, 2}) context.push_back(blocks.atrous(channels, channels, rate));
  return context;
}

// Each block adds to what goes through it.
Variable through(const std::vector<ConvNormRelu<AtrousConv2d>>& context, Variable y, Pass& pass) {
  for (const auto& block : context) y = y + block(y, pass);
  return y;
}

}  // namespace

SmallDilated::SmallDilated(const SegmentationOptions& o)
    : options(resolved(o, 16)),
      stem(Blocks(o).conv(o.in_channels, options.width)),
      down(Blocks(o).conv(options.width, 2 * options.width, 2)),
      context(dilated_context(Blocks(o), 2 * options.width)),
      up(Blocks(o).up(2 * options.width, options.width)),
      head(Blocks(o).classifier(options.width)) {}

Variable SmallDilated::operator()(const Variable& x, Pass& pass) const {
  const Variable fine = stem(x, pass);
  const Variable y = through(context, down(fine, pass), pass);
  return head(fine + up(y, fine, pass), pass);
}

DeepDilated::DeepDilated(const SegmentationOptions& o)
    : options(resolved(o, 12)),
      stem(Blocks(o).conv(o.in_channels, options.width)),
      down(Blocks(o).conv(options.width, 2 * options.width, 2)),
      deep(Blocks(o).conv(2 * options.width, 4 * options.width, 2)),
      context(dilated_context(Blocks(o), 4 * options.width)),
      up(Blocks(o).up(4 * options.width, 2 * options.width)),
      fine(Blocks(o).up(2 * options.width, options.width)),
      head(Blocks(o).classifier(options.width)) {}

Variable DeepDilated::operator()(const Variable& x, Pass& pass) const {
  const Variable whole = stem(x, pass);
  const Variable half = down(whole, pass);
  const Variable y = through(context, deep(half, pass), pass);
  return head(whole + fine(half + up(y, half, pass), whole, pass), pass);
}

MirrorContext::MirrorContext(const SegmentationOptions& o)
    : options(resolved(o, 12)), head(Blocks(o).classifier(options.width)) {
  const Blocks blocks(o);
  const std::int64_t width = options.width;
  std::int64_t in = o.in_channels;
  for (const int rate : {1, 1, 2, 4, 8}) {
    encoder.push_back(blocks.atrous(in, width, rate, Padding::valid));
    in = width;
  }
  for (const int rate : {8, 4, 2, 1, 1})
    decoder.push_back(blocks.atrous_transpose(width, width, rate, Padding::valid));
}

Variable MirrorContext::operator()(const Variable& x, Pass& pass) const {
  std::vector<Variable> levels{x};
  for (const auto& block : encoder) levels.push_back(block(levels.back(), pass));
  Variable y = levels.back();
  for (std::size_t i = 0; i < decoder.size(); ++i) {
    const Variable& mirrored = levels[levels.size() - 2 - i];
    y = decoder[i](y, mirrored, pass);
    // The outermost mirrored tensor is the image itself, which has other channels.
    if (i + 1 < decoder.size()) y = y + mirrored;
  }
  return head(y, pass);
}

}  // namespace trous
