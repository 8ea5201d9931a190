#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <sched.h>
#include <thread>
#include <unistd.h>
#include <vector>

#ifndef TROUS_PLAIN_BACKENDS
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

#include <trous/core/error.h>
#include <trous/core/parallel.h>

namespace trous {
namespace {

std::atomic<int> thread_count{0};  // 0: not asked for, take what the system grants

// The processors that this process may run on, which taskset or a container can make fewer than the
// machine's. std::thread::hardware_concurrency counts those of the machine: oneTBB, which counts as we do,
// would grant fewer threads than were asked for, and say so on stderr.
int granted_processors() {
  cpu_set_t granted;
  CPU_ZERO(&granted);
  if (sched_getaffinity(getpid(), sizeof granted, &granted) == 0) {
    if (const int count = CPU_COUNT(&granted); count > 0) return count;
  }
  const unsigned found = std::thread::hardware_concurrency();  // more processors than the set has room for
  return found ? static_cast<int>(found) : 1;
}
thread_local bool inside = false;

struct Inside {
  bool outer = inside;
  Inside() { inside = true; }
  ~Inside() { inside = outer; }
};

void run_chunk(std::int64_t chunk, std::int64_t count, std::int64_t grain, const RangeBody& body) {
  const std::int64_t begin = chunk * grain;
  body(begin, begin + grain < count ? begin + grain : count);
}

#ifdef TROUS_PLAIN_BACKENDS

// Threads made per call: slow and plain, which is what a sanitizer can follow.
void run(std::int64_t total, std::int64_t count, std::int64_t grain, const RangeBody& body) {
  std::atomic<std::int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    const Inside scope;
    try {
      for (std::int64_t chunk; (chunk = next++) < total;) run_chunk(chunk, count, grain, body);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> helpers;
  for (std::int64_t i = 1; i < threads() && i < total; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  if (failure) std::rethrow_exception(failure);
}

#else

// One arena per calling thread, so that two threads with a tape each never wait for one another's slots.
tbb::task_arena& workers() {
  thread_local tbb::task_arena mine(tbb::task_arena::automatic);
  if (const int wanted = threads(); mine.max_concurrency() != wanted) {
    mine.terminate();
    mine.initialize(wanted);
  }
  return mine;
}

void run(std::int64_t total, std::int64_t count, std::int64_t grain, const RangeBody& body) {
  // Isolated: a thread that waits in here must not steal a task that belongs to another thread's
  // recording scope.
  workers().execute([&] {
    tbb::this_task_arena::isolate([&] {
      tbb::parallel_for(
          std::int64_t{0}, total,
          [&](std::int64_t chunk) {
            const Inside scope;
            run_chunk(chunk, count, grain, body);
          },
          tbb::simple_partitioner());
    });
  });
}

#endif

}  // namespace

void parallel_for(std::int64_t count, std::int64_t grain, RangeBody body) {
  if (count <= 0) return;
  const std::int64_t total = chunks(count, grain);
  if (total == 1 || inside || threads() == 1) {
    for (std::int64_t chunk = 0; chunk < total; ++chunk) run_chunk(chunk, count, grain, body);
  } else {
    run(total, count, grain, body);
  }
}

int threads() {
  const int asked = thread_count;
  if (asked > 0) return asked;
  static const int granted = granted_processors();
  return granted;
}

void set_threads(int count) {
  if (count < 1) throw ArgumentError(text("set_threads: ", count, " threads. Ask for 1 or more."));
  thread_count = count;
#ifndef TROUS_PLAIN_BACKENDS
  // oneTBB makes no more workers than the machine has cores unless the limit is raised.
  static std::optional<tbb::global_control> limit;
  limit.emplace(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(count));
#endif
}

}  // namespace trous
