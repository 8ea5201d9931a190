// Explains a failed comparison: why it could not be decided, or the likely cause of a wrong gradient.
#pragma once

#include <string>
#include <vector>

#include <trous/check/check_grad.h>
#include <trous/check/detail/column.h>

namespace trous::detail {

/// Explains why the difference of number `p` in this column cannot decide, and what would help.
std::string undecided_explanation(const GradCheckRow& row, const Column& column, std::size_t p,
                                  const GradCheckOptions& options);

/// Names, in a sentence after a space, the op that gave the first value that is not finite when the gradients
/// of this order are computed. Empty if all values are finite.
std::string not_finite_explanation(const CheckedFunction& f, int order);

/// Explains the wrong gradient of the columns' input. It is compared with the gradients of the candidates and
/// of the other inputs; if none fits, the whole gradient is taken by differences and compared with the usual
/// slips.
std::string wrong_explanation(const GradCheckRow& row, const Order& order, const std::vector<Column>& columns,
                              const GradCheckOptions& options);

}  // namespace trous::detail
