// A loop that does nothing but multiply-adds on registers: what the processor could do at most.
#pragma once

#include <cstdint>

namespace trous::kernels::fast {

struct MultiplyAdds {
  double operations;  ///< a multiply-add is two
  double sum;         ///< what came out; nobody needs it, but it had to be computed
};

/// Runs `rounds` rounds of independent multiply-adds on the instruction set in use, in float64 where `wide`,
/// else in float32.
MultiplyAdds multiply_add_rounds(bool wide, std::int64_t rounds);

}  // namespace trous::kernels::fast
