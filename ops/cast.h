// Conversion between element types, which never happens implicitly.
#pragma once

#include <trous/autograd/variable.h>

namespace trous {

/// The elements of x converted to `dtype`. Between float32 and float64 it is a linear map whose transpose
/// casts back; to and from integers it carries no gradient. Floating to integer truncates towards zero.
Variable cast(const Variable& x, DType dtype);

}  // namespace trous
