#include <algorithm>
#include <chrono>
#include <cstring>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/core/tensor.h>
#include <trous/ops/kernels/fast/peak.h>
#include <trous/ops/machine_peak.h>

namespace trous {
namespace {

template <class Work>
double seconds_of(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double peak_operations(bool wide) {
  // Short tasks and many bursts: where other programs take their turns, one burst or another is left alone.
  std::int64_t rounds = 1000;  // of one task: about half a millisecond
  while (seconds_of([&] { kernels::fast::multiply_add_rounds(wide, rounds); }) < 3e-4) rounds *= 2;
  const std::int64_t tasks = 8 * std::int64_t{threads()};
  const double operations =
      static_cast<double>(tasks) * kernels::fast::multiply_add_rounds(wide, rounds).operations;
  double best = 0;
  for (int burst = 0; burst < 40; ++burst) {
    const double seconds = seconds_of([&] {
      parallel_for(tasks, 1,
                   [&](std::int64_t, std::int64_t) { kernels::fast::multiply_add_rounds(wide, rounds); });
    });
    best = std::max(best, operations / seconds);
  }
  return best;
}

double peak_bytes() {
  constexpr std::int64_t size = std::int64_t{64} << 20, chunk = std::int64_t{1} << 20;
  Storage from(size), to(size);
  const auto at = [](Storage& storage, std::int64_t begin) {
    return static_cast<char*>(storage.data()) + begin;
  };
  parallel_for(size, chunk, [&](std::int64_t begin, std::int64_t end) {
    std::memset(at(from, begin), 1, static_cast<std::size_t>(end - begin));
    std::memset(at(to, begin), 2, static_cast<std::size_t>(end - begin));
  });
  double best = 0;
  for (int burst = 0; burst < 8; ++burst) {
    const double seconds = seconds_of([&] {
      parallel_for(size, chunk, [&](std::int64_t begin, std::int64_t end) {
        std::memcpy(at(to, begin), at(from, begin), static_cast<std::size_t>(end - begin));
      });
    });
    best = std::max(best, 2.0 * static_cast<double>(size) / seconds);
  }
  return best;
}

}  // namespace

MachinePeak machine_peak(DType dtype) {
  visit_floating("machine_peak", dtype, []<class T> {});
  return {peak_operations(dtype == DType::float64), peak_bytes()};
}

}  // namespace trous
