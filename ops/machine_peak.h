// What the machine can do, measured by the process that asks: the yardstick of a profile.
#pragma once

#include <trous/core/dtype.h>

namespace trous {

struct MachinePeak {
  double operations;  ///< multiply-adds per second, each counted as two, on registers alone
  double bytes;       ///< read plus written per second by copies of arrays that no cache holds
};

/// Measures both on all `threads()` threads and, for the operations, on the instruction set in use: the best
/// of several bursts, some 0.3 s in all. `dtype` is float32 or float64; throws DTypeError for others. A
/// figure is what this process was given: other programs lower it. The two arrays of 64 MiB that are copied
/// stay with the process's allocator.
MachinePeak machine_peak(DType dtype);

}  // namespace trous
