// The same bits of value and gradients on 1, 2 and 3 threads. Equality proves nothing unless the work was
// cut into several chunks and other threads took some of them: both are asserted.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <core/with_threads.h>
#include <ctime>
#include <mutex>
#include <op_catalogue.h>
#include <properties/conformance.h>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include <trous/core/map.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/pool.h>

namespace trous::catalogue {
namespace {

// The line with batches for three chunks and more of element-wise work, and at least 3 images.
Line enlarged(const Line& line) {
  std::int64_t smallest = 3 * map_grain + 1;
  for (const Input& input : line.inputs) {
    if (input.batched) smallest = std::min(smallest, input.shape.elements());
  }
  // Products are many for each element, and below a million or two the fast kernels stay on one thread.
  const std::int64_t factor = line.kind == Kind::trilinear ? 12 : 1;
  return with_batches(line, factor * std::max<std::int64_t>(3, chunks(3 * map_grain + 1, smallest)));
}

class Threads : public testing::TestWithParam<Line> {};

// pytorch#2201, #88718: the number of threads changed results.
TEST_P(Threads, pytorch_2201_DoNotChangeABit) {
  const Line line = enlarged(GetParam());
  const std::vector<Tensor> inputs = sample(line, DType::float32);
  std::optional<Evaluation> alone;
  for (const int count : {1, 2, 3}) {
    const WithThreads some(count);
    const Evaluation result = evaluate(line, inputs);
    if (!alone) {
      alone = result;
      continue;
    }
    EXPECT_TRUE(same_bits(result.value, alone->value)) << count << " threads";
    conformance::note(line, conformance::Property::threads, 0);
    ASSERT_EQ(result.gradients.size(), alone->gradients.size());
    for (std::size_t k = 0; k < result.gradients.size(); ++k) {
      EXPECT_TRUE(same_bits(result.gradients[k], alone->gradients[k])) << count << " threads, gradient " << k;
    }
  }
}

TEST(ThreadsTakePart, HaveSeveralChunksOfEveryLine) {
  for (const Line& line : lines()) {
    if (std::none_of(line.inputs.begin(), line.inputs.end(), [](const Input& x) { return x.batched; }))
      continue;
    for (const Input& input : enlarged(line).inputs) {
      if (input.batched) {
        EXPECT_GE(chunks(input.shape.elements(), map_grain), 4) << line.name();
      }
    }
  }
}

// Element-wise work of the size used above stands on three threads at once: its chunks wait for one another.
TEST(ThreadsTakePart, InElementWiseWork) {
  const WithThreads three(3);
  std::mutex mutex;
  std::condition_variable arrival;
  std::set<std::thread::id> present;
  const auto meet = [&](auto v) {
    std::unique_lock lock(mutex);
    if (present.insert(std::this_thread::get_id()).second) arrival.notify_all();
    arrival.wait_for(lock, std::chrono::seconds(30), [&] { return present.size() >= 3; });
    return v;
  };
  map(Tensor::zeros({3 * map_grain + 1}, DType::float32), meet);
  EXPECT_EQ(present.size(), 3U);
}

double cpu_seconds_of_this_thread() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class F>
double cpu_seconds_here(F&& f) {
  const double before = cpu_seconds_of_this_thread();
  f();
  return cpu_seconds_of_this_thread() - before;
}

// That other threads do part of a kernel's work shows in the processor time of the calling thread, which
// falls below what the calling thread needs alone. On one processor another thread runs only when the calling
// thread's time slice ends, so the batch grows until the work lasts for several slices.
template <class F>
void expect_shared_work(const char* what, F&& work) {
  double share = 1;
  for (std::int64_t batch = 12; share > 0.75 && batch <= 12 << 7; batch *= 2) {
    const Tensor images = Tensor::ones({batch, 40, 40, 8}, DType::float32);
    double alone = 1e9;
    {
      const WithThreads one(1);
      for (int round = 0; round < 5; ++round)
        alone = std::min(alone, cpu_seconds_here([&] { work(images); }));
    }
    const WithThreads three(3);
    for (int round = 0; share > 0.75 && round < 20; ++round)
      share = std::min(share, cpu_seconds_here([&] { work(images); }) / alone);
  }
  EXPECT_LE(share, 0.75) << what << ": the calling thread does it all";
}

TEST(ThreadsTakePart, InTheConvolutions) {
  const Tensor filters = Tensor::ones({3, 3, 8, 8}, DType::float32);
  const Tensor depthwise = Tensor::ones({3, 3, 8, 2}, DType::float32);
  expect_shared_work("atrous_conv2d", [&](const Tensor& x) { atrous_conv2d(x, filters, 2, Padding::same); });
  expect_shared_work("atrous_conv2d_transpose",
                     [&](const Tensor& y) { atrous_conv2d_transpose(y, filters, 2, Padding::same); });
  expect_shared_work("atrous_conv2d_filter_grad", [&](const Tensor& x) {
    atrous_conv2d_filter_grad(x, x, filters.shape(), 2, Padding::same);
  });
  expect_shared_work("depthwise_conv2d", [&](const Tensor& x) { depthwise_conv2d(x, depthwise); });
  expect_shared_work("max_pool2d", [](const Tensor& x) { max_pool2d(x, {.window = 3, .stride = 1}); });
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Threads, testing::ValuesIn(lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
