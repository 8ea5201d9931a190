// Every index once, on as many threads as were asked for, whatever is thrown and whoever else works. A test
// of threads proves nothing unless the threads were there: chunks wait for one another, so that each must
// stand on a thread of its own.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <core/thrown.h>
#include <core/with_threads.h>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/parallel.h>

namespace trous {
namespace {

// Waits until `expected` threads stand here at once, or gives up after half a minute: a failure, no hang.
class Meeting {
 public:
  explicit Meeting(std::size_t expected) : expected_(expected) {}

  void attend() {
    std::unique_lock lock(mutex_);
    present_.insert(std::this_thread::get_id());
    everyone_.notify_all();
    everyone_.wait_for(lock, std::chrono::seconds(30), [&] { return present_.size() >= expected_; });
  }
  const std::set<std::thread::id>& present() const { return present_; }

 private:
  std::size_t expected_;
  std::mutex mutex_;
  std::condition_variable everyone_;
  std::set<std::thread::id> present_;
};

std::set<std::thread::id> threads_that_meet(std::int64_t count) {
  Meeting meeting(static_cast<std::size_t>(count));
  parallel_for(count, 1, [&](std::int64_t, std::int64_t) { meeting.attend(); });
  return meeting.present();
}

TEST(ParallelFor, VisitsEveryIndexOnce) {
  for (const int workers : {1, 2, 3}) {
    const WithThreads some(workers);
    for (const std::int64_t count : {0, 1, 7, 64, 1000}) {
      for (const std::int64_t grain : {1, 3, 64, 5000}) {
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
        parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
          EXPECT_EQ(begin % grain, 0);
          EXPECT_EQ(end, std::min(begin + grain, count));
          for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
        });
        for (std::size_t i = 0; i < visits.size(); ++i)
          ASSERT_EQ(visits[i], 1) << "index " << i << " of " << count << ", grain " << grain << ", "
                                  << workers;
      }
    }
  }
}

TEST(ParallelFor, ANegativeCountIsNoWork) {
  parallel_for(-5, 1, [](std::int64_t, std::int64_t) { FAIL(); });
}

TEST(Chunks, AreAsManyAsParallelForMakes) {
  for (const std::int64_t count : {1, 5, 6, 7, 100}) {
    std::atomic<std::int64_t> made{0};
    parallel_for(count, 6, [&](std::int64_t, std::int64_t) { ++made; });
    EXPECT_EQ(made, chunks(count, 6));
  }
  EXPECT_EQ(chunks(0, 6), 0);
}

TEST(ParallelFor, RunsOnAsManyThreadsAsWereAskedFor) {
  for (const int workers : {2, 3}) {
    const WithThreads some(workers);
    EXPECT_EQ(threads(), workers);
    const auto present = threads_that_meet(workers);
    EXPECT_EQ(present.size(), static_cast<std::size_t>(workers));
    EXPECT_TRUE(present.contains(std::this_thread::get_id())) << "the calling thread takes part";
  }
}

TEST(ParallelFor, RunsOnOneThreadWhereOneWasAskedFor) {
  const WithThreads one(1);
  std::int64_t next = 0;  // no lock: the chunks come one after the other, in order
  parallel_for(1000, 1, [&](std::int64_t begin, std::int64_t) { EXPECT_EQ(begin, next++); });
  EXPECT_EQ(next, 1000);
}

// One chunk of the three nests and takes its time, so that the two idle threads would join it if they could.
TEST(ParallelFor, ANestedCallRunsInItsCallingThread) {
  const WithThreads three(3);
  int inner = 0;
  Meeting meeting(3);
  parallel_for(3, 1, [&](std::int64_t outer_begin, std::int64_t) {
    meeting.attend();
    if (outer_begin != 0) return;
    const auto outer = std::this_thread::get_id();
    parallel_for(50, 1, [&](std::int64_t begin, std::int64_t) {
      ASSERT_EQ(std::this_thread::get_id(), outer);
      EXPECT_EQ(begin, inner++);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
  });
  EXPECT_EQ(inner, 50);
  EXPECT_EQ(threads_that_meet(3).size(), 3U) << "the nesting ends with the outer call";
}

TEST(ParallelFor, RethrowsWhatAChunkThrows) {
  for (const int workers : {1, 2, 3}) {
    const WithThreads some(workers);
    EXPECT_EQ(thrown<FileError>([] {
                parallel_for(100, 1, [](std::int64_t begin, std::int64_t) {
                  if (begin == 57) throw FileError("chunk 57");
                });
              }),
              "chunk 57");
    if (workers > 1) {
      EXPECT_EQ(threads_that_meet(workers).size(), static_cast<std::size_t>(workers));
    }
  }
}

TEST(ParallelFor, RethrowsOneOfManyFailures) {
  const WithThreads three(3);
  EXPECT_EQ(thrown<Error>(
                [] { parallel_for(100, 1, [](std::int64_t, std::int64_t) { throw Error("every chunk"); }); }),
            "every chunk");
}

// 0: a worker; otherwise which of the test's own threads this is.
thread_local int owner = 0;

// Two threads with a tape each: neither may take up the other's work while it waits for its own, since it
// would then record in the wrong scope.
TEST(ParallelFor, SeparatesTwoThreadsThatWorkAtOnce) {
  const WithThreads three(3);
  std::atomic<int> strangers{0}, missed{0};
  const auto work = [&](int mine) {
    owner = mine;
    for (int round = 0; round < 300; ++round) {
      std::atomic<std::int64_t> sum{0};
      parallel_for(64, 1, [&](std::int64_t begin, std::int64_t) {
        if (owner != 0 && owner != mine) ++strangers;
        sum += begin;
      });
      if (sum != 64 * 63 / 2) ++missed;
    }
    owner = 0;
  };
  std::thread first(work, 1), second(work, 2);
  first.join();
  second.join();
  EXPECT_EQ(strangers, 0);
  EXPECT_EQ(missed, 0);
}

TEST(SetThreads, RefusesLessThanOne) {
  EXPECT_EQ(thrown<ArgumentError>([] { set_threads(0); }), "set_threads: 0 threads. Ask for 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { set_threads(-2); }), "set_threads: -2 threads. Ask for 1 or more.");
  EXPECT_GE(threads(), 1);
}

}  // namespace
}  // namespace trous
