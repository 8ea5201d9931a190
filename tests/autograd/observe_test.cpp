// Who watches ops: each evaluation is told once, with what went in and came out, and to this thread's
// innermost listener alone.
#include <autograd/toy_ops.h>
#include <latch>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include <trous/autograd/composite.h>
#include <trous/autograd/node.h>
#include <trous/autograd/observe.h>
#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/core/error.h>

namespace trous {
namespace {

using namespace toy;
using Words = std::vector<std::string>;

// The kinds of what is evaluated while it lives; for a rule "kind<kind of the rule's op".
struct Heard {
  Words kinds;
  Observe scope{[this](const OpEvaluation& e) {
    kinds.push_back(e.rule_of ? e.op.kind + '<' + e.rule_of->kind : e.op.kind);
  }};
};

TEST(Observe, TellsEachOpOnceInItsOrder) {
  const Variable x = track(vec({1, 2}));
  Words kinds;
  {
    const Heard heard;
    const Variable wave = sine(x), line = scale(x, 3);
    sum(times(wave, line));
    kinds = heard.kinds;
  }
  EXPECT_EQ(kinds, (Words{"sine", "scale", "times", "sum"}));
}

TEST(Observe, TellsWhatWentInAndCameOut) {
  const Variable x = track(vec({1, 2})), w = vec({3, 4});
  int calls = 0;
  const Tensor* output = nullptr;
  const Observe scope([&](const OpEvaluation& e) {
    ++calls;
    EXPECT_EQ(e.op.kind, "times");
    EXPECT_EQ(e.op.name, "product");
    ASSERT_EQ(e.inputs.size(), 2u);
    EXPECT_TRUE(e.inputs[0].same_storage(x.value()));
    EXPECT_TRUE(e.inputs[1].same_storage(w.value()));
    EXPECT_EQ(e.output.to_vector<double>(), (std::vector<double>{3, 8}));
    EXPECT_TRUE(e.kept.empty());
    EXPECT_EQ(e.rule_of, nullptr);
    EXPECT_GE(e.seconds, 0);
    output = &e.output;
  });
  times(x, w, "product");
  EXPECT_EQ(calls, 1);
  EXPECT_NE(output, nullptr);
}

TEST(Observe, TellsByProducts) {
  std::vector<double> kept;
  const Observe scope([&](const OpEvaluation& e) {
    for (const Tensor& one : e.kept) kept.push_back(one.to_double());
  });
  record({"two"}, {num(5)},
         [](std::span<const Tensor> in) {
           return Computed(in[0], {Tensor::scalar(6, DType::float64), Tensor::scalar(7, DType::float64)});
         },
         {Rule::locally_constant()});
  EXPECT_EQ(kept, (std::vector<double>{6, 7}));
}

TEST(Observe, RefusesAnEmptyListener) {
  const auto empty = [] { const Observe scope{Observe::Listener()}; };
  EXPECT_THROW(empty(), ArgumentError);
  EXPECT_EQ(sum(vec({1, 2})).value().to_double(), 3) << "and none is left behind";
}

TEST(Observe, HearsNothingBeforeAndAfter) {
  const Variable x = track(vec({1, 2}));
  sine(x);
  Words* kinds = nullptr;
  Words copy;
  {
    Heard heard;
    kinds = &heard.kinds;
    EXPECT_TRUE(kinds->empty());
    sine(x);
    copy = *kinds;
  }
  sine(x);
  EXPECT_EQ(copy, (Words{"sine"}));
}

TEST(Observe, HearsTheSameWhateverIsRecorded) {
  const Variable x = track(vec({1, 2}));
  for (const auto mode : {Recording::nothing, Recording::needed, Recording::everything}) {
    const Recording recording(mode);
    const Heard heard;
    square(sine(x));
    square(vec({1}));
    EXPECT_EQ(heard.kinds, (Words{"sine", "square", "square"})) << mode;
  }
}

TEST(Observe, AnOpInsideAnothersForwardIsThatOpsWork) {
  const Heard heard;
  record({"outer"}, {num(2)}, [](std::span<const Tensor> in) { return square(sine(in[0])).value(); },
         {Rule::locally_constant()});
  EXPECT_EQ(heard.kinds, (Words{"outer"}));
}

TEST(Observe, HearsRulesAndWhoseTheyAre) {
  for (const CreateGraph graph : {CreateGraph::no, CreateGraph::yes}) {
    const Variable x = track(vec({1, 2}));
    const Variable y = sum(times(sine(x), x));
    const Heard heard;
    grad(y, {x}, graph);
    // x is used twice: its cotangents are added, for no rule.
    EXPECT_EQ(heard.kinds,
              (Words{"spread<sum", "times<times", "times<times", "sine<sine", "times<sine", "add"}))
        << (graph == CreateGraph::yes);
  }
}

TEST(Observe, OfRulesWithinRulesTheOutermostIsTold) {
  const Variable x = track(vec({1, 2}));
  const Variable y = sum(composite(
      {"whole"}, {x}, [](std::span<const Tensor> in) { return square(sine(in[0])).value(); },
      [](const std::vector<Variable>& in) { return square(sine(in[0])); }, {{}}));
  const Heard heard;
  grad(y, {x});
  EXPECT_GT(heard.kinds.size(), 4u);
  for (std::size_t i = 1; i < heard.kinds.size(); ++i)
    EXPECT_TRUE(heard.kinds[i].ends_with("<whole")) << heard.kinds[i];
}

// What a walk computes outside ops would be time that nobody accounts for.
TEST(Observe, HearsWhatAWalkComputesBesideOps) {
  const auto half = [](const Vjp& v) -> Variable {
    const Tensor value = v.input(0).value();
    return v.shared([&] { return std::vector<Tensor>{v.grad().value(), value}; })[0];
  };
  const Variable x = track(vec({1, 2}));
  const Variable s = record({.kind = "source", .name = "layer"}, {x},
                            [](std::span<const Tensor> in) {
                              return Computed(map(in[0], [](auto e) { return e + 1; }), {},
                                              [](std::span<const Tensor> inputs, std::span<const Tensor>) {
                                                return map(inputs[0], [](auto e) { return e + 1; });
                                              });
                            },
                            {Rule(Reads::nothing(), [](const Vjp& v) { return v.grad(); })});
  const Variable y = record(
      {"pair"}, {s, s},
      [](std::span<const Tensor> in) { return Tensor::full({2}, DType::float64, in.size()); }, {half, half});
  Words told;
  const Observe scope([&](const OpEvaluation& e) {
    told.push_back(e.op.kind + ' ' + e.op.name + '<' + (e.rule_of ? e.rule_of->kind : ""));
    if (e.op.kind == "source again") {
      EXPECT_EQ(e.output.to_vector<double>(), (std::vector<double>{2, 3}));
      EXPECT_TRUE(e.inputs[0].same_storage(x.value()));
    }
    if (e.op.kind == "pair_grad shared") {
      EXPECT_EQ(e.output.to_vector<double>(), (std::vector<double>{5, 7})) << "the cotangent";
      ASSERT_EQ(e.kept.size(), 1u);
      EXPECT_EQ(e.kept[0].to_vector<double>(), (std::vector<double>{2, 3}));
    }
  });
  vjp(y, {x}, vec({5, 7}));
  EXPECT_EQ(told, (Words{"source again layer<pair", "pair_grad shared <pair", "add <"}))
      << "once for both slots";
}

TEST(Observe, AReplayIsNotTold) {
  const Variable x = track(vec({1, 2}));
  const Tape tape = Tape::of(square(sine(x)));
  const Heard heard;
  tape.replay(1, std::vector<Tensor>{vec({3, 4})});
  EXPECT_EQ(heard.kinds, Words{});
}

TEST(Observe, TheInnermostListensAloneAndTheOuterGoesOn) {
  const Variable x = track(vec({1, 2}));
  const Heard outer;
  sine(x);
  {
    const Heard inner;
    square(x);
    EXPECT_EQ(inner.kinds, (Words{"square"}));
  }
  sine(x);
  EXPECT_EQ(outer.kinds, (Words{"sine", "sine"}));
}

TEST(Observe, AListenerMayComputeUnheard) {
  int calls = 0;
  const Observe scope([&](const OpEvaluation& e) {
    ++calls;
    square(e.output);
  });
  sine(track(vec({1, 2})));
  EXPECT_EQ(calls, 1);
}

TEST(Observe, WhatThrowsIsNotToldAndTheListenerStays) {
  const Heard heard;
  const auto fails = [] {
    record({"fails"}, {num(1)}, [](std::span<const Tensor>) -> Computed { throw std::runtime_error("no"); },
           {Rule::locally_constant()});
  };
  EXPECT_THROW(fails(), std::runtime_error);
  sine(num(1));
  EXPECT_EQ(heard.kinds, (Words{"sine"}));
}

TEST(Observe, ARuleThatThrowsIsOver) {
  const Variable x = track(num(1));
  const Variable y = watched(x, [](const Vjp&) { throw std::runtime_error("no"); });
  EXPECT_THROW(grad(y, {x}), std::runtime_error);
  const Heard heard;
  sine(num(1));
  EXPECT_EQ(heard.kinds, (Words{"sine"})) << "for no rule";
}

TEST(Observe, ThreadsHearTheirOwn) {
  const Heard here;
  std::latch both(2);
  Words first, second;
  const auto work = [&](Words& kinds, bool sines) {
    const Heard heard;
    both.arrive_and_wait();
    for (int i = 0; i < 200; ++i) sines ? sine(num(1)) : square(num(1));
    kinds = heard.kinds;
  };
  std::thread a([&] { work(first, true); }), b([&] { work(second, false); });
  a.join();
  b.join();
  EXPECT_EQ(first, Words(200, "sine"));
  EXPECT_EQ(second, Words(200, "square"));
  EXPECT_EQ(here.kinds, Words{});
}

}  // namespace
}  // namespace trous
