// The life of each tensor's memory is recorded, and places are found without memory behind them.
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/detail/first_fit.h>
#include <trous/core/detail/storage_trace.h>
#include <trous/core/tensor.h>

namespace trous {
namespace {

using Kind = StorageTrace::Event::Kind;

Tensor of_bytes(std::int64_t bytes) { return Tensor::zeros({bytes}, DType::uint8); }

TEST(StorageTrace, RecordsWhatThisThreadTakesAndGivesBack) {
  std::optional<Tensor> before = of_bytes(1);
  const StorageTrace trace;
  std::optional<Tensor> a = of_bytes(10);
  {
    const Tensor b = of_bytes(20), also_b = b;
    StorageTrace::of_this_thread()->mark();
    const Storage scratch(30);
  }
  before.reset();
  std::thread([] { of_bytes(40); }).join();
  a.reset();
  EXPECT_EQ(trace.events(),
            (std::vector<StorageTrace::Event>{
                {Kind::take, 0}, {Kind::take, 1}, {Kind::mark, 0}, {Kind::give, 1}, {Kind::give, 0}}));
  EXPECT_EQ(trace.bytes(), (std::vector<std::size_t>{10, 20}));
}

TEST(StorageTrace, EndsWithItsScope) {
  { const StorageTrace trace; }
  EXPECT_EQ(StorageTrace::of_this_thread(), nullptr);
}

TEST(FirstFit, NeedsNoMemoryBehindItsPlaces) {
  constexpr std::size_t tebibyte = std::size_t{1} << 40;
  FirstFit places;
  EXPECT_EQ(places.take(3 * tebibyte), 0u);
  EXPECT_EQ(places.take(tebibyte), 3 * tebibyte);
  places.give(0, 3 * tebibyte);
  EXPECT_EQ(places.place_for(2 * tebibyte), 0u);
  EXPECT_EQ(places.take(2 * tebibyte), 0u);
  EXPECT_EQ(places.take(2 * tebibyte), 4 * tebibyte) << "too long for the gap";
  EXPECT_EQ(places.reached(), 6 * tebibyte);
}

}  // namespace
}  // namespace trous
