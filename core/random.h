// Counter-based random numbers: element i of a draw is a pure function of the key and i, so the numbers
// are the same for any number of threads and any order of work.
//
// Source: Philox 4x32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <trous/core/tensor.h>

namespace trous {

/// Names one stream of random numbers.
struct Key {
  std::uint64_t value = 0;
};

/// Derives a key from `key` and `data`, such as a step, a layer's ordinal or a sample's index: a stream for
/// each.
Key fold_in(Key key, std::uint64_t data);

/// Returns the four 32-bit words of block `counter` of the stream.
std::array<std::uint32_t, 4> random_words(Key key, std::uint64_t counter);

/// Uniform in [low, high). `dtype` is float32 (24 random bits) or float64 (53). Throws ArgumentError if
/// low > high, DTypeError for integers.
Tensor uniform(const Shape& shape, DType dtype, Key key, double low = 0, double high = 1);

/// Normal with the given mean and standard deviation, by Box and Muller's transform. Throws ArgumentError
/// if deviation < 0, DTypeError for integers.
Tensor normal(const Shape& shape, DType dtype, Key key, double mean = 0, double deviation = 1);

/// The numbers 0 .. count - 1 in random order, each order equally likely. Throws ArgumentError if count < 0.
std::vector<std::int64_t> permutation(std::int64_t count, Key key);

/// A sequence of random numbers, for code that draws a varying number of them.
class Random {
 public:
  explicit Random(Key key) : key_(key) {}

  /// Uniform in [0, 1), 53 random bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high);

  /// Uniform among 0 .. bound - 1. Throws ArgumentError if bound < 1.
  std::int64_t below(std::int64_t bound);

  /// Standard normal.
  double normal();

 private:
  Key key_;
  std::uint64_t counter_ = 0;
};

}  // namespace trous
