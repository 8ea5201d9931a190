// A loop of multiply-adds on registers alone, which measures the peak of the processor.
#pragma once

#include <cstdint>

namespace trous::kernels::fast {

struct MultiplyAdds {
  double operations;  ///< a multiply-add is two
  double sum;         ///< the result, which is returned so that the compiler keeps the loop
};

/// Runs `rounds` rounds of independent multiply-adds on the instruction set in use, in float64 where `wide`,
/// else in float32.
MultiplyAdds multiply_add_rounds(bool wide, std::int64_t rounds);

}  // namespace trous::kernels::fast
