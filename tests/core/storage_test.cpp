// Memory is counted, aligned, and given back: the counts are what the tests of leaks and of peak memory
// stand on.
#include <cstdint>
#include <new>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/storage.h>
#include <trous/core/tensor.h>

namespace trous {
namespace {

TEST(Storage, CountsBuffersAndBytes) {
  const StorageCount start = live_storage();
  {
    const Storage a(100), b(28);
    EXPECT_EQ(live_storage().buffers, start.buffers + 2);
    EXPECT_EQ(live_storage().bytes, start.bytes + 128);
  }
  EXPECT_EQ(live_storage().buffers, start.buffers);
  EXPECT_EQ(live_storage().bytes, start.bytes);
}

TEST(Storage, IsAligned) {
  for (const std::size_t bytes : {1U, 3U, 64U, 1000U, 1U << 20}) {
    const Storage storage(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(storage.data()) % Storage::alignment, 0U) << bytes << " bytes";
    EXPECT_EQ(storage.bytes(), bytes);
  }
}

TEST(Storage, OfNothingHasAnAddress) { EXPECT_NE(Storage(0).data(), nullptr); }

TEST(Storage, MemoryThatTheMachineLacksIsBadAllocAndNotCounted) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr bool aborts = true;
#elif defined(__has_feature)
  constexpr bool aborts = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
  constexpr bool aborts = false;
#endif
  if (aborts) GTEST_SKIP() << "sanitizers end the program at a request of that size";
  const StorageCount start = live_storage();
  EXPECT_THROW(Tensor::uninitialized({std::int64_t{1} << 58}, DType::float64), std::bad_alloc);
  EXPECT_EQ(live_storage().buffers, start.buffers);
  EXPECT_EQ(live_storage().bytes, start.bytes);
}

TEST(Storage, CopiesOfATensorShareOneBuffer) {
  const StorageCount start = live_storage();
  {
    const Tensor tensor = Tensor::zeros({3, 5}, DType::float64);
    const std::vector<Tensor> copies(10, tensor);
    const Tensor flat = tensor.reshaped({15});
    EXPECT_EQ(live_storage().buffers, start.buffers + 1);
    EXPECT_EQ(live_storage().bytes, start.bytes + 120);
  }
  EXPECT_EQ(live_storage().buffers, start.buffers);
}

TEST(Storage, CountsOverThreads) {
  const StorageCount start = live_storage();
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 3; ++worker) {
    workers.emplace_back([] {
      for (int i = 0; i < 2000; ++i) (void)Tensor::zeros({i % 7 + 1}, DType::float32);
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(live_storage().buffers, start.buffers);
  EXPECT_EQ(live_storage().bytes, start.bytes);
}

TEST(Storage, ThePeakIsTheMostThatWasAliveAtOnce) {
  const Storage held(7);
  const std::int64_t start = live_storage().bytes;
  lower_storage_peak();
  EXPECT_EQ(storage_peak(), start);
  {
    const Storage a(100);
    { const Storage b(50); }
    const Storage c(20);
    EXPECT_EQ(storage_peak(), start + 150);
    const Storage d(31);
    EXPECT_EQ(storage_peak(), start + 151);
  }
  EXPECT_EQ(storage_peak(), start + 151);
  lower_storage_peak();
  EXPECT_EQ(storage_peak(), start);
}

TEST(Storage, ThePeakOfTensorsLeavesScratchOut) {
  const Tensor held = Tensor::zeros({4}, DType::float32);
  lower_storage_peak();
  const std::int64_t start = tensor_peak(), start_of_all = storage_peak();
  {
    const Storage scratch(1000);
    const Tensor tensor = Tensor::zeros({5}, DType::float64);
    const Tensor given({2}, {1.0F, 2.0F});
  }
  EXPECT_EQ(tensor_peak(), start + 48);
  EXPECT_EQ(storage_peak(), start_of_all + 1048);
  lower_storage_peak();
  EXPECT_EQ(tensor_peak(), start);
}

TEST(Storage, ThePeakCountsAllThreads) {
  const std::int64_t start = live_storage().bytes;
  lower_storage_peak();
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 3; ++worker) {
    workers.emplace_back([] {
      for (int i = 0; i < 2000; ++i) const Storage storage(1000);
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_GE(storage_peak(), start + 1000);
  EXPECT_LE(storage_peak(), start + 3000);
}

}  // namespace
}  // namespace trous
