// A failed comparison in words: why it could not be decided, or what the wrong gradient is like.
#pragma once

#include <string>
#include <vector>

#include <trous/check/check_grad.h>
#include <trous/check/detail/column.h>

namespace trous::detail {

/// Why the difference of number `p` in this column cannot decide, and what would.
std::string undecided_explanation(const GradCheckRow& row, const Column& column, std::size_t p,
                                  const GradCheckOptions& options);

/// The op that gave the first value that is not finite where the gradients of this order are computed, as a
/// sentence after a space; empty if all are finite.
std::string not_finite_explanation(const CheckedFunction& f, int order);

/// What the wrong gradient of the columns' input is like: the gradient of a candidate or of another input;
/// otherwise the whole gradient is taken by differences, and compared with the usual slips.
std::string wrong_explanation(const GradCheckRow& row, const Order& order, const std::vector<Column>& columns,
                              const GradCheckOptions& options);

}  // namespace trous::detail
