// A failed comparison in words: why it could not be decided, or what the wrong gradient is like.
#pragma once

#include <string>
#include <vector>

#include <trous/check/check_grad.h>
#include <trous/check/detail/column.h>
#include <trous/check/detail/phi.h>

namespace trous::detail {

/// Why the difference of number `p` in this column cannot decide, and what would. `step` is the one that the
/// check began with.
std::string doubt(const Phi& phi, const GradCheckRow& row, const Column& column, std::size_t p, double step);

/// Which op gave the first value that is not finite where the gradients of this order are computed, as a
/// sentence after a space; empty if all are finite.
std::string not_finite_cause(const Phi& phi, int order);

/// What the wrong gradient is like: that of a candidate, or of another input; else it is made in full, by
/// differences too, and compared.
std::string cause(const Phi& phi, const GradCheckOptions& options, const GradCheckRow& row,
                  const Order& order, const std::vector<Column>& columns);

}  // namespace trous::detail
