#include <trous/layers/detail/blocks.h>
#include <trous/layers/join.h>
#include <trous/layers/mini_deeplab.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/join.h>

namespace trous {
namespace {

AtrousPyramid pyramid_of(const SegmentationOptions& o, std::int64_t channels) {
  const detail::Blocks blocks(o);
  AtrousPyramid pyramid{.point = blocks.point(channels, channels),
                        .atrous = {},
                        .image = Conv2d{{.in_channels = channels, .out_channels = channels, .kernel = 1}},
                        .project = blocks.point(5 * channels, channels),
                        .activation = o.activation};
  for (const int rate : {2, 4, 8}) pyramid.atrous.push_back(blocks.separable(channels, channels, rate));
  return pyramid;
}

}  // namespace

Variable AtrousPyramid::operator()(const Variable& x, Pass& pass) const {
  std::vector<Variable> branches{point(x, pass)};
  for (const auto& branch : atrous) branches.push_back(branch(x, pass));
  branches.push_back(ResizeBilinearLike()(activate(image(global_average_pool(x), pass), activation), x));
  return project(concat(branches, -1), pass);
}

MiniDeepLab::MiniDeepLab(const SegmentationOptions& o)
    : options(detail::resolved(o, 16, 20)),
      stem(detail::Blocks(o).conv(o.in_channels, options.width)),
      down(detail::Blocks(o).conv(options.width, 2 * options.width, 2)),
      deep(detail::Blocks(o).conv(2 * options.width, 4 * options.width, 2)),
      pyramid(pyramid_of(o, 4 * options.width)),
      skip(detail::Blocks(o).point(2 * options.width, options.width)),
      fuse(detail::Blocks(o).separable(5 * options.width, 2 * options.width, 1)),
      head(detail::Blocks(o).classifier(2 * options.width)) {
  const detail::Blocks make(o);
  const std::int64_t channels = 4 * options.width;
  for (const int rate : {2, 4}) {
    blocks.push_back({make.separable(channels, channels, rate), make.separable(channels, channels, rate)});
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
