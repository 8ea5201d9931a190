// How contestants are timed: in turns, so that a machine that slows down slows all of them down.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace trous::benchmarks {

/// Seconds of a clock that only goes forward.
double wall_seconds();
/// Seconds that all threads of this process have computed.
double cpu_seconds();

/// Lets the calling thread, and those it will make, run on every core that the parent process may use. With
/// OMP_PROC_BIND an OpenMP library binds a program's first thread before main: what does not use OpenMP would
/// then share one core. Call it first.
void unbind_thread();

/// A thread that runs what it is given, one function at a time. OpenMP binds the thread that enters it to a
/// core, and threads made there inherit that, so a library that uses OpenMP gets a thread of its own: else it
/// would bind ours.
class Worker {
 public:
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Runs `work` there and waits; an exception is thrown here.
  void run(const std::function<void()>& work);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* work_ = nullptr;
  std::exception_ptr failure_;
  bool ends_ = false;
  std::thread thread_;
};

struct Contestant {
  std::string name;
  std::function<void()> call;
  Worker* worker = nullptr;  ///< where it runs; null: in the calling thread
};

struct Timing {
  std::vector<double> seconds;  ///< of one call, by repetition
  double cpu_per_wall = 0;      ///< busy threads, on average over all repetitions
  int calls = 1;                ///< per repetition

  double median() const;
  double best() const;
};

struct TurnOptions {
  int repetitions = 7;
  double block = 0.02;  ///< seconds that the calls of one repetition should last
  double budget = 2;    ///< no further turn for a contestant that has used as much, after `least` of them
  int least = 5;
  double warm = 0.005;   ///< seconds of calls before those that are timed, for its own threads to wake up
  double pause = 0.006;  ///< seconds of rest before each turn, for the threads of others to fall asleep
};

/// Each contestant has one turn after the other, `repetitions` times; a turn is calls that are not timed, one
/// at least, and then as many as fill the block. A contestant of which one call takes longer than a third of
/// the budget has as many turns of one timed call as the budget allows, and two at least.
std::vector<Timing> take_turns(const std::vector<Contestant>& contestants, const TurnOptions& options);

}  // namespace trous::benchmarks
