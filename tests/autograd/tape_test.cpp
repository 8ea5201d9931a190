// The tape as a value: printed, counted, searched, replayed. What it prints is compared whole, since the
// text is how a reader checks which op is whose transpose.
#include <autograd/toy_ops.h>
#include <core/thrown.h>
#include <sstream>

#include <gtest/gtest.h>

#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/core/error.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;

TEST(Tape, Prints) {
  const Variable x = track(vec({1, 2}), "x");
  const Variable scaled = scale(x, 0.5);
  const Variable y = sum(times(scaled, Variable(vec({3, 4})), "weighted"));
  EXPECT_EQ(text(Tape::of(y)),
            "%1 = leaf                        f64[2]   \"x\"\n"
            "%2 = scale   %1         by 0.5   f64[2]\n"
            "%3 = times   %2 const            f64[2]   \"weighted\"\n"
            "%4 = sum     %3                  f64[]\n");
}

TEST(Tape, PrintsGradients) {
  const Variable x = track(vec({1, 2}));
  const Variable y = square(x);
  EXPECT_EQ(text(Tape::of(vjp(y, {x}, Variable(vec({1, 1})), CreateGraph::yes)[0])),
            "%1 = leaf                   f64[2]\n"
            "%2 = leaf                   f64[2]   \"seed\"\n"
            "%3 = scale   %1      by 2   f64[2]\n"
            "%4 = times   %3 %2          f64[2]\n");
}

TEST(Tape, AlignsTheNumbersOfLongTapes) {
  Variable y = track(num(1));
  for (int i = 0; i < 9; ++i) y = square(y);
  const std::string printed = text(Tape::of(y));
  EXPECT_EQ(printed.substr(0, printed.find('\n')), " %1 = leaf          f64[]");
  EXPECT_NE(printed.find("\n%10 = square   %9   f64[]\n"), std::string::npos) << printed;
}

TEST(Tape, LeavesTheStreamAsItWas) {
  std::ostringstream stream;
  stream << Tape::of(track(num(1)));
  stream.str("");
  stream.width(4);
  stream << 7;
  EXPECT_EQ(stream.str(), "   7");
}

TEST(Tape, OfAConstantSaysSo) {
  EXPECT_EQ(text(Tape::of(square(Variable(vec({1, 2}))))),
            "(an empty tape: the value is a constant, nothing was recorded)\n");
  EXPECT_EQ(Tape::of(Variable(num(1))).size(), 0U);
  EXPECT_FALSE(Tape::of(Variable(num(1))).first_not_finite());
}

TEST(Tape, CountsKindsAndEachNodeOnce) {
  const Variable x = track(vec({1, 2}));
  const Variable h = square(x);
  const Tape tape = Tape::of({times(h, h), square(h)});
  EXPECT_EQ(tape.size(), 4U);
  EXPECT_EQ(tape.count("square"), 2U);
  EXPECT_EQ(tape.count("times"), 1U);
  EXPECT_EQ(tape.count("leaf"), 1U);
  EXPECT_EQ(tape.count("conv"), 0U);
}

TEST(Tape, Finds) {
  const Variable x = track(vec({1, 2}));
  const Variable stranger = square(x);
  const Variable y = sum(square(x));
  const Tape tape = Tape::of(y);
  EXPECT_EQ(tape.find(x.node().get()), 0U);
  EXPECT_EQ(tape.find(y.node().get()), 2U);
  EXPECT_FALSE(tape.find(stranger.node().get()));
  EXPECT_FALSE(tape.find(track(num(1)).node().get()));
  EXPECT_FALSE(tape.find(nullptr));
  std::size_t i = 0;
  for (const NodePtr& node : tape) EXPECT_EQ(tape.find(node.get()), i++);
}

TEST(Tape, OutlivesTheVariablesItIsOf) {
  const auto make = [] { return Tape::of(square(track(vec({1, 2})))); };
  const Tape tape = make();
  EXPECT_EQ(tape[1].op.kind, "square");
}

TEST(Replay, RunsANodeAtOtherInputs) {
  const Variable x = track(vec({1, 2}));
  const Tape tape = Tape::of(times(x, Variable(vec({3, 4}))));
  const std::vector<Tensor> elsewhere{vec({5, 6}), vec({7, 8})};
  EXPECT_EQ(tape.replay(1, elsewhere).value.to_vector<double>(), (List{35, 48}));
}

TEST(Replay, RefusesWhatTheNodeCannotTake) {
  const Variable x = track(vec({1, 2}));
  const Tape tape = Tape::of(times(x, x));
  const std::vector<Tensor> one{vec({5, 6})}, wrong_shape{vec({5, 6}), vec({5})};
  const std::vector<Tensor> wrong_dtype{vec({5, 6}), Tensor::ones({2}, DType::float32)};
  EXPECT_EQ(thrown<GraphError>([&] { tape.replay(0, {}); }),
            "replay: %1 is a leaf, which computes nothing. Replay a node with inputs.");
  EXPECT_EQ(thrown<GraphError>([&] { tape.replay(1, one); }),
            "replay: %2 is a times of 2 inputs, but 1 is given. Give one tensor per input.");
  EXPECT_EQ(thrown<ShapeError>([&] { tape.replay(1, wrong_shape); }),
            "replay: input 1 of %2, a times, is f64[2], the tensor given f64[1]. Give the recorded shape and "
            "dtype.");
  EXPECT_EQ(thrown<ShapeError>([&] { tape.replay(1, wrong_dtype); }),
            "replay: input 1 of %2, a times, is f64[2], the tensor given f32[2]. Give the recorded shape and "
            "dtype.");
  EXPECT_EQ(thrown<GraphError>([&] { tape.replay(2, one); }),
            "replay: there is no %3. The tape has 2 nodes.");
}

Variable constant_reciprocal(const Variable& x) {
  return record({"reciprocal"}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return 1 / v; }); },
                {Rule::locally_constant()});
}

TEST(FirstNotFinite, IsTheOldestNodeThatWentBad) {
  const Recording all(Recording::everything);
  const Variable x = track(vec({1, 0}));
  const Variable good = square(x);
  const Variable bad = constant_reciprocal(good);
  const Tape tape = Tape::of(sum(times(scale(bad, 2), bad)));
  EXPECT_EQ(tape.first_not_finite(), tape.find(bad.node().get()));
  EXPECT_FALSE(Tape::of(good).first_not_finite());
}

TEST(FirstNotFinite, IsTheLeafWhereTheLeafWasBad) {
  const Recording all(Recording::everything);
  const Variable x = track(vec({1, std::nan("")}));
  const Variable other = square(track(vec({1, 2})));
  const Tape tape = Tape::of(sum(times(other, scale(x, 2))));
  EXPECT_EQ(tape.first_not_finite(), tape.find(x.node().get()));
}

TEST(FirstNotFinite, IsTheConsumerOfABadConstant) {
  const Recording all(Recording::everything);
  const Variable y = times(track(vec({1, 2})), Variable(vec({1, std::nan("")})));
  const Tape tape = Tape::of(sum(y));
  EXPECT_EQ(tape.first_not_finite(), tape.find(y.node().get()));
}

TEST(FirstNotFinite, IsNothingWhereNothingWasKept) {
  const Variable x = track(vec({1, 0}));
  EXPECT_FALSE(Tape::of(sum(constant_reciprocal(x))).first_not_finite());
}

}  // namespace
}  // namespace trous
