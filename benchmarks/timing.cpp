#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <sched.h>
#include <unistd.h>

#include <trous/benchmarks/timing.h>

namespace trous::benchmarks {
namespace {

void on(const Contestant& contestant, const std::function<void()>& work) {
  if (contestant.worker) {
    contestant.worker->run(work);
  } else {
    work();
  }
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct Turns {
  double wall = 0, cpu = 0;  // timed
  double used = 0;           // all of it
};

// One turn: calls that are not timed, one and as many as `warm` seconds hold, then `calls` that are.
void turn(const Contestant& contestant, double warm, Timing& timing, Turns& turns) {
  on(contestant, [&] {
    const double entered = wall_seconds();
    while (warm > 0) {
      contestant.call();
      if (wall_seconds() - entered >= warm) break;
    }
    const double cpu = cpu_seconds(), begin = wall_seconds();
    for (int i = 0; i < timing.calls; ++i) contestant.call();
    const double end = wall_seconds();
    turns.cpu += cpu_seconds() - cpu;
    turns.wall += end - begin;
    turns.used += end - entered;
    timing.seconds.push_back((end - begin) / timing.calls);
  });
}

}  // namespace

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void unbind_thread() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(getppid(), sizeof cores, &cores) == 0) sched_setaffinity(0, sizeof cores, &cores);
}

Worker::Worker()
    : thread_([this] {
        std::unique_lock lock(mutex_);
        for (;;) {
          changed_.wait(lock, [this] { return work_ || ends_; });
          if (ends_) return;
          try {
            (*work_)();
          } catch (...) {
            failure_ = std::current_exception();
          }
          work_ = nullptr;
          changed_.notify_all();
        }
      }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Worker::run(const std::function<void()>& work) {
  std::unique_lock lock(mutex_);
  failure_ = nullptr;
  work_ = &work;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !work_; });
  if (failure_) std::rethrow_exception(failure_);
}

double Timing::median() const { return median_of(seconds); }
double Timing::best() const { return *std::min_element(seconds.begin(), seconds.end()); }

std::vector<Timing> take_turns(const std::vector<Contestant>& contestants, const TurnOptions& options) {
  std::vector<Timing> timings(contestants.size());
  std::vector<Turns> turns(contestants.size());
  std::vector<bool> slow(contestants.size());
  for (std::size_t i = 0; i < contestants.size(); ++i) {  // how long is a call?
    Timing first;
    Turns trial;
    turn(contestants[i], options.warm, first, trial);
    const double call = first.seconds.front();
    slow[i] = call > options.budget / 3;
    timings[i].calls = std::max(1, static_cast<int>(std::lround(std::min(1e5, options.block / call))));
  }
  for (int repetition = 0; repetition < options.repetitions; ++repetition) {
    for (std::size_t i = 0; i < contestants.size(); ++i) {
      const int least = slow[i] ? 2 : options.least;
      if (turns[i].used > options.budget && repetition >= least) continue;
      std::this_thread::sleep_for(std::chrono::duration<double>(options.pause));
      turn(contestants[i], slow[i] ? 0 : options.warm, timings[i], turns[i]);
    }
  }
  for (std::size_t i = 0; i < contestants.size(); ++i) timings[i].cpu_per_wall = turns[i].cpu / turns[i].wall;
  return timings;
}

}  // namespace trous::benchmarks
