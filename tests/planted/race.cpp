// A planted fault: every chunk of a parallel_for adds to the same plain numbers. ThreadSanitizer must report
// it, which it can only if the chunks ran on more than one thread: so they wait for one another first. There
// are many numbers, since it may overlook two writes that fall into the same instant.
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include <trous/core/parallel.h>

int main() {
  trous::set_threads(2);
  std::atomic<int> present{0};
  std::array<int, 1000> sums{};
  trous::parallel_for(2, 1, [&](std::int64_t begin, std::int64_t) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    ++present;
    while (present < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    for (int& sum : sums) sum += static_cast<int>(begin);
  });
  return sums[0] == 1 ? 0 : 1;
}
