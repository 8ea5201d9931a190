// Programs whose tensors are so small that what is timed is the way to the arithmetic, not the arithmetic.
#pragma once

#include <cstdint>

namespace trous::benchmarks {

/// The sizes of conv + bias + ReLU + sum, forward and backward: n = 1, h = w, in = out.
struct TinyConv {
  std::int64_t size, channels, kernel;
};
inline constexpr TinyConv tiny_convs[] = {{16, 16, 3}, {1, 1, 1}};

/// Additions in a row, forward and backward, on `elements` numbers.
struct AddChain {
  std::int64_t length, elements;
};
inline constexpr AddChain add_chains[] = {{10, 1}, {100, 1}, {1000, 1}, {100, 4096}};

/// Registers libtorch's versions with Google Benchmark.
void register_torch_benchmarks();

}  // namespace trous::benchmarks
