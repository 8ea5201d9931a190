#include <cmath>
#include <string>
#include <vector>

#include <trous/autograd/composite.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/boundary_loss.h>
#include <trous/ops/compare.h>
#include <trous/ops/detail/labels.h>
#include <trous/ops/detail/region_truth.h>
#include <trous/ops/kernels/distance.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/softmax.h>

namespace trous {
namespace {

constexpr const char* boundary_op = "boundary_loss";

// phi of one class in one image, added to `levels` at every `classes`-th place. `inside` and `outside` hold 1
// for the counted pixels that are of the class and that are not.
template <class T>
void fill_levels(std::span<const std::uint8_t> inside, std::span<const std::uint8_t> outside,
                 const Shape& grid, std::int64_t classes, T* levels) {
  const std::vector<double> to_class = kernels::squared_distances(inside, grid[0], grid[1]),
                            to_others = kernels::squared_distances(outside, grid[0], grid[1]);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const double distance = inside[i] ? 1 - std::sqrt(to_others[i]) : outside[i] ? std::sqrt(to_class[i]) : 0;
    // Infinite where the image has no pixel of the class, or no other.
    levels[static_cast<std::ptrdiff_t>(i) * classes] = std::isinf(distance) ? T{0} : static_cast<T>(distance);
  }
}

// [pixels, classes]: phi, 0 where a pixel does not count.
Tensor levels_of(const Tensor& labels, std::int64_t classes, DType dtype,
                 std::optional<std::int32_t> ignore_index) {
  const int rank = labels.shape().rank();
  const Shape grid{labels.shape()[rank - 2], labels.shape()[rank - 1]};
  const std::int64_t pixels = grid.elements(), images = pixels > 0 ? labels.elements() / pixels : 0;
  const std::span<const std::int32_t> all = labels.values<std::int32_t>();
  Tensor levels = Tensor::uninitialized({labels.elements(), classes}, dtype);
  visit_floating(boundary_op, dtype, [&]<class T> {
    T* const out = levels.mutable_values<T>().data();
    parallel_for(images * classes, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<std::uint8_t> inside(static_cast<std::size_t>(pixels)), outside(inside.size());
      for (std::int64_t k = begin; k < end; ++k) {
        const std::int64_t first = k / classes * pixels, c = k % classes;
        for (std::size_t i = 0; i < inside.size(); ++i) {
          const std::int32_t label = all[static_cast<std::size_t>(first) + i];
          inside[i] = label == c && label != ignore_index ? 1 : 0;
          outside[i] = label != c && label != ignore_index ? 1 : 0;
        }
        fill_levels<T>(inside, outside, grid, classes, out + first * classes + c);
      }
    });
  });
  return levels;
}

Variable boundary_definition(const Variable& logits, const Tensor& labels,
                             std::optional<std::int32_t> ignore_index) {
  const Shape shape{labels.elements(), detail::classes_of(logits.shape())};
  const detail::RegionTruth truth = detail::region_truth(labels, shape[1], logits.dtype(), ignore_index);
  // Masked before the softmax, so that no logit of an ignored pixel reaches a gradient.
  const Variable p = softmax(masked(reshape(logits, shape), truth.counted));
  const auto terms = static_cast<double>(truth.pixels * shape[1]);
  const Variable levels = levels_of(labels, shape[1], logits.dtype(), ignore_index);
  return scale(sum(p * levels), terms > 0 ? 1 / terms : 0);
}

}  // namespace

Variable boundary_loss(const Variable& logits, const Variable& labels, const BoundaryOptions& options,
                       std::string_view name) {
  detail::check_labelled(boundary_op, logits, labels, std::nullopt, options.ignore_index);
  if (labels.shape().rank() < 2) {
    throw ShapeError(text(boundary_op, ": labels ", labels.shape(),
                          " are no image, and distances need one. logits must be [..., height, width, "
                          "classes]."));
  }
  const std::optional<std::int32_t> ignore = options.ignore_index;
  const Attributes attributes = detail::with_ignored({}, ignore);
  return composite(
      {boundary_op, attributes, std::string(name), Pixels::mixed()}, {logits, labels},
      [ignore](std::span<const Tensor> in) { return boundary_definition(in[0], in[1], ignore).value(); },
      [ignore](const std::vector<Variable>& in) { return boundary_definition(in[0], in[1].value(), ignore); },
      {{}, {nullptr, false}});
}

}  // namespace trous
