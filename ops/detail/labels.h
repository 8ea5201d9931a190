// The checks that the losses of labelled pixels share: logits [..., classes], labels [...], one weight per
// class.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <trous/autograd/op.h>
#include <trous/autograd/variable.h>

namespace trous::detail {

/// Returns the number of classes, the last extent of logits [..., classes].
std::int64_t classes_of(const Shape& logits);

/// Throws ShapeError or DTypeError naming `op` unless the logits are floating, the labels int32 of the
/// logits' shape without its last axis, and `class_weights`, where there are any, [classes] of the logits'
/// dtype; ArgumentError for a weight that is negative or not finite, and for the first label that is neither
/// a class nor `ignore_index`.
void check_labelled(std::string_view op, const Variable& logits, const Variable& labels,
                    const std::optional<Variable>& class_weights, std::optional<std::int32_t> ignore_index);

/// The attributes, and behind them the class that does not count, where there is one.
Attributes with_ignored(Attributes attributes, std::optional<std::int32_t> ignore_index);

}  // namespace trous::detail
