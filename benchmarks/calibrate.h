// What the machine can do, measured by the process that is about to be timed: the yardstick of every figure.
#pragma once

#include <string>
#include <vector>

#include <trous/core/dtype.h>

namespace trous::benchmarks {

/// The instruction sets whose multiply-adds this processor has and this program knows, the widest first:
/// "AVX-512", "AVX2", "NEON"; "portable" everywhere, where a multiply and an add are two instructions.
std::vector<std::string> fma_instruction_sets();

/// Operations per second; a multiply-add is two.
struct Peak {
  double by_wall;  ///< all operations over the time from the first start to the last end
  double by_cpu;   ///< the sum over threads of operations over the time that the thread was running: what it
                   ///< would be if no other program took its turn
};

/// Independent multiply-adds on registers alone, on `threads` threads at once, over about `seconds`.
Peak fma_peak(const std::string& instruction_set, DType dtype, int threads, double seconds);

/// Bytes read plus bytes written per second while `threads` threads copy arrays that no cache holds:
/// the best of `repetitions`.
double copy_bandwidth(int threads, int repetitions);

}  // namespace trous::benchmarks
