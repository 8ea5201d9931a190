#include <trous/core/error.h>
#include <trous/ops/conv_form.h>
#include <trous/ops/kernels/convolution.h>

namespace trous {
namespace {

kernels::ConvAxis kernel_axis(const WindowAxis& a) {
  return {a.in, a.out, a.taps, a.stride, a.rate, a.before};
}

std::string_view layout_text(FilterLayout layout) {
  switch (layout) {
    case FilterLayout::in_out:
      return "[height, width, in, out]";
    case FilterLayout::out_in:
      return "[height, width, out, in]";
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

void check_channels(std::string_view op, const ConvOperand& x, std::int64_t expected,
                    const ConvOperand& filters, FilterLayout layout) {
  if (x.shape[3] == expected) return;
  throw ShapeError(text(op, ": ", x.name == "value" ? "input" : x.name, " has ", x.shape[3],
                        " channels, filters expect ", expected, ". ", x.name, ' ', x.shape, " is NHWC, ",
                        filters.name, ' ', filters.shape, " is ", layout_text(layout), '.'));
}

}  // namespace

TrilinearForm conv_form(std::array<std::string, 3> ops, Attributes attributes, const ConvSizes& sizes,
                        DType dtype) {
  const kernels::ConvGeometry g{sizes.batch, sizes.in_channels, sizes.out_channels,
                                kernel_axis(sizes.windows.height), kernel_axis(sizes.windows.width)};
  return {.ops = std::move(ops),
          .attributes = std::move(attributes),
          .domains = {{{g.x_shape(), dtype}, {g.w_shape(), dtype}, {g.y_shape(), dtype}}},
          .contract = {[g](const Tensor& y, const Tensor& w) { return kernels::conv2d_transpose(g, w, y); },
                       [g](const Tensor& x, const Tensor& y) { return kernels::conv2d_filter_grad(g, x, y); },
                       [g](const Tensor& x, const Tensor& w) { return kernels::conv2d(g, x, w); }}};
}

void check_conv_operands(std::string_view op, const ConvOperand& value, const ConvOperand& filters,
                         FilterLayout layout, DType value_dtype, DType other_dtype,
                         const ConvOperand* result) {
  check_rank(op, value, "[batch, height, width, channels]");
  if (result) check_rank(op, *result, "[batch, height, width, channels]");
  check_rank(op, filters, layout_text(layout));
  if (value_dtype != other_dtype) {
    throw DTypeError(text(op, ": ", value_dtype, " and ", other_dtype,
                          " do not mix. Cast one side: cast(x, DType::",
                          is_floating(other_dtype) ? other_dtype : value_dtype, ")."));
  }
  if (!is_floating(value_dtype)) {
    throw DTypeError(
        text(op, ": ", value_dtype, " is not a floating type. Cast it: cast(x, DType::float32)."));
  }
  for (int axis = 0; axis < 4; ++axis) {
    if (filters.shape[axis] < 1) {
      throw ShapeError(text(op, ": ", filters.name, " has extent ", filters.shape[axis], " on axis ", axis,
                            ". ", filters.name, ' ', filters.shape, " is ", layout_text(layout),
                            "; each must be 1 or more."));
    }
  }
  const bool out_first = layout == FilterLayout::out_in;
  check_channels(op, value, filters.shape[out_first ? 3 : 2], filters, layout);
  if (result) check_channels(op, *result, filters.shape[out_first ? 2 : 3], filters, layout);
}

void check_derived_shape(std::string_view op, std::string_view what, const Shape& given, const Shape& derived,
                         std::string_view because) {
  if (given.rank() != 4) {
    throw ShapeError(text(op, ": ", what, ' ', given, " has ", given.rank(),
                          " elements, needs 4: [batch, height, width, channels]. ", because, " give ",
                          derived, '.'));
  }
  for (int axis = 0; axis < 4; ++axis) {
    if (given[axis] < 0) {
      throw ShapeError(text(op, ": ", what, ' ', given, " has ", given[axis], " on axis ", axis,
                            ". Extents count elements. ", because, " give ", derived, '.'));
    }
  }
  if (!(given == derived)) {
    throw ShapeError(text(op, ": ", what, ' ', given, " does not fit. ", because, " give ", derived, '.'));
  }
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

}  // namespace trous
