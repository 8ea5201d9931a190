// The range of addresses for large buffers: where pieces lie, that they never overlap, and that gaps are
// joined.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/detail/arena.h>
#include <trous/core/random.h>

namespace trous {
namespace {

constexpr std::size_t page = 4096, capacity = std::size_t{1} << 26;

TEST(Arena, TheLowestPlaceThatIsLongEnoughIsTaken) {
  Arena arena(capacity);
  auto* const a = static_cast<std::byte*>(arena.take(3 * page));
  auto* const b = static_cast<std::byte*>(arena.take(1));
  auto* const c = static_cast<std::byte*>(arena.take(2 * page));
  EXPECT_EQ(b, a + 3 * page);
  EXPECT_EQ(c, b + page);
  arena.give(a, 3 * page);
  EXPECT_EQ(arena.take(4 * page), c + 2 * page) << "too long for the gap";
  EXPECT_EQ(arena.take(2 * page), a);
  EXPECT_EQ(arena.take(page), a + 2 * page) << "what was left of the gap";
  EXPECT_EQ(arena.reached(), 10 * page);
}

TEST(Arena, GapsThatTouchAreOne) {
  for (const std::vector<int>& order : {std::vector{0, 1, 2}, {2, 1, 0}, {0, 2, 1}, {1, 0, 2}}) {
    Arena arena(capacity);
    void* pieces[3];
    for (void*& piece : pieces) piece = arena.take(page);
    void* const end = arena.take(page);
    for (const int i : order) arena.give(pieces[i], page);
    EXPECT_EQ(arena.take(3 * page), pieces[0]);
    arena.give(end, page);
    EXPECT_EQ(arena.take(5 * page), end) << "the last gap ends at the border, which moves";
    EXPECT_EQ(arena.reached(), 8 * page);
  }
}

TEST(Arena, WhatIsTooLongIsRefusedAndNothingIsLost) {
  Arena arena(capacity);
  EXPECT_EQ(arena.take(capacity + 1), nullptr);
  EXPECT_EQ(arena.take(~std::size_t{0}), nullptr);
  void* const all = arena.take(capacity);
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(arena.take(1), nullptr);
  arena.give(all, capacity);
  EXPECT_EQ(arena.take(capacity), all);
}

// In a process of its own, since its limit stays.
TEST(Arena, UnderALimitOnAddressesOthersFindTheirs) {
  constexpr std::size_t room = std::size_t{1} << 28;
  const auto others_find_theirs = [](std::size_t odd) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t limit = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + room + odd;
    const rlimit both{limit, limit};
    if (setrlimit(RLIMIT_AS, &both) != 0) return false;
    Arena arena(std::size_t{1} << 44);
    void* const other = mmap(nullptr, room / 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return arena.take(page) != nullptr && other != MAP_FAILED;
  };
  for (const std::size_t odd : {std::size_t{0}, room / 16, room / 2, room - page})
    EXPECT_EXIT(std::_Exit(others_find_theirs(odd) ? 0 : 1), testing::ExitedWithCode(0), "") << odd;
}

// A piece is filled with its number when it is taken and must hold it still when it goes.
TEST(Arena, PiecesNeverOverlap) {
  Arena arena(capacity);
  struct Piece {
    unsigned char* memory;
    std::size_t bytes;
    unsigned char number;
  };
  std::vector<Piece> pieces;
  const std::vector<float> draws = uniform({4000}, DType::float32, Key{5}, 0, 1).to_vector<float>();
  for (std::size_t i = 0; i + 1 < draws.size(); i += 2) {
    if (pieces.size() < 20 && draws[i] < 0.55f) {
      const auto bytes = static_cast<std::size_t>(1 + draws[i + 1] * 40000);
      auto* const memory = static_cast<unsigned char*>(arena.take(bytes));
      ASSERT_NE(memory, nullptr);
      ASSERT_TRUE(arena.holds(memory));
      std::memset(memory, static_cast<int>(i % 251), bytes);
      pieces.push_back({memory, bytes, static_cast<unsigned char>(i % 251)});
    } else if (!pieces.empty()) {
      const auto at = pieces.begin() +
                      static_cast<std::ptrdiff_t>(draws[i + 1] * 0.999f * static_cast<float>(pieces.size()));
      ASSERT_TRUE(std::all_of(at->memory, at->memory + at->bytes,
                              [&](unsigned char value) { return value == at->number; }));
      arena.give(at->memory, at->bytes);
      pieces.erase(at);
    }
  }
  EXPECT_LT(arena.reached(), 30 * 11 * page) << "gaps are found again";
}

// What the promise of the header comes to: the second round of the same requests reaches no further.
TEST(Arena, ARepeatedRoundFindsItsPlaces) {
  Arena arena(capacity);
  std::size_t first = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::pair<void*, std::size_t>> held;
    for (std::size_t i = 1; i <= 12; ++i) {
      held.emplace_back(arena.take(i * i * page), i * i * page);
      if (i % 3 == 0) {
        arena.give(held[i / 3].first, held[i / 3].second);
        held[i / 3] = {arena.take(7 * page), 7 * page};
      }
    }
    for (const auto& [memory, bytes] : held) arena.give(memory, bytes);
    if (round == 0) first = arena.reached();
    EXPECT_EQ(arena.reached(), first);
  }
}

}  // namespace
}  // namespace trous
