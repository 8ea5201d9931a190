// A number of threads for the length of a scope, so that one test's choice never reaches the next.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include <trous/core/parallel.h>

namespace trous {

class WithThreads {
 public:
  explicit WithThreads(int count) : outer_(threads()) { set_threads(count); }
  ~WithThreads() { set_threads(outer_); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int outer_;
};

/// Returns when all threads stood in a chunk at once, or gives up after ten seconds: work of a few
/// milliseconds that follows finds them awake.
inline void wake_threads() {
  std::atomic<int> present{0};
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  parallel_for(threads(), 1, [&](std::int64_t, std::int64_t) {
    ++present;
    while (present < threads() && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  });
}

}  // namespace trous
