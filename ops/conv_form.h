// The trilinear form behind every dense convolution, and the checks they share.
//
//   T(x, w, y) = sum x[n, i s + a r - before_h, j s + b r - before_w, c] w[a, b, c, o] y[n, i, j, o]
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <trous/autograd/trilinear_form.h>
#include <trous/ops/window.h>

namespace trous {

/// The sizes of a form: x [batch, height.in, width.in, in_channels], w [height.taps, width.taps,
/// in_channels, out_channels], y [batch, height.out, width.out, out_channels].
struct ConvSizes {
  std::int64_t batch, in_channels, out_channels;
  Windows windows;
};

/// The form whose ops are called `ops`: leaving x, w, y open.
TrilinearForm conv_form(std::array<std::string, 3> ops, Attributes attributes, const ConvSizes& sizes,
                        DType dtype);

/// How the filters' channel axes are ordered by an op.
enum class FilterLayout { in_out, out_in, in_multiplier };

/// The operands of a convolution as a message calls them.
struct ConvOperand {
  std::string_view name;
  const Shape& shape;
};

/// The first checks of every convolution, in their one order: ranks, dtypes, taps and channels above 0,
/// and the channels of each image against those of the filters. Throws ShapeError or DTypeError naming
/// `op`.
///
/// value     what the filters' in channels must match
/// result    for a filter gradient: what the filters' out channels must match
void check_conv_operands(std::string_view op, const ConvOperand& value, const ConvOperand& filters,
                         FilterLayout layout, DType value_dtype, DType other_dtype,
                         const ConvOperand* result = nullptr);

/// Throws ShapeError naming `op` unless `given`, called `what`, has four extents, none negative, and
/// equals `derived`; `because` lists what the derived shape follows from.
void check_derived_shape(std::string_view op, std::string_view what, const Shape& given, const Shape& derived,
                         std::string_view because);

/// Throws ShapeError naming `op` if a tensor of `shape` would exceed 2^63 - 1 bytes.
void check_result_size(std::string_view op, const Shape& shape, DType dtype);

}  // namespace trous
