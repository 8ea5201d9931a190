// The one op that the tape itself needs: it sums the cotangents of a value that is used twice.
#pragma once

#include <string_view>

#include <trous/autograd/op.h>
#include <trous/autograd/variable.h>

namespace trous {

/// y = a + b for one shape and one dtype; ops/arithmetic broadcasts on top of it.
/// Throws ShapeError or DTypeError if they differ.
Variable add_same_shape(const Variable& a, const Variable& b, std::string_view name = {});

/// Whether `op` is the sum of two values.
bool is_sum(const Op& op);

}  // namespace trous
