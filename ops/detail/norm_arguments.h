// The checks that normalisations share: x [n, ..., channels], parameters [channels].
#pragma once

#include <initializer_list>
#include <string_view>

#include <trous/autograd/variable.h>

namespace trous::detail {

/// Throws ShapeError or DTypeError naming `op` unless x is floating and of rank 2 or more, and each of
/// `per_channel` is [channels] of its dtype; ArgumentError if epsilon <= 0.
void check_norm(std::string_view op, const Variable& x, std::initializer_list<const Variable*> per_channel,
                double epsilon);

}  // namespace trous::detail
