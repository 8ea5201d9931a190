#include <algorithm>
#include <array>
#include <vector>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/detail/area_axis.h>
#include <trous/data/fit_picture.h>
#include <trous/data/resize_image.h>

namespace trous {
namespace {

struct ShrunkAxes {
  detail::AreaAxis rows, columns;
};

ShrunkAxes shrunk_axes(const char* op, const Shape& shape, std::int64_t max_side) {
  if (max_side < 1) throw ArgumentError(text(op, ": max_side ", max_side, " shows nothing. Give 1 or more."));
  const HeightWidth fitted = fitted_size({shape[0], shape[1]}, max_side);
  return {{shape[0], fitted.height}, {shape[1], fitted.width}};
}

bool shrinks(const ShrunkAxes& axes) {
  return axes.rows.from > axes.rows.to || axes.columns.from > axes.columns.to;
}

using LabelCounts = std::array<std::int64_t, 256>;

// The label of target pixel [i, j], see fit_labels. `in_map` counts the labels of the whole map.
std::int32_t shrunk_label(const std::uint8_t* labels, const ShrunkAxes& axes, const LabelCounts& in_map,
                          std::int64_t i, std::int64_t j) {
  const auto& [rows, columns] = axes;
  LabelCounts covered{};
  std::array<std::uint8_t, 256> seen{};
  std::size_t kinds = 0;
  for (std::int64_t r = rows.first(i); r < rows.end(i); ++r) {
    for (std::int64_t c = columns.first(j); c < columns.end(j); ++c) {
      const std::uint8_t label = labels[r * columns.from + c];
      if (covered[label] == 0) seen[kinds++] = label;
      covered[label] += rows.overlap(r, i) * columns.overlap(c, j);
    }
  }
  const std::int64_t line = std::min(rows.to * columns.from, columns.to * rows.from);
  const std::int64_t rare = rows.from * columns.from / 8;
  const auto better = [&](std::uint8_t a, std::uint8_t b) {  // whether a is shown rather than b
    const bool a_is_line = in_map[a] <= rare && 2 * covered[a] >= line;
    const bool b_is_line = in_map[b] <= rare && 2 * covered[b] >= line;
    if (a_is_line != b_is_line) return a_is_line;
    if (!a_is_line && covered[a] != covered[b]) return covered[a] > covered[b];
    return in_map[a] != in_map[b] ? in_map[a] < in_map[b] : a > b;
  };
  std::uint8_t chosen = seen[0];
  for (std::size_t k = 1; k < kinds; ++k) {
    if (better(seen[k], chosen)) chosen = seen[k];
  }
  return chosen;
}

}  // namespace

Tensor fit_picture(const Tensor& picture, std::int64_t max_side) {
  const Shape& shape = picture.shape();
  if (shape.rank() != 3) {
    throw ShapeError(text("fit_picture: ", shape, " is no picture. It is [height, width, channels]."));
  }
  if (picture.dtype() != DType::uint8) {
    throw DTypeError(text("fit_picture: the picture is ", picture.dtype(), ". Pictures are uint8."));
  }
  const ShrunkAxes axes = shrunk_axes("fit_picture", shape, max_side);
  if (!shrinks(axes)) return picture;
  return resize_image(picture, {axes.rows.to, axes.columns.to}, ResizeFilter::area);
}

Tensor fit_labels(const Tensor& labels, std::int64_t max_side) {
  if (labels.shape().rank() != 2) {
    throw ShapeError(
        text("fit_labels: labels ", labels.shape(), " are no picture. They are [height, width]."));
  }
  if (is_floating(labels.dtype())) {
    throw DTypeError(text("fit_labels: the labels are ", labels.dtype(),
                          ". Labels are uint8 or int32; take argmax of scores first."));
  }
  const ShrunkAxes axes = shrunk_axes("fit_labels", labels.shape(), max_side);
  LabelCounts in_map{};
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(labels.elements()));
  visit(labels.dtype(), [&]<class T> {
    std::uint8_t* out = bytes.data();
    for (const T label : labels.values<T>()) {
      const auto number = static_cast<std::int64_t>(label);
      if (number < 0 || number > 255)
        throw ArgumentError(text("fit_labels: label ", number, " is not in 0 to 255. Mend the map."));
      *out = static_cast<std::uint8_t>(number);
      ++in_map[*out++];
    }
  });
  if (!shrinks(axes)) return labels.cast(DType::int32);
  Tensor result = Tensor::uninitialized({axes.rows.to, axes.columns.to}, DType::int32);
  std::int32_t* to = result.mutable_values<std::int32_t>().data();
  parallel_for(axes.rows.to, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      for (std::int64_t j = 0; j < axes.columns.to; ++j)
        to[i * axes.columns.to + j] = shrunk_label(bytes.data(), axes, in_map, i, j);
    }
  });
  return result;
}

}  // namespace trous
