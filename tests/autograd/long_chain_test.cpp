// A million nodes: nothing that walks, frees or holds a graph may recurse. (A recursive destructor overflows
// an 8 MB stack after some fifty thousand.) And Variables that outlive main or their thread.
#include <autograd/toy_ops.h>
#include <cstdlib>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include <trous/autograd/tape.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;

constexpr int million = 1'000'000;

Variable link(const Variable& x) {
  static const Forward same = [](std::span<const Tensor> in) { return in[0]; };
  return record({"link"}, {x}, same, {Rule(Reads::nothing(), [](const Vjp& v) { return v.grad(); })});
}

Variable chain(const Variable& x, int length) {
  Variable y = x;
  for (int i = 0; i < length; ++i) y = link(y);
  return y;
}

// Node k holds node k - 1 in its rule's closure alone, where no walk sees it.
Variable chain_of_closures(const Variable& x, int length) {
  static const Forward same = [](std::span<const Tensor> in) { return in[0]; };
  Variable y = x;
  for (int i = 0; i < length; ++i)
    y = record({"holder"}, {x}, same, {Rule(Reads::nothing(), [y](const Vjp& v) { return v.grad(); })});
  return y;
}

// autodiff#317: large graphs overflowed the stack.
TEST(LongChain, autodiff_317_IsWalkedAndFreed) {
  const StorageCount start = live_storage();
  {
    const Variable x = track(num(3));
    const Variable y = chain(x, million);
    EXPECT_EQ(Tape::of(y).size(), million + 1U);
    EXPECT_EQ(list(grad(y, {x})[0]), List{1});
  }
  EXPECT_EQ(live_storage().buffers, start.buffers);
}

TEST(LongChain, IsFreedAsItIsWalked) {
  const Variable x = track(num(3));
  EXPECT_EQ(list(grad(chain(x, million), {x})[0]), List{1});
}

TEST(LongChain, IsFreedByAnotherThread) {
  const StorageCount start = live_storage();
  auto y = std::make_unique<Variable>(chain(track(num(3)), million / 4));
  std::thread([&] { y.reset(); }).join();
  EXPECT_EQ(live_storage().buffers, start.buffers);
}

TEST(LongChain, OfVariablesInClosuresIsFreed) {
  const StorageCount start = live_storage();
  {
    const Variable x = track(num(3));
    const Variable y = chain_of_closures(x, million);
    EXPECT_EQ(list(grad(y, {x})[0]), List{1});
  }
  EXPECT_EQ(live_storage().buffers, start.buffers);
}

TEST(LongChain, OfKeptGradientsIsFreed) {
  const StorageCount start = live_storage();
  {
    const Variable x = track(num(1));
    Variable y = x;
    for (int i = 0; i < 20'000; ++i) y = square(y);
    const Variable first = grad(std::move(y), {x}, CreateGraph::yes)[0];
    EXPECT_TRUE(first.tracked());
  }
  EXPECT_EQ(live_storage().buffers, start.buffers);
}

TEST(AtExit, AThreadLocalVariableIsFreedWithItsThread) {
  const StorageCount start = live_storage();
  std::thread([] {
    thread_local std::optional<Variable> held;
    held = chain(track(num(3)), 200'000);
  }).join();
  EXPECT_EQ(live_storage().buffers, start.buffers);
}

// The tape's own thread-locals may be gone by then; a crash would show in the exit code.
TEST(AtExitDeathTest, StaticAndThreadLocalVariablesAreFreed) {
  EXPECT_EXIT(
      {
        static std::optional<Variable> held_static;
        thread_local std::optional<Variable> held_by_main;
        held_static = chain(track(num(3)), 200'000);
        held_by_main = chain_of_closures(track(num(3)), 200'000);
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace trous
