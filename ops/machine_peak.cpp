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

double peak_operations(DType dtype) {
  const PeakBurst burst(dtype);
  double best = 0;
  for (int repetition = 0; repetition < 40; ++repetition)
    best = std::max(best, burst.operations() / seconds_of([&] { burst.run(); }));
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

PeakBurst::PeakBurst(DType dtype) : tasks_(8 * std::int64_t{threads()}) {
  visit_floating("PeakBurst", dtype, []<class T> {});
  wide_ = dtype == DType::float64;
  // Short tasks: where other programs take their turns, one burst or another is left alone.
  while (seconds_of([&] { kernels::fast::multiply_add_rounds(wide_, rounds_); }) < 3e-4) rounds_ *= 2;
  operations_ = static_cast<double>(tasks_) * kernels::fast::multiply_add_rounds(wide_, rounds_).operations;
}

void PeakBurst::run() const {
  parallel_for(tasks_, 1,
               [&](std::int64_t, std::int64_t) { kernels::fast::multiply_add_rounds(wide_, rounds_); });
}

MachinePeak machine_peak(DType dtype) {
  visit_floating("machine_peak", dtype, []<class T> {});
  return {peak_operations(dtype), peak_bytes()};
}

}  // namespace trous
