#include <trous/layers/detail/blocks.h>
#include <trous/layers/networks.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/pointwise.h>

namespace trous {
namespace {

using detail::atrous, detail::classifier, detail::conv, detail::conv_transpose, detail::resolved,
    detail::up_kernel;

// Atrous convolutions that keep height, width and channels, in a row: far sight at no loss of detail.
std::vector<ConvNormRelu<AtrousConv2d>> dilated_context(std::int64_t channels, PerAxis kernel) {
  std::vector<ConvNormRelu<AtrousConv2d>> context;
  for (const int rate : {2, 4, 8, 4, 2})
    context.push_back(atrous(channels, channels, kernel, rate, Padding::same));
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
      stem(conv(o.in_channels, options.width, o.kernel, 1)),
      down(conv(options.width, 2 * options.width, o.kernel, 2)),
      context(dilated_context(2 * options.width, o.kernel)),
      up(conv_transpose(2 * options.width, options.width, up_kernel(o.kernel), 2)),
      head(classifier(options.width, o.classes)) {}

Variable SmallDilated::operator()(const Variable& x, Pass& pass) const {
  const Variable fine = stem(x, pass);
  const Variable y = through(context, down(fine, pass), pass);
  return head(fine + up(y, fine, pass), pass);
}

DeepDilated::DeepDilated(const SegmentationOptions& o)
    : options(resolved(o, 12)),
      stem(conv(o.in_channels, options.width, o.kernel, 1)),
      down(conv(options.width, 2 * options.width, o.kernel, 2)),
      deep(conv(2 * options.width, 4 * options.width, o.kernel, 2)),
      context(dilated_context(4 * options.width, o.kernel)),
      up(conv_transpose(4 * options.width, 2 * options.width, up_kernel(o.kernel), 2)),
      fine(conv_transpose(2 * options.width, options.width, up_kernel(o.kernel), 2)),
      head(classifier(options.width, o.classes)) {}

Variable DeepDilated::operator()(const Variable& x, Pass& pass) const {
  const Variable whole = stem(x, pass);
  const Variable half = down(whole, pass);
  const Variable y = through(context, deep(half, pass), pass);
  return head(whole + fine(half + up(y, half, pass), whole, pass), pass);
}

MirrorContext::MirrorContext(const SegmentationOptions& o)
    : options(resolved(o, 12)), head(classifier(options.width, o.classes)) {
  const std::int64_t width = options.width;
  std::int64_t in = o.in_channels;
  for (const int rate : {1, 1, 2, 4, 8}) {
    encoder.push_back(atrous(in, width, o.kernel, rate, Padding::valid));
    in = width;
  }
  for (const int rate : {8, 4, 2, 1, 1}) {
    decoder.push_back({AtrousConv2dTranspose{{.in_channels = width,
                                              .out_channels = width,
                                              .kernel = o.kernel,
                                              .rate = rate,
                                              .padding = Padding::valid,
                                              .bias = false}},
                       BatchNorm{{.channels = width}}});
  }
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
