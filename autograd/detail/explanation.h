// A failed comparison in words: why it could not be decided, or what the wrong gradient is like.
#pragma once

#include <string>
#include <vector>

#include <trous/autograd/check_grad.h>
#include <trous/autograd/detail/column.h>
#include <trous/autograd/detail/phi.h>

namespace trous::detail {

/// Why a difference cannot decide, and what would. `nearest_kink` may be empty.
std::string doubt(const GradCheckRow& row, const std::string& nearest_kink, double step);

/// What the wrong gradient is like: that of a candidate, or of another input; else it is made in full, by
/// differences too, and compared.
std::string cause(const Phi& phi, const GradCheckOptions& options, const GradCheckRow& row,
                  const Order& order, const std::vector<Column>& columns);

}  // namespace trous::detail
