// The implementation that the atrous ops and the general ones share: three ops of one trilinear form, and one
// order of checks.
//
//   T(x, w, y) = sum x[n, i s + a r - before_h, j s + b r - before_w, c] w[a, b, c, o] y[n, i, j, o]
#pragma once

#include <string_view>

#include <trous/autograd/trilinear_form.h>
#include <trous/ops/detail/windows.h>

namespace trous::detail {

/// How the filters' channel axes are ordered by an op. The axis that is not the last counts the channels of
/// one group.
enum class FilterLayout { in_out, out_in, in_multiplier };

/// An operand of a convolution, under the name that messages have for it.
struct ConvOperand {
  std::string_view name;
  const Shape& shape;
  DType dtype;
};

/// The first checks of every convolution, in their one order: ranks, dtypes, taps and channels above 0,
/// groups of 1 or more, the filters' last axis against the groups, and the channels of each image against
/// those of the filters. Throws ShapeError, DTypeError or (groups) ArgumentError naming `op`.
///
/// value     an image with the filters' in channels
/// filters   of a filter gradient the filters to be made, with the dtype of `result`
/// result    null but for a filter gradient: the cotangent, an image with the filters' out channels
void check_conv_operands(std::string_view op, const ConvOperand& value, const ConvOperand& filters,
                         FilterLayout layout, std::int64_t groups = 1, const ConvOperand* result = nullptr);

/// Throws ShapeError naming `op` if a tensor of `shape` would exceed 2^63 - 1 bytes.
void check_result_size(std::string_view op, const Shape& shape, DType dtype);

/// Three ops of one form, by their names, and how their windows slide.
struct ConvFamily {
  std::string_view conv, transpose, filter_grad;
  Stride stride;
  Rate rate;
  ResolvedPadding padding;
  std::int64_t groups;
  Attributes
      attributes;  ///< the options, as a printed tape shows them; groups are added where there are several
  bool strided = true;  ///< whether messages give the stride

  /// The three ops. Each checks, before any work and in this order: operands, rate and stride, derived sizes,
  /// given shapes.
  Variable convolve(const Variable& value, const Variable& filters, std::string_view name) const;
  Variable transposed(const Variable& value, const Variable& filters, const Shape* output_shape,
                      std::string_view name) const;
  Variable filter_gradient(const Variable& value, const Variable& grad, const Shape& filter_shape,
                           std::string_view name) const;

  /// The form over value and filters of these shapes.
  TrilinearForm form(const Shape& value, const Shape& filters, DType dtype) const;

 private:
  TrilinearForm form_of(const ConvGeometry& geometry, DType dtype) const;
  ConvGeometry over(std::string_view op, std::string_view image, const Shape& value,
                    const Shape& filters) const;
  ConvGeometry onto(const Shape& value, const Shape& filters) const;
  Shape nearest_fit(const Shape& output_shape, const ConvGeometry& derived) const;
  void check_counts(std::string_view op) const;
  std::string options_text() const;
};

}  // namespace trous::detail
