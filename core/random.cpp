#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include <trous/core/parallel.h>
#include <trous/core/random.h>

namespace trous {
namespace {

constexpr std::int64_t grain = 1 << 14;
constexpr double two_to_minus_53 = 1.0 / 9007199254740992.0;

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::uint64_t key) {
  auto key_low = static_cast<std::uint32_t>(key);
  auto key_high = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key_low, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key_high, static_cast<std::uint32_t>(a)};
    key_low += 0x9E3779B9;
    key_high += 0xBB67AE85;
  }
  return counter;
}

std::uint64_t joined(std::uint32_t high, std::uint32_t low) { return std::uint64_t{high} << 32 | low; }

// 53 random bits in [0, 1).
double unit(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>(joined(high, low) >> 11) * two_to_minus_53;
}

// low + (high - low) u, u in [0, 1), without reaching `high` by rounding.
template <class T>
T scaled(double low, double high, double u) {
  const auto value = static_cast<T>(low + (high - low) * u);
  if (value < high) return value;
  return std::max(static_cast<T>(low),
                  std::nextafter(static_cast<T>(high), -std::numeric_limits<T>::infinity()));
}

// Two independent standard normals from one block of four words.
std::array<double, 2> normals(const std::array<std::uint32_t, 4>& words) {
  const double radius = std::sqrt(-2 * std::log(1 - unit(words[0], words[1])));  // 1 - u is in (0, 1]
  const double angle = 2 * std::numbers::pi * unit(words[2], words[3]);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace

// Word 3 of the counter keeps folded keys apart from drawn blocks.
Key fold_in(Key key, std::uint64_t data) {
  const auto words =
      philox({static_cast<std::uint32_t>(data), static_cast<std::uint32_t>(data >> 32), 0, 1}, key.value);
  return {joined(words[0], words[1])};
}

std::array<std::uint32_t, 4> random_words(Key key, std::uint64_t counter) {
  return philox({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0},
                key.value);
}

Tensor uniform(const Shape& shape, DType dtype, Key key, double low, double high) {
  if (!(low <= high))
    throw ArgumentError(text("uniform: low ", low, " is above high ", high, ". Swap them."));
  return visit_floating("uniform", dtype, [&]<class T> {
    Tensor result = Tensor::uninitialized(shape, dtype);
    T* out = result.mutable_values<T>().data();
    parallel_for(result.elements(), grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const auto words = random_words(key, static_cast<std::uint64_t>(i));
        const double u = sizeof(T) == 4 ? (words[0] >> 8) / 16777216.0 : unit(words[0], words[1]);
        out[i] = scaled<T>(low, high, u);
      }
    });
    return result;
  });
}

Tensor normal(const Shape& shape, DType dtype, Key key, double mean, double deviation) {
  if (!(deviation >= 0)) {
    throw ArgumentError(
        text("normal: deviation ", deviation, " is below 0. Give the standard deviation, 0 or more."));
  }
  return visit_floating("normal", dtype, [&]<class T> {
    Tensor result = Tensor::uninitialized(shape, dtype);
    T* out = result.mutable_values<T>().data();
    // grain is even, so a chunk never splits the pair that one block of words gives.
    parallel_for(result.elements(), grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; i += 2) {
        const auto pair = normals(random_words(key, static_cast<std::uint64_t>(i / 2)));
        out[i] = static_cast<T>(mean + deviation * pair[0]);
        if (i + 1 < end) out[i + 1] = static_cast<T>(mean + deviation * pair[1]);
      }
    });
    return result;
  });
}

std::vector<std::int64_t> permutation(std::int64_t count, Key key) {
  if (count < 0) throw ArgumentError(text("permutation: count ", count, " is negative. Give 0 or more."));
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Random random(key);
  for (std::int64_t i = count - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(random.below(i + 1))]);
  }
  return order;
}

double Random::uniform() {
  const auto words = random_words(key_, counter_++);
  return unit(words[0], words[1]);
}

double Random::uniform(double low, double high) { return scaled<double>(low, high, uniform()); }

// Draws above the largest multiple of `bound` are thrown away, so that no remainder is favoured.
std::int64_t Random::below(std::int64_t bound) {
  if (bound < 1)
    throw ArgumentError(text("below: bound ", bound, " leaves no number. Give a bound of 1 or more."));
  const auto range = static_cast<std::uint64_t>(bound);
  const std::uint64_t excess = (UINT64_MAX % range + 1) % range;
  for (;;) {
    const auto words = random_words(key_, counter_++);
    const std::uint64_t draw = joined(words[0], words[1]);
    if (draw <= UINT64_MAX - excess) return static_cast<std::int64_t>(draw % range);
  }
}

double Random::normal() { return normals(random_words(key_, counter_++))[0]; }

}  // namespace trous
