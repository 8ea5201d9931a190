// Random numbers that every run, machine and number of threads draws alike, and that are what they claim.
//
// Statistical bounds are five standard deviations of the statistic, computed and not chosen; keys are fixed,
// so a test either always passes or never.
#include <algorithm>
#include <array>
#include <cmath>
#include <core/thrown.h>
#include <core/with_threads.h>
#include <cstdint>
#include <limits>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Philox 4x32-10 once more, word for word after section 3.3 of the paper, and held to the known answers.
Words reference_philox(Words c, std::array<std::uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = 0xD2511F53ULL * c[0], product1 = 0xCD9E8D57ULL * c[2];
    const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x & 0xFFFFFFFFULL); };
    c = {high(product1) ^ c[1] ^ k[0], low(product1), high(product0) ^ c[3] ^ k[1], low(product0)};
    k = {k[0] + 0x9E3779B9U, k[1] + 0xBB67AE85U};
  }
  return c;
}

// Source: Random123, tests/kat_vectors, the three lines "philox4x32 10".
TEST(Philox, ReferenceGivesThePublishedAnswers) {
  EXPECT_EQ(reference_philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(reference_philox({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(reference_philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, RandomWordsAreItsBlocks) {
  EXPECT_EQ(random_words(Key{0}, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  for (const std::uint64_t key : {0ULL, 1ULL, 0x0123456789abcdefULL, ~0ULL}) {
    for (const std::uint64_t counter : {0ULL, 1ULL, 0xfedcba9876543210ULL, ~0ULL}) {
      const Words expected = reference_philox(
          {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0},
          {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
      EXPECT_EQ(random_words(Key{key}, counter), expected) << "key " << key << ", counter " << counter;
    }
  }
}

TEST(FoldIn, GivesAKeyOfItsOwnForEveryDatum) {
  std::set<std::uint64_t> keys;
  for (std::uint64_t data = 0; data < 10'000; ++data) {
    keys.insert(fold_in(Key{7}, data).value);
    keys.insert(fold_in(Key{8}, data).value);
  }
  EXPECT_EQ(keys.size(), 20'000U);
  EXPECT_NE(fold_in(fold_in(Key{7}, 1), 2).value, fold_in(fold_in(Key{7}, 2), 1).value);
}

// A folded key must not be words that the stream itself draws.
TEST(FoldIn, StandsApartFromTheDraws) {
  for (std::uint64_t data = 0; data < 100; ++data) {
    const Words drawn = random_words(Key{7}, data);
    const std::uint64_t folded = fold_in(Key{7}, data).value;
    EXPECT_NE(folded, std::uint64_t{drawn[0]} << 32 | drawn[1]);
    EXPECT_NE(folded, std::uint64_t{drawn[1]} << 32 | drawn[0]);
  }
}

TEST(FoldIn, StreamsAreUncorrelated) {
  constexpr std::int64_t count = 100'000;
  const auto a = uniform({count}, DType::float64, fold_in(Key{7}, 0), -1, 1).to_vector<double>();
  const auto b = uniform({count}, DType::float64, fold_in(Key{7}, 1), -1, 1).to_vector<double>();
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  EXPECT_LT(std::abs(sum), 5 * std::sqrt(count / 9.0));  // a product of two has variance 1/9
}

TEST(Draws, HaveTheSameBitsForAnyNumberOfThreads) {
  const Shape shape{50'001};  // several chunks, and an odd end for the pairs of normal
  for (const DType dtype : {DType::float32, DType::float64}) {
    const auto draw = [&](int workers) {
      const WithThreads some(workers);
      return std::pair(uniform(shape, dtype, Key{5}, -2, 3), normal(shape, dtype, Key{5}, 1, 2));
    };
    const auto expected = draw(1);
    for (const int workers : {2, 3}) {
      const auto drawn = draw(workers);
      EXPECT_TRUE(same_bits(drawn.first, expected.first)) << dtype << ", " << workers << " threads";
      EXPECT_TRUE(same_bits(drawn.second, expected.second)) << dtype << ", " << workers << " threads";
    }
  }
}

TEST(Draws, ElementsDependOnKeyAndIndexAlone) {
  const auto few = normal({11}, DType::float64, Key{5}).to_vector<double>();
  const auto many = normal({40'000}, DType::float64, Key{5}).to_vector<double>();
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
  EXPECT_FALSE(same_bits(uniform({3}, DType::float64, Key{5}), uniform({3}, DType::float64, Key{6})));
}

TEST(Draws, AreFloating) {
  EXPECT_EQ(thrown<DTypeError>([] { uniform({2}, DType::int32, Key{1}); }),
            "uniform: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(thrown<DTypeError>([] { normal({2}, DType::uint8, Key{1}); }),
            "normal: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
}

TEST(Uniform, FillsItsIntervalEvenly) {
  constexpr std::int64_t count = 1 << 18;
  for (const DType dtype : {DType::float32, DType::float64}) {
    const auto values = uniform({count}, dtype, Key{11}, -2, 3).cast(DType::float64).to_vector<double>();
    std::array<int, 10> bins{};
    for (const double value : values) {
      ASSERT_GE(value, -2);
      ASSERT_LT(value, 3);
      ++bins[static_cast<std::size_t>((value + 2) * 2)];
    }
    for (const int bin : bins) EXPECT_LT(std::abs(bin - count / 10.0), 5 * std::sqrt(count * 0.09));
  }
}

// [1, 1 + epsilon) holds one float: any draw above its middle rounds to the excluded end.
TEST(Uniform, NeverRoundsToItsExcludedEnd) {
  const double high = std::nextafter(1.0F, 2.0F);
  for (const float value : uniform({1000}, DType::float32, Key{1}, 1, high).to_vector<float>())
    ASSERT_EQ(value, 1.0F);
  const double high_double = std::nextafter(1.0, 2.0);
  for (const double value : uniform({1000}, DType::float64, Key{1}, 1, high_double).to_vector<double>())
    ASSERT_EQ(value, 1.0);
  Random random(Key{1});
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(random.uniform(1, high_double), 1.0);
}

TEST(Normal, HasItsMomentsAndTails) {
  constexpr std::int64_t count = 1 << 18;
  const double n = count;
  for (const DType dtype : {DType::float32, DType::float64}) {
    const auto values = normal({count}, dtype, Key{12}).cast(DType::float64).to_vector<double>();
    double sum = 0, squares = 0, neighbours = 0;
    std::map<double, int> below;
    for (std::size_t i = 0; i < values.size(); ++i) {
      sum += values[i];
      squares += values[i] * values[i];
      if (i % 2) neighbours += values[i] * values[i - 1];  // the two of one Box-Muller pair
      for (const double edge : {-2.0, -1.0, 0.0, 1.0, 2.0}) below[edge] += values[i] < edge;
    }
    EXPECT_LT(std::abs(sum), 5 * std::sqrt(n));
    EXPECT_LT(std::abs(squares - n), 5 * std::sqrt(2 * n));
    EXPECT_LT(std::abs(neighbours), 5 * std::sqrt(n / 2));
    for (const auto& [edge, seen] : below) {
      const double p = std::erfc(-edge / std::sqrt(2.0)) / 2;
      EXPECT_LT(std::abs(seen - n * p), 5 * std::sqrt(n * p * (1 - p))) << "below " << edge;
    }
  }
}

TEST(Normal, IsScaledAndShifted) {
  const auto standard = normal({7}, DType::float64, Key{3}).to_vector<double>();
  const auto scaled = normal({7}, DType::float64, Key{3}, 10, 0.5).to_vector<double>();
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(scaled[i], 10 + 0.5 * standard[i]);
}

TEST(Permutation, HoldsEveryNumberOnce) {
  for (const std::int64_t count : {0, 1, 1000}) {
    auto order = permutation(count, Key{4});
    ASSERT_EQ(order.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(std::is_sorted(order.begin(), order.end()), count < 1000);
    std::sort(order.begin(), order.end());
    for (std::int64_t i = 0; i < count; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i);
  }
  EXPECT_EQ(permutation(50, Key{4}), permutation(50, Key{4}));
  EXPECT_NE(permutation(50, Key{4}), permutation(50, Key{5}));
}

TEST(Permutation, GivesEveryOrderEquallyOften) {
  constexpr int draws = 24'000;
  std::map<std::vector<std::int64_t>, int> seen;
  for (std::uint64_t key = 0; key < draws; ++key) ++seen[permutation(4, fold_in(Key{9}, key))];
  EXPECT_EQ(seen.size(), 24U);
  const double p = 1.0 / 24;
  for (const auto& [order, times] : seen)
    EXPECT_LT(std::abs(times - draws * p), 5 * std::sqrt(draws * p * (1 - p)));
}

TEST(Random, RepeatsItsSequence) {
  Random a(Key{2}), b(Key{2}), c(Key{3});
  const double first = a.uniform(), second = a.uniform();
  EXPECT_NE(first, second);
  EXPECT_EQ(b.uniform(), first);
  EXPECT_EQ(b.uniform(), second);
  EXPECT_NE(c.uniform(), first);
}

TEST(Random, BelowStaysBelow) {
  Random random(Key{2});
  std::array<int, 7> seen{};
  constexpr int draws = 70'000;
  for (int i = 0; i < draws; ++i) {
    const std::int64_t value = random.below(7);
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 7);
    ++seen[static_cast<std::size_t>(value)];
  }
  for (const int times : seen) EXPECT_LT(std::abs(times - draws / 7.0), 5 * std::sqrt(draws * 6 / 49.0));
  EXPECT_EQ(random.below(1), 0);
  EXPECT_GE(random.below(std::numeric_limits<std::int64_t>::max()), 0);
}

// 2^64 is 2 2/3 of this bound: a bare remainder would put 3/4 of the draws below 2^62, and 2/3 belong there.
TEST(Random, BelowFavoursNoRemainder) {
  constexpr std::int64_t bound = 3 * (std::int64_t{1} << 61), edge = std::int64_t{1} << 62;
  constexpr int draws = 20'000;
  Random random(Key{2});
  int under = 0;
  for (int i = 0; i < draws; ++i) under += random.below(bound) < edge;
  EXPECT_LT(std::abs(under - draws * 2 / 3.0), 5 * std::sqrt(draws * 2 / 9.0));
}

TEST(Random, BelowNeedsANumberToChoose) {
  Random random(Key{2});
  EXPECT_EQ(thrown<ArgumentError>([&] { random.below(0); }),
            "below: bound 0 leaves no number. Give a bound of 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([&] { random.below(-1); }),
            "below: bound -1 leaves no number. Give a bound of 1 or more.");
}

}  // namespace
}  // namespace trous
