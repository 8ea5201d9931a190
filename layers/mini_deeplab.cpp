#include <trous/layers/detail/blocks.h>
#include <trous/layers/join.h>
#include <trous/layers/mini_deeplab.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/join.h>
#include <trous/ops/pointwise.h>

namespace trous {
namespace {

AtrousPyramid pyramid_of(std::int64_t channels, PerAxis kernel) {
  AtrousPyramid pyramid{.point = detail::conv(channels, channels, 1, 1),
                        .atrous = {},
                        .image = Conv2d{{.in_channels = channels, .out_channels = channels, .kernel = 1}},
                        .project = detail::conv(5 * channels, channels, 1, 1)};
  for (const int rate : {2, 4, 8})
    pyramid.atrous.push_back(detail::separable(channels, channels, kernel, rate));
  return pyramid;
}

}  // namespace

Variable AtrousPyramid::operator()(const Variable& x, Pass& pass) const {
  std::vector<Variable> branches{point(x, pass)};
  for (const auto& branch : atrous) branches.push_back(branch(x, pass));
  branches.push_back(ResizeBilinearLike()(relu(image(global_average_pool(x), pass)), x));
  return project(concat(branches, -1), pass);
}

MiniDeepLab::MiniDeepLab(const SegmentationOptions& o)
    : options(detail::resolved(o, 16, 20)),
      stem(detail::conv(o.in_channels, options.width, o.kernel, 1)),
      down(detail::conv(options.width, 2 * options.width, o.kernel, 2)),
      deep(detail::conv(2 * options.width, 4 * options.width, o.kernel, 2)),
      pyramid(pyramid_of(4 * options.width, o.kernel)),
      skip(detail::conv(2 * options.width, options.width, 1, 1)),
      fuse(detail::separable(5 * options.width, 2 * options.width, o.kernel, 1)),
      head(detail::classifier(2 * options.width, o.classes)) {
  const std::int64_t channels = 4 * options.width;
  for (const int rate : {2, 4}) {
    blocks.push_back({detail::separable(channels, channels, o.kernel, rate),
                      detail::separable(channels, channels, o.kernel, rate)});
  }
}

Variable MiniDeepLab::operator()(const Variable& x, Pass& pass) const {
  const Variable half = down(stem(x, pass), pass);
  Variable y = deep(half, pass);
  for (const auto& block : blocks) y = y + block[1](block[0](y, pass), pass);
  const Variable fine = ResizeBilinearLike()(pyramid(y, pass), half);
  const Variable logits = head(fuse(concat({fine, skip(half, pass)}, -1), pass), pass);
  return ResizeBilinearLike()(logits, x);
}

}  // namespace trous
