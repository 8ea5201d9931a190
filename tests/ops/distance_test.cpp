// Exact distances on a grid against brute force.
#include <algorithm>
#include <ops/support.h>

#include <trous/ops/kernels/distance.h>

namespace trous {
namespace {

// Every set of seeds on small grids, and random ones on larger.
TEST(SquaredDistances, AreThoseOfBruteForce) {
  const auto check = [](const std::vector<std::uint8_t>& seeds, std::int64_t height, std::int64_t width) {
    const std::vector<double> found = kernels::squared_distances(seeds, height, width);
    for (std::int64_t i = 0; i < height * width; ++i) {
      double nearest = infinity;
      for (std::int64_t j = 0; j < height * width; ++j) {
        const std::int64_t down = i / width - j / width, right = i % width - j % width;
        if (seeds[static_cast<std::size_t>(j)])
          nearest = std::min(nearest, static_cast<double>(down * down + right * right));
      }
      ASSERT_EQ(found[static_cast<std::size_t>(i)], nearest) << height << 'x' << width << " at " << i;
    }
  };
  for (const auto& [height, width] : {std::pair{3, 3}, {1, 9}, {9, 1}, {2, 5}}) {
    const int pixels = height * width;
    for (int code = 0; code < 1 << pixels; ++code) {
      std::vector<std::uint8_t> seeds;
      for (int i = 0; i < pixels; ++i) seeds.push_back(static_cast<std::uint8_t>(code >> i & 1));
      check(seeds, height, width);
    }
  }
  Random random(Key{4});
  for (const std::int64_t one_in : {2, 20, 300}) {
    std::vector<std::uint8_t> seeds;
    for (int i = 0; i < 23 * 31; ++i) seeds.push_back(random.below(one_in) == 0 ? 1 : 0);
    check(seeds, 23, 31);
    check(seeds, 31, 23);
  }
}

}  // namespace
}  // namespace trous
