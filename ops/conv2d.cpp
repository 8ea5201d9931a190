#include <trous/core/error.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/conv_form.h>

namespace trous {
namespace {

constexpr std::string_view conv = "conv2d";
constexpr std::string_view transpose = "conv2d_transpose";
constexpr std::string_view filter_grad = "conv2d_filter_grad";

struct Resolved {
  Stride stride;
  Rate rate;
  std::variant<Padding, ExplicitPadding> padding;
};

std::string options_text(const Resolved& r) {
  return text("stride ", r.stride, ", rate ", r.rate, ", ", padding_text(r.padding));
}

void check_counts(std::string_view op, const Resolved& r) {
  check_at_least_one(op, "rate", r.rate);
  check_at_least_one(op, "stride", r.stride);
}

TrilinearForm form(const ConvSizes& sizes, const Resolved& r, DType dtype) {
  return conv_form({std::string(transpose), std::string(filter_grad), std::string(conv)},
                   {{"stride", HeightWidth{r.stride.height, r.stride.width}},
                    {"rate", HeightWidth{r.rate.height, r.rate.width}},
                    {"", padding_text(r.padding)}},
                   sizes, dtype);
}

ConvSizes sizes_over(std::string_view op, const Shape& value, const Shape& filters, const Resolved& r) {
  return {
      value[0], filters[2], filters[3],
      windows_over(op, "value", {value[1], value[2]}, {filters[0], filters[1]}, r.stride, r.rate, r.padding)};
}

Shape result_shape(const ConvSizes& s) {
  return {s.batch, s.windows.height.out, s.windows.width.out, s.out_channels};
}
Shape image_shape(const ConvSizes& s) {
  return {s.batch, s.windows.height.in, s.windows.width.in, s.in_channels};
}

Resolved resolve(std::string_view op, const Conv2dOptions& options) {
  return {options.stride, options.rate, options.padding.resolve(op)};
}

void check_transpose(const Variable& value, const Variable& filters, const Resolved& r) {
  check_conv_operands(transpose, {"value", value.shape()}, {"filters", filters.shape()}, FilterLayout::out_in,
                      value.dtype(), filters.dtype());
  check_counts(transpose, r);
}

// The sizes of a transpose whose output's shape is left out.
ConvSizes sizes_onto(const Variable& value, const Variable& filters, const Resolved& r) {
  const Shape &v = value.shape(), &f = filters.shape();
  return {v[0], f[2], f[3],
          windows_onto(transpose, "value", {v[1], v[2]}, {f[0], f[1]}, r.stride, r.rate, r.padding)};
}

// `output_shape` with what does not fit replaced by what would. Batch and channels are determined; along an
// axis with stride s conv2d makes the value's extent from up to s neighbouring ones: SAME from `derived`
// downwards, otherwise upwards.
Shape nearest_fit(const Shape& output_shape, const Shape& derived, const Variable& value,
                  const Variable& filters, const Resolved& r) {
  if (output_shape.rank() != 4) return derived;
  const bool same = r.padding == std::variant<Padding, ExplicitPadding>(Padding::same);
  const std::int64_t strides[] = {r.stride.height, r.stride.width};
  Shape candidate = derived;
  for (const int axis : {1, 2}) {
    const std::int64_t given = output_shape[axis], spare = strides[axis - 1] - 1;
    const std::int64_t low = same ? derived[axis] - spare : derived[axis];
    if (given >= low && given - low <= spare) candidate[axis] = given;
  }
  const Windows made = sizes_over(transpose, candidate, filters.shape(), r).windows;
  if (made.height.out != value.shape()[1]) candidate[1] = derived[1];
  if (made.width.out != value.shape()[2]) candidate[2] = derived[2];
  return candidate;
}

}  // namespace

Variable conv2d(const Variable& value, const Variable& filters, const Conv2dOptions& options,
                std::string_view name) {
  const Resolved r = resolve(conv, options);
  check_conv_operands(conv, {"value", value.shape()}, {"filters", filters.shape()}, FilterLayout::in_out,
                      value.dtype(), filters.dtype());
  check_counts(conv, r);
  const ConvSizes sizes = sizes_over(conv, value.shape(), filters.shape(), r);
  check_result_size(conv, result_shape(sizes), value.dtype());
  return form(sizes, r, value.dtype())({value, filters, std::nullopt}, name);
}

Variable conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                          const Conv2dOptions& options, std::string_view name) {
  const Resolved r = resolve(transpose, options);
  check_transpose(value, filters, r);
  const Shape expected =
      nearest_fit(output_shape, image_shape(sizes_onto(value, filters, r)), value, filters, r);
  check_result_size(transpose, expected, value.dtype());
  check_derived_shape(transpose, "output_shape", output_shape, expected,
                      text("value ", value.shape(), ", filters ", filters.shape(), ", ", options_text(r)));
  return form(sizes_over(transpose, expected, filters.shape(), r), r, value.dtype())(
      {std::nullopt, filters, value}, name);
}

Variable conv2d_transpose(const Variable& value, const Variable& filters, const Conv2dOptions& options,
                          std::string_view name) {
  const Resolved r = resolve(transpose, options);
  check_transpose(value, filters, r);
  const ConvSizes sizes = sizes_onto(value, filters, r);
  check_result_size(transpose, image_shape(sizes), value.dtype());
  return form(sizes, r, value.dtype())({std::nullopt, filters, value}, name);
}

Variable conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                            const Conv2dOptions& options, std::string_view name) {
  const Resolved r = resolve(filter_grad, options);
  const ConvOperand result{"grad", grad.shape()};
  check_conv_operands(filter_grad, {"value", value.shape()}, {"filter_shape", filter_shape},
                      FilterLayout::in_out, value.dtype(), grad.dtype(), &result);
  check_counts(filter_grad, r);
  const ConvSizes sizes = sizes_over(filter_grad, value.shape(), filter_shape, r);
  check_result_size(filter_grad, filter_shape, value.dtype());
  check_derived_shape(filter_grad, "grad", grad.shape(), result_shape(sizes),
                      text("value ", value.shape(), ", filter_shape ", filter_shape, ", ", options_text(r)));
  return form(sizes, r, value.dtype())({value, std::nullopt, grad}, name);
}

TrilinearForm conv2d_form(const Shape& value, const Shape& filters, const Conv2dOptions& options,
                          DType dtype) {
  const Resolved r = resolve(conv, options);
  check_conv_operands(conv, {"value", value}, {"filters", filters}, FilterLayout::in_out, dtype, dtype);
  check_counts(conv, r);
  return form(sizes_over(conv, value, filters, r), r, dtype);
}

}  // namespace trous
