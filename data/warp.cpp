#include <trous/core/error.h>
#include <trous/data/detail/warp_part.h>
#include <trous/data/warp.h>

namespace trous {

Sample warp(const std::vector<SampleField>& fields, const Sample& sample, const Warp& warp) {
  detail::check_on_image("warp", fields);
  check_sample("warp: the sample", fields, sample);
  if (warp.height < 1 || warp.width < 1) {
    throw ArgumentError(text("warp: a result of ", warp.height, " x ", warp.width,
                             " pixels. Height and width are 1 or more."));
  }
  const Shape& shape = sample.image.shape();
  if (warp == Warp{.height = shape[0], .width = shape[1]}) return sample;
  return detail::warped({fields, sample, {0, 0, shape[0], shape[1]}, shape}, warp);
}

Sample warp(const Sample& sample, const Warp& warp) {
  return trous::warp(detail::image_and_mask("warp", sample), sample, warp);
}

}  // namespace trous
