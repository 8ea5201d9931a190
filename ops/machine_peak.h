// The peak rates of the machine, measured by the running process, with which a profile compares.
#pragma once

#include <cstdint>

#include <trous/core/dtype.h>

namespace trous {

/// A fixed number of multiply-adds on registers alone, cut into short tasks for all `threads()` threads, on
/// the instruction set in use. No kernel can do more in the same time. `dtype` is float32 or float64; throws
/// DTypeError for others.
class PeakBurst {
 public:
  explicit PeakBurst(DType dtype);

  /// Does the multiply-adds, which takes a few milliseconds.
  void run() const;
  /// The operations of one run; a multiply-add counts as two.
  double operations() const { return operations_; }

 private:
  bool wide_ = false;
  std::int64_t rounds_ = 1000, tasks_;
  double operations_ = 0;
};

/// The peak rates of the machine.
struct MachinePeak {
  double operations;  ///< multiply-adds per second, each counted as two, on registers alone
  double bytes;       ///< read plus written per second by copies of arrays that no cache holds
};

/// Measures both on all `threads()` threads and, for the operations, on the instruction set in use: the best
/// of several bursts, some 0.3 s in all. `dtype` is float32 or float64; throws DTypeError for others. Other
/// running programs lower the figures. The two arrays of 64 MiB that are copied stay with the process's
/// allocator.
MachinePeak machine_peak(DType dtype);

}  // namespace trous
