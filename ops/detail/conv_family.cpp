#include <algorithm>
#include <functional>
#include <utility>

#include <trous/core/error.h>
#include <trous/ops/detail/conv_family.h>
#include <trous/ops/kernels/convolution.h>

namespace trous::detail {
namespace {

std::string_view layout_text(FilterLayout layout, std::int64_t groups) {
  switch (layout) {
    case FilterLayout::in_out:
      return groups == 1 ? "[height, width, in, out]" : "[height, width, in / groups, out]";
    case FilterLayout::out_in:
      return groups == 1 ? "[height, width, out, in]" : "[height, width, out / groups, in]";
    case FilterLayout::in_multiplier:
      break;
  }
  return "[height, width, channels, multiplier]";
}

void check_rank(std::string_view op, const ConvOperand& x, std::string_view layout) {
  if (x.shape.rank() == 4) return;
  throw ShapeError(text(op, ": ", x.name, " has rank ", x.shape.rank(), ", needs 4. ", x.name, ' ', x.shape,
                        " must be ", layout, '.'));
}

// Throws unless `groups` is 1 or more and divides the last axis of the filters.
void check_groups(std::string_view op, const ConvOperand& filters, FilterLayout layout, std::int64_t groups) {
  if (groups < 1) {
    throw ArgumentError(
        text(op, ": groups is ", groups, ". Groups of channels count from 1, which is a dense convolution."));
  }
  if (filters.shape[3] % groups == 0) return;
  throw ShapeError(text(op, ": ", filters.shape[3], layout == FilterLayout::out_in ? " in" : " out",
                        "put channels are not a multiple of ", groups, " groups. ", filters.name, ' ',
                        filters.shape, " is ", layout_text(layout, groups),
                        "; every group has as many channels."));
}

// Throws unless x has `expected` channels in each of `parts` groups, of which the filters have `groups`.
struct ChannelQuery {
  std::int64_t expected, parts;
};
void check_channels(std::string_view op, const ConvOperand& x, const ChannelQuery& query,
                    const ConvOperand& filters, FilterLayout layout, std::int64_t groups) {
  if (x.shape[3] % query.parts == 0 && x.shape[3] / query.parts == query.expected) return;
  throw ShapeError(text(
      op, ": ", x.name == "value" ? "input" : x.name, " has ", x.shape[3], " channels, filters expect ",
      query.expected, query.parts == 1 ? "" : text(" in each of ", query.parts, " groups"), ". ", x.name, ' ',
      x.shape, " is NHWC, ", filters.name, ' ', filters.shape, " is ", layout_text(layout, groups), '.'));
}

// Throws unless `given`, called `what`, has four extents, none negative, and is `derived`; `because` lists
// what the derived shape follows from.
void check_derived_shape(std::string_view op, std::string_view what, const Shape& given, const Shape& derived,
                         const std::function<std::string()>& because) {
  if (given.rank() != 4) {
    throw ShapeError(text(op, ": ", what, ' ', given, " has ", given.rank(),
                          " elements, needs 4: [batch, height, width, channels]. ", because(), " give ",
                          derived, '.'));
  }
  for (int axis = 0; axis < 4; ++axis) {
    if (given[axis] < 0) {
      throw ShapeError(text(op, ": ", what, ' ', given, " has ", given[axis], " on axis ", axis,
                            ". Extents count elements. ", because(), " give ", derived, '.'));
    }
  }
  if (given != derived) {
    throw ShapeError(text(op, ": ", what, ' ', given, " does not fit. ", because(), " give ", derived, '.'));
  }
}

}  // namespace

void check_conv_operands(std::string_view op, const ConvOperand& value, const ConvOperand& filters,
                         FilterLayout layout, std::int64_t groups, const ConvOperand* result) {
  check_rank(op, value, "[batch, height, width, channels]");
  if (result) check_rank(op, *result, "[batch, height, width, channels]");
  check_rank(op, filters, layout_text(layout, std::max<std::int64_t>(1, groups)));
  if (value.dtype != filters.dtype) {
    throw DTypeError(text(op, ": ", value.dtype, " and ", filters.dtype,
                          " do not mix. Cast one side: cast(x, DType::",
                          is_floating(filters.dtype) ? filters.dtype : value.dtype, ")."));
  }
  if (!is_floating(value.dtype)) {
    throw DTypeError(
        text(op, ": ", value.dtype, " is not a floating type. Cast it: cast(x, DType::float32)."));
  }
  for (int axis = 0; axis < 4; ++axis) {
    if (filters.shape[axis] < 1) {
      throw ShapeError(text(op, ": ", filters.name, " has extent ", filters.shape[axis], " on axis ", axis,
                            ". ", filters.name, ' ', filters.shape, " is ", layout_text(layout, groups),
                            "; each must be 1 or more."));
    }
  }
  check_groups(op, filters, layout, groups);
  if (layout == FilterLayout::out_in)
    return check_channels(op, value, {filters.shape[3], 1}, filters, layout, groups);
  check_channels(op, value, {filters.shape[2], groups}, filters, layout, groups);
  if (result) check_channels(op, *result, {filters.shape[3], 1}, filters, layout, groups);
}

void check_result_size(std::string_view op, const Shape& shape, DType dtype) {
  auto bytes = static_cast<std::int64_t>(size_of(dtype));
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) {
      throw ShapeError(
          text(op, ": the result ", shape, " exceeds 2^63 - 1 bytes. Use a smaller rate or image."));
    }
  }
}

void ConvFamily::check_counts(std::string_view op) const {
  check_at_least_one(op, "rate", rate);
  check_at_least_one(op, "stride", stride);
}

std::string ConvFamily::options_text() const {
  return text(strided ? text("stride ", stride, ", ") : "", "rate ", rate, ", ", padding_text(padding),
              groups == 1 ? "" : text(", groups ", groups));
}

ConvGeometry ConvFamily::over(std::string_view op, std::string_view image, const Shape& value,
                              const Shape& filters) const {
  const Windows w =
      windows_over({op, image, {value[1], value[2]}, {filters[0], filters[1]}, stride, rate, padding});
  return {value[0], filters[2] * groups, filters[3], w.height, w.width, groups};
}

ConvGeometry ConvFamily::onto(const Shape& value, const Shape& filters) const {
  const Windows w = windows_onto(
      {transpose, "value", {value[1], value[2]}, {filters[0], filters[1]}, stride, rate, padding});
  return {value[0], filters[2] * groups, filters[3], w.height, w.width, groups};
}

TrilinearForm ConvFamily::form_of(const ConvGeometry& g, DType dtype) const {
  Attributes shown = attributes;
  if (groups > 1) shown.add("groups", groups);
  return {
      .ops = {std::string(transpose), std::string(filter_grad), std::string(conv)},
      .attributes = std::move(shown),
      .domains = {{{g.x_shape(), dtype}, {g.w_shape(), dtype}, {g.y_shape(), dtype}}},
      .contract = {
          [g](const Tensor& y, const Tensor& w) { return kernels::convolution().conv2d_transpose(g, y, w); },
          [g](const Tensor& x, const Tensor& y) {
            return kernels::convolution().conv2d_filter_grad(g, x, y);
          },
          [g](const Tensor& x, const Tensor& w) { return kernels::convolution().conv2d(g, x, w); }},
      .pixels = Pixels::convolved(g)};
}

Variable ConvFamily::convolve(const Variable& value, const Variable& filters, std::string_view name) const {
  check_conv_operands(conv, {"value", value.shape(), value.dtype()},
                      {"filters", filters.shape(), filters.dtype()}, FilterLayout::in_out, groups);
  check_counts(conv);
  const ConvGeometry g = over(conv, "value", value.shape(), filters.shape());
  check_result_size(conv, g.y_shape(), value.dtype());
  return form_of(g, value.dtype())({value, filters, std::nullopt}, name);
}

// The output shape that fits and is nearest to `output_shape`. Batch and channels are determined. Along an
// axis with stride s, up to s neighbouring extents fit: from the derived one downwards (SAME) or upwards
// (others).
Shape ConvFamily::nearest_fit(const Shape& output_shape, const ConvGeometry& derived) const {
  Shape candidate = derived.x_shape();
  if (output_shape.rank() != 4) return candidate;
  const bool same = padding == ResolvedPadding(Padding::same);
  const auto fit = [&](int axis, std::int64_t step) {
    const std::int64_t given = output_shape[axis], spare = step - 1;
    const std::int64_t low = same ? candidate[axis] - spare : candidate[axis];
    if (given >= low && given - low <= spare) candidate[axis] = given;
  };
  fit(1, stride.height);
  fit(2, stride.width);
  const ConvGeometry made = over(transpose, "output_shape", candidate, derived.w_shape());
  if (made.height.out != derived.height.out) candidate[1] = derived.height.in;
  if (made.width.out != derived.width.out) candidate[2] = derived.width.in;
  return candidate;
}

Variable ConvFamily::transposed(const Variable& value, const Variable& filters, const Shape* output_shape,
                                std::string_view name) const {
  check_conv_operands(transpose, {"value", value.shape(), value.dtype()},
                      {"filters", filters.shape(), filters.dtype()}, FilterLayout::out_in, groups);
  check_counts(transpose);
  ConvGeometry g = onto(value.shape(), filters.shape());
  if (output_shape) {
    const Shape fitting = nearest_fit(*output_shape, g);
    check_result_size(transpose, fitting, value.dtype());
    check_derived_shape(transpose, "output_shape", *output_shape, fitting, [&] {
      return text("value ", value.shape(), ", filters ", filters.shape(), ", ", options_text());
    });
    g = over(transpose, "output_shape", fitting, filters.shape());
  }
  check_result_size(transpose, g.x_shape(), value.dtype());
  return form_of(g, value.dtype())({std::nullopt, filters, value}, name);
}

Variable ConvFamily::filter_gradient(const Variable& value, const Variable& grad, const Shape& filter_shape,
                                     std::string_view name) const {
  const ConvOperand result{"grad", grad.shape(), grad.dtype()};
  check_conv_operands(filter_grad, {"value", value.shape(), value.dtype()},
                      {"filter_shape", filter_shape, grad.dtype()}, FilterLayout::in_out, groups, &result);
  check_counts(filter_grad);
  const ConvGeometry g = over(filter_grad, "value", value.shape(), filter_shape);
  check_result_size(filter_grad, filter_shape, value.dtype());
  check_derived_shape(filter_grad, "grad", grad.shape(), g.y_shape(), [&] {
    return text("value ", value.shape(), ", filter_shape ", filter_shape, ", ", options_text());
  });
  return form_of(g, value.dtype())({value, std::nullopt, grad}, name);
}

TrilinearForm ConvFamily::form(const Shape& value, const Shape& filters, DType dtype) const {
  check_conv_operands(conv, {"value", value, dtype}, {"filters", filters, dtype}, FilterLayout::in_out,
                      groups);
  check_counts(conv);
  check_tensor_shape(value, size_of(dtype));
  check_tensor_shape(filters, size_of(dtype));
  const ConvGeometry g = over(conv, "value", value, filters);
  check_result_size(conv, g.y_shape(), dtype);
  return form_of(g, dtype);
}

}  // namespace trous::detail
