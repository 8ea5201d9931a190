// The first value that went bad, in a forward or a backward: who made it, from what, and whether it came in
// bad.
#include <autograd/toy_ops.h>
#include <core/thrown.h>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include <trous/autograd/observe.h>
#include <trous/autograd/recording.h>
#include <trous/check/not_finite.h>
#include <trous/core/error.h>

namespace trous {
namespace {

using namespace toy;

constexpr double infinity = std::numeric_limits<double>::infinity();

Variable reciprocal(const Variable& x, std::string_view name = {}) {
  return record({.kind = "reciprocal", .name = std::string(name)}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return 1 / v; }); },
                {Rule(Reads::the_output(),
                      [](const Vjp& v) { return scale(times(v.grad(), square(v.output())), -1); })});
}

// Its slope is infinite at 0.
Variable root(const Variable& x, std::string_view name = {}) {
  return record({.kind = "root", .attributes = {{"index", std::int64_t{2}}}, .name = std::string(name)}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return std::sqrt(v); }); },
                {Rule(Reads::the_output(),
                      [](const Vjp& v) { return times(v.grad(), reciprocal(scale(v.output(), 2))); })});
}

std::string traced(const std::function<void()>& step) {
  const std::optional<NotFinite> bad = trace_not_finite(step);
  return bad ? text(*bad) : "(nothing)";
}

TEST(TraceNotFinite, NamesTheOpOfTheForwardThatMadeIt) {
  const Variable x = track(Tensor(Shape{2, 3}, std::vector<float>{1, 2, 0, 4, 0, 5}));
  const std::optional<NotFinite> bad = trace_not_finite([&] { sum(square(reciprocal(scale(x, 2), "1.0"))); });
  ASSERT_TRUE(bad);
  EXPECT_EQ(text(*bad),
            "reciprocal \"1.0\": the output, f32[2, 3], is infinity at [0, 2], and 2 of 6 elements are bad, "
            "though all that it read is finite. Input 0, f32[2, 3] within 0 .. 10, is 0 there.");
  EXPECT_EQ(bad->where, NotFinite::Where::output);
  EXPECT_EQ(bad->first, 2);
  EXPECT_EQ(bad->nans, 0);
  EXPECT_EQ(bad->infinities, 2);
  EXPECT_FALSE(bad->rule_of);
  EXPECT_FALSE(bad->summed_after);
  EXPECT_EQ(bad->reads.at(0).there, 0);
}

TEST(TraceNotFinite, CountsNaNApartFromInfinities) {
  const Variable x = vec({0, -4, -infinity, 1}), finite = vec({-1, 3, 1, 2});
  const std::optional<NotFinite> bad = trace_not_finite([&] {
    record({"mixed"}, {finite},
           [&](std::span<const Tensor>) { return map(x.value(), [](auto v) { return std::log(v); }); },
           {Rule::locally_constant()});
  });
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->nans, 2);
  EXPECT_EQ(bad->infinities, 1);
  EXPECT_EQ(text(*bad),
            "mixed: the output, f64[4], is -infinity at [0], and 3 of 4 elements are bad, though all that it "
            "read is finite. Input 0, f64[4] within -1 .. 3, is -1 there.");
}

TEST(TraceNotFinite, NamesTheOpOfTheBackwardAndWhoseRuleItIs) {
  const Variable x = track(vec({4, 0}));
  for (const CreateGraph graph : {CreateGraph::no, CreateGraph::yes}) {
    EXPECT_EQ(
        traced([&] { grad(sum(scale(root(x, "distance"), 3)), {x}, graph); }),
        "reciprocal, in the rule of root (index 2) \"distance\": the output, f64[2], is infinity at [1], "
        "and 1 of 2 elements is bad, though all that it read is finite. Input 0, f64[2] within 0 .. 4, "
        "is 0 there.");
  }
}

TEST(TraceNotFinite, NamesASumOfCotangents) {
  const Variable y = track(num(0));
  const std::string line = traced([&] {
    const Variable a = scale(y, 1e308);
    const Variable b = scale(y, 1.5e308);
    grad(add_same_shape(a, b), {y});
  });
  EXPECT_EQ(
      line,
      "add, right after the rule of scale (by 1e+308): the output, f64[], is infinity, though all that it "
      "read is finite. Input 0, f64[] of 1.5e+308. Input 1, f64[] of 1e+308.");
}

// The rule of add evaluates no op, so two sums follow each other.
TEST(TraceNotFinite, ASumAfterASumFollowsTheSameRule) {
  const Variable y = track(num(0));
  const auto bad = trace_not_finite([&] {
    const Variable twice = scale(add_same_shape(y, y), 4e307);
    const Variable once = scale(y, 1.2e308);
    grad(add_same_shape(twice, once), {y});
  });
  ASSERT_TRUE(bad);
  ASSERT_TRUE(bad->summed_after);
  EXPECT_EQ(text(bad->summed_after->attributes), "by 4e+307");
}

TEST(TraceNotFinite, ASumOfTheForwardFollowsNoRule) {
  const Variable y = track(num(1));
  const auto bad = trace_not_finite([&] {
    grad(scale(y, 3), {y});
    scale(y, 2);
    add_same_shape(num(1e308), num(1.5e308));
  });
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->op.kind, "add");
  EXPECT_FALSE(bad->summed_after);
}

TEST(TraceNotFinite, SaysThatAnInputCameInBad) {
  const Variable x = track(vec({1, 2, 3})), w = vec({1, std::nan(""), -infinity});
  const std::optional<NotFinite> bad = trace_not_finite([&] { sum(times(scale(x, 2), w)); });
  ASSERT_TRUE(bad);
  EXPECT_EQ(
      text(*bad),
      "times: input 1, f64[3], came in bad. It is NaN at [1], and 2 of 3 elements are bad. No op before "
      "gave it, so look at where it comes from, not at times.");
  EXPECT_EQ(bad->where, NotFinite::Where::input);
  EXPECT_EQ(bad->which, 1);
  EXPECT_TRUE(bad->value.same_storage(w.value())) << "so that a caller knows which of his tensors it is";
  EXPECT_EQ(bad->reads.at(1).bad, 2);
  EXPECT_EQ(bad->reads.at(1).low, 1);
}

// Keeps 1 / x. Its rule hands that on, or an op of the rule reads it by itself.
Variable keeping(const Variable& x, bool by_itself, std::string_view name = {}) {
  return record({.kind = "keeping", .name = std::string(name)}, {x},
                [](std::span<const Tensor> in) {
                  return Computed(in[0], {in[0], map(in[0], [](auto v) { return 1 / v; })});
                },
                {Rule(Reads::the_kept(), [by_itself](const Vjp& v) {
                  if (!by_itself) return times(v.grad(), v.kept(1));
                  return record(
                      {"keeping_grad"}, {v.grad()},
                      [k = v.kept(1)](std::span<const Tensor>) { return map(k, [](auto e) { return e; }); },
                      {Rule::locally_constant()});
                })});
}

TEST(TraceNotFinite, NamesAByProductOfWhichABadValueCame) {
  const Variable x = track(vec({4, 0}));
  const std::string line =
      "keeping: by-product 1, f64[2], is infinity at [1], and 1 of 2 elements is bad, though all that it "
      "read "
      "is finite. Input 0, f64[2] within 0 .. 4, is 0 there.";
  EXPECT_EQ(traced([&] { grad(sum(keeping(x, false)), {x}); }), line);
  EXPECT_EQ(traced([&] { grad(sum(keeping(x, true)), {x}); }), line);
  EXPECT_EQ(traced([&] { keeping(x, false); }), "(nothing)") << "nobody reads it";
}

TEST(TraceNotFinite, ABadByProductOfAnotherOpIsNotToBlame) {
  const Variable x = track(vec({4, 0}));
  // It is never read.
  const auto after = [&](const std::function<void()>& step) {
    return traced([&] {
      keeping(x, false);
      step();
    });
  };
  EXPECT_EQ(after([&] { reciprocal(x); }).substr(0, 11), "reciprocal:");
  EXPECT_EQ(after([&] { grad(sum(root(x)), {x}); }).substr(0, 11), "reciprocal,");
  EXPECT_EQ(after([&] { times(x, vec({infinity, 1})); }).substr(0, 14), "times: input 1");
  EXPECT_EQ(after([&] { grad(sum(keeping(x, true, "2")), {x}); }).substr(0, 12), "keeping \"2\":");
  EXPECT_EQ(after([&] {
              vjp(keeping(x, true), {x}, vec({infinity, 1}));
            }).substr(0, 47),
            "keeping_grad, in the rule of keeping: input 0, ")
      << "the cotangent came in bad";
}

TEST(TraceNotFinite, NamesABadValueThatRulesShare) {
  const Variable x = track(vec({4, 0}));
  const Variable y = record(
      {"pair"}, {x}, [](std::span<const Tensor> in) { return in[0]; }, {[](const Vjp& v) {
        const Tensor shared = v.shared([&] {
          const Tensor inverse = map(v.input(0).value(), [](auto e) { return 1 / e; });
          return std::vector<Tensor>{v.grad().value(), inverse};
        })[1];
        return record({"pair_grad"}, {v.grad()},
                      [=](std::span<const Tensor>) { return map(shared, [](auto e) { return 2 * e; }); },
                      {Rule::locally_constant()});
      }});
  EXPECT_EQ(traced([&] {
              vjp(y, {x}, vec({1, 2}));
            }).substr(0, 67),
            "pair_grad shared, in the rule of pair: by-product 0, f64[2], is inf");
}

TEST(TraceNotFinite, PassesOverAnOpThatMasksABadInput) {
  const Variable x = track(vec({1, -infinity}));
  EXPECT_EQ(traced([&] { reciprocal(scale(step(x), 0.0)); }).substr(0, 23), "reciprocal: the output,");
  EXPECT_EQ(traced([&] { step(x); }), "(nothing)");
  const auto keeps = [&] {
    record({"keeps"}, {x}, [](std::span<const Tensor> in) { return Computed(num(1), {in[0]}); },
           {Rule::locally_constant()});
  };
  EXPECT_EQ(traced(keeps), "(nothing)");
}

TEST(TraceNotFinite, TellsOnlyTheFirst) {
  const Variable x = track(vec({0, 1}));
  const auto bad = trace_not_finite([&] {
    reciprocal(x, "first");
    reciprocal(x, "second");
  });
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->op.name, "first");
}

TEST(TraceNotFinite, FindsItWhateverIsRecorded) {
  for (const auto mode : {Recording::nothing, Recording::needed, Recording::everything}) {
    const Recording scope(mode);
    EXPECT_TRUE(trace_not_finite([] { reciprocal(num(0)); })) << mode;
    EXPECT_FALSE(trace_not_finite([] { reciprocal(num(1)); })) << mode;
  }
}

TEST(TraceNotFinite, OfManyInputsTellsFourAndOfOtherShapesTheRange) {
  const Variable big = vec({1, 2}), small = num(-1), whole = Tensor(Shape{1}, std::vector<std::int32_t>{7});
  EXPECT_EQ(
      traced([&] {
        record(
            {"many"}, {small, big, whole, big, big},
            [](std::span<const Tensor>) {
              return vec({0, infinity});
            },
            std::vector<Rule>(5, Rule::locally_constant()));
      }),
      "many: the output, f64[2], is infinity at [1], and 1 of 2 elements is bad, though all that it read "
      "is finite. Input 0, f64[] of -1. Input 1, f64[2] within 1 .. 2, is 2 there. Input 2, "
      "i32[1] of 7. Input 3, f64[2] within 1 .. 2, is 2 there.");
}

TEST(TraceNotFinite, AnExceptionPassesUnlessABadValueExplainsIt) {
  EXPECT_EQ(thrown<std::runtime_error>([] { trace_not_finite([] { throw std::runtime_error("no"); }); }),
            "no");
  const auto bad = trace_not_finite([] {
    reciprocal(num(0));
    throw std::runtime_error("a NaN");
  });
  EXPECT_TRUE(bad);
}

TEST(TraceNotFinite, AListenerOutsideGoesOnAfterwards) {
  int calls = 0;
  const Observe scope([&](const OpEvaluation&) { ++calls; });
  trace_not_finite([] { reciprocal(num(0)); });
  EXPECT_EQ(calls, 0);
  reciprocal(num(1));
  EXPECT_EQ(calls, 1);
}

TEST(TraceNotFinite, RefusesAnEmptyStep) {
  EXPECT_EQ(thrown<ArgumentError>([] { trace_not_finite(nullptr); }),
            "trace_not_finite: the step is an empty function. Give one that can be called.");
}

}  // namespace
}  // namespace trous
