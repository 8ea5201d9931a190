// Two threads with a tape each, at once, sharing leaves and the worker threads under them: the results are
// those of one thread, bit for bit.
#include <autograd/toy_ops.h>
#include <core/with_threads.h>
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include <trous/autograd/recording.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;

constexpr std::int64_t size = 5 * map_grain + 3;

// Value, gradient and a second derivative of a small model, on tensors that parallel_for cuts up.
std::vector<Tensor> run(const Variable& x, const Variable& w) {
  const Variable y = sum(times(sine(times(x, w)), exponential(scale(square(w), -1))));
  const std::vector<Variable> first = grad(y, {x, w}, CreateGraph::yes);
  const Variable second = grad(sum(times(first[0], first[1])), {w})[0];
  return {y.value(), first[0].value(), first[1].value(), second.value()};
}

// ADOL-C#35: one global tape served all threads.
TEST(Threads, ADOLC_35_TwoTapesAtOnceGiveTheBitsOfOne) {
  const WithThreads three(3);
  const Variable x = track(uniform({size}, DType::float64, Key{1}, -1, 1));
  const Variable w = track(uniform({size}, DType::float64, Key{2}, -1, 1));
  const auto expected_xw = run(x, w), expected_wx = run(w, x);

  std::latch start(2);
  const auto work = [&](const Variable& a, const Variable& b, std::vector<std::vector<Tensor>>& results) {
    start.arrive_and_wait();
    for (int round = 0; round < 20; ++round) results.push_back(run(a, b));
  };
  std::vector<std::vector<Tensor>> xw, wx;
  std::thread first([&] { work(x, w, xw); }), second([&] { work(w, x, wx); });
  first.join();
  second.join();
  for (std::size_t round = 0; round < 20; ++round) {
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(same_bits(xw[round][i], expected_xw[i])) << "round " << round << ", result " << i;
      EXPECT_TRUE(same_bits(wx[round][i], expected_wx[i])) << "round " << round << ", result " << i;
    }
  }
}

TEST(Threads, OneGraphMayBeWalkedByTwo) {
  const Variable x = track(uniform({size}, DType::float64, Key{1}, -1, 1));
  const Variable y = sum(sine(square(x)));
  const Tensor expected = grad(y, {x})[0].value();
  std::latch start(2);
  std::vector<Tensor> results(2, expected);
  const auto work = [&](std::size_t i) {
    start.arrive_and_wait();
    for (int round = 0; round < 20; ++round)
      results[i] = grad(y, {x}, i ? CreateGraph::yes : CreateGraph::no)[0].value();
  };
  std::thread first(work, 0), second(work, 1);
  first.join();
  second.join();
  EXPECT_TRUE(same_bits(results[0], expected));
  EXPECT_TRUE(same_bits(results[1], expected));
}

TEST(Threads, EvaluationInOneDoesNotStopRecordingInTheOther) {
  const Variable x = track(vec({1, 2}));
  std::latch both(2);
  bool recorded = false, evaluated = true;
  std::thread first([&] {
    const Recording evaluation(Recording::nothing);
    both.arrive_and_wait();
    evaluated = square(x).tracked();
  });
  std::thread second([&] {
    both.arrive_and_wait();
    recorded = square(x).tracked();
  });
  first.join();
  second.join();
  EXPECT_TRUE(recorded);
  EXPECT_FALSE(evaluated);
}

TEST(Threads, BitsAreThoseOfAnyNumberOfWorkers) {
  const Variable x = track(uniform({size}, DType::float64, Key{1}, -1, 1));
  const Variable w = track(uniform({size}, DType::float64, Key{2}, -1, 1));
  const auto with = [&](int workers) {
    const WithThreads some(workers);
    return run(x, w);
  };
  const auto expected = with(1);
  for (const int workers : {2, 3}) {
    const auto results = with(workers);
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_TRUE(same_bits(results[i], expected[i])) << workers << " threads, result " << i;
  }
}

}  // namespace
}  // namespace trous
