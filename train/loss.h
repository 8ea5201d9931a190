// The losses that training knows by name. Any function of logits and labels will do in their place.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include <trous/autograd/variable.h>
#include <trous/core/tensor.h>

namespace trous {

/// What training makes small.
///
/// logits    [n, h, w, classes]
/// labels    int32 [n, h, w], `unknown_label` where nothing is known
/// returns   one number, rank 0
using Loss = std::function<Variable(const Variable& logits, const Tensor& labels)>;

/// The names that make_loss knows.
std::vector<std::string_view> loss_names();

/// "cross-entropy" (softmax_cross_entropy), "dice" (dice_loss), "focal" (focal_loss, gamma 2), or
/// "cross-entropy+dice", their sum. Unknown pixels do not count. `class_weights`, float32 [classes], weigh
/// the pixels of cross-entropy and focal. Throws ArgumentError listing the names.
Loss make_loss(std::string_view name, const std::optional<Tensor>& class_weights = std::nullopt);

}  // namespace trous
