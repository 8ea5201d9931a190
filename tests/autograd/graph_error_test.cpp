// Questions that the tape cannot answer are errors that say what would work, and leave nothing behind: no
// memory, no recording scope, no half-walked graph.
#include <autograd/toy_ops.h>
#include <core/thrown.h>

#include <gtest/gtest.h>

#include <trous/autograd/recording.h>
#include <trous/core/error.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;

// An op of x's value whose one rule is `rule`.
Variable with_rule(const Variable& x, Rule rule) {
  return record({"toy"}, {x}, [](std::span<const Tensor> in) { return Computed(in[0], {in[0]}); },
                {std::move(rule)});
}

TEST(GradErrors, UntrackedX) {
  const Variable x = track(vec({1, 2}));
  const Variable constant = vec({1, 2});
  const Variable y = sum(times(x, constant));
  EXPECT_EQ(
      thrown<GraphError>([&] {
        grad(y, {x, constant});
      }),
      "grad: x number 1, f64[2], is not tracked. Make it with track(tensor) before y is computed from it.");
  const Variable index = truncated(x);
  EXPECT_EQ(
      thrown<GraphError>([&] { grad(y, {index}); }),
      "grad: x number 0, i32[2], is not tracked. Make it with track(tensor) before y is computed from it.");
}

TEST(GradErrors, UntrackedY) {
  const Variable x = track(num(1));
  EXPECT_EQ(thrown<GraphError>([&] { grad(num(3), {x}); }),
            "grad: y, f64[], is not tracked. Compute it from a tracked x, outside Recording::nothing.");
  const Recording evaluation(Recording::nothing);
  EXPECT_EQ(thrown<GraphError>([&] { grad(square(x), {x}); }),
            "grad: y, f64[], is not tracked. Compute it from a tracked x, outside Recording::nothing.");
}

TEST(GradErrors, YWithMoreThanOneElement) {
  const Variable x = track(Tensor::ones({8, 10}, DType::float64));
  EXPECT_EQ(thrown<GraphError>([&] { grad(square(x), {x}); }),
            "grad: y has shape [8, 10], so its gradient needs a seed of that shape. Reduce y to a scalar or "
            "call vjp(y, xs, seed).");
  EXPECT_EQ(thrown<GraphError>([&] { hvp(square(x), {x}, {x}); }),
            "hvp: y has shape [8, 10], so its gradient needs a seed of that shape. Reduce y to a scalar or "
            "call vjp(y, xs, seed).");
}

TEST(GradErrors, SeedsThatDoNotFit) {
  const Variable x = track(vec({1, 2}));
  const Variable y = square(x);
  EXPECT_EQ(thrown<ShapeError>([&] {
              vjp(y, {x}, Variable(vec({1, 2, 3})));
            }),
            "vjp: y has shape [2], its seed [3]. A seed has the shape of its y.");
  EXPECT_EQ(thrown<DTypeError>([&] { vjp(y, {x}, Variable(Tensor::ones({2}, DType::float32))); }),
            "vjp: y is float64, its seed float32. A seed has the dtype of its y.");
  EXPECT_EQ(thrown<GraphError>([&] {
              vjp({y, y}, {x}, std::vector<Variable>{x});
            }),
            "vjp: 2 ys and 1 seeds. Give one seed per y.");
}

TEST(GradErrors, DirectionsThatDoNotFit) {
  const Variable x = track(vec({1, 2}));
  const Variable y = sum(square(x));
  EXPECT_EQ(thrown<GraphError>([&] {
              jvp(y, {x}, {x, x});
            }),
            "jvp: 1 xs and 2 directions. Give one direction per x.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              jvp(y, {x}, {vec({1, 2, 3})});
            }),
            "jvp: x number 0 is f64[2], its direction f64[3]. A direction has the shape and dtype of its x.");
  EXPECT_EQ(thrown<ShapeError>([&] { hvp(y, {x}, {Tensor::ones({2}, DType::float32)}); }),
            "hvp: x number 0 is f64[2], its direction f32[2]. A direction has the shape and dtype of its x.");
}

TEST(TrackErrors, IntegersHaveNoGradient) {
  EXPECT_EQ(thrown<DTypeError>([] { track(Tensor::zeros({2}, DType::int32)); }),
            "track: int32 values have no gradient. Cast to float32 or float64 first.");
}

TEST(RecordErrors, OneRulePerInput) {
  const auto first = [](std::span<const Tensor> in) { return in[0]; };
  EXPECT_EQ(thrown<GraphError>([&] {
              record({"toy"}, {num(1), num(2)}, first, {Rule::locally_constant()});
            }),
            "toy: 2 inputs and 1 rules. Give one rule per input; Rule::not_differentiable() where there is "
            "none.");
}

TEST(RuleErrors, AWrongShapeOrDtypeIsNamedWithBoth) {
  const Variable x = track(vec({1, 2}));
  const Variable longer = with_rule(x, [](const Vjp&) { return Variable(vec({1, 2, 3})); });
  EXPECT_EQ(thrown<GraphError>([&] { grad(sum(longer), {x}); }),
            "toy: the rule of input 0 gives f64[3], the input is f64[2]. A cotangent has its input's shape "
            "and dtype.");
  const Variable narrower =
      with_rule(x, [](const Vjp&) { return Variable(Tensor::ones({2}, DType::float32)); });
  EXPECT_EQ(thrown<GraphError>([&] { grad(sum(narrower), {x}); }),
            "toy: the rule of input 0 gives f32[2], the input is f64[2]. A cotangent has its input's shape "
            "and dtype.");
}

TEST(RuleErrors, ReadingWhatWasNotDeclared) {
  const Variable x = track(vec({1, 2}));
  const auto message = [&](Reads reads, auto read) {
    const Variable y = with_rule(x, Rule(reads, [read](const Vjp& v) {
                                   read(v);
                                   return v.grad();
                                 }));
    const std::string kept = thrown<GraphError>([&] { grad(sum(y), {x}, CreateGraph::yes); });
    EXPECT_EQ(thrown<GraphError>([&] { grad(sum(y), {x}); }), kept);
    return kept;
  };
  const auto input = [](const Vjp& v) { (void)v.input(0); };
  const auto output = [](const Vjp& v) { (void)v.output(); };
  const auto by_product = [](const Vjp& v) { (void)v.kept(0); };
  EXPECT_EQ(message(Reads::the_output() | Reads::the_kept() | Reads::input(1), input),
            "toy: the rule of input 0 reads input 0, which it did not declare. Declare Reads::input(0).");
  EXPECT_EQ(message(Reads::every_input() | Reads::the_kept(), output),
            "toy: the rule of input 0 reads the output, which it did not declare. Declare "
            "Reads::the_output().");
  EXPECT_EQ(message(Reads::every_input() | Reads::the_output(), by_product),
            "toy: the rule of input 0 reads a by-product, which it did not declare. Declare "
            "Reads::the_kept().");
  EXPECT_EQ(message(Reads::input(0), input), "(nothing was thrown)");
  EXPECT_EQ(message(Reads::the_output(), output), "(nothing was thrown)");
  const auto constant = [](const Vjp& v) { (void)v.detached().kept(0); };
  EXPECT_EQ(message(Reads::the_kept(), constant), "(nothing was thrown)");
  EXPECT_EQ(message(Reads::every_input(), constant),
            "toy: the rule of input 0 reads a by-product, which it did not declare. Declare "
            "Reads::the_kept().");
}

// That another rule declared it, so that the node holds it, does not make it this rule's.
TEST(RuleErrors, ReadingWhatOnlyAnotherRuleDeclared) {
  const Variable a = track(num(2)), b = track(num(3));
  const Variable y = record({"toy"}, {a, b}, [](std::span<const Tensor> in) { return in[0]; },
                            {Rule(Reads::input(0), [](const Vjp& v) { return v.input(0); }),
                             Rule(Reads::nothing(), [](const Vjp& v) { return v.input(0); })});
  EXPECT_EQ(list(grad(y, {a})[0]), List{2});
  EXPECT_EQ(thrown<GraphError>([&] { grad(y, {b}); }),
            "toy: the rule of input 1 reads input 0, which it did not declare. Declare Reads::input(0).");
}

TEST(RuleErrors, AUserRuleReadsEverythingByDefault) {
  const Variable x = track(vec({1, 2}));
  const Variable y = with_rule(
      x, [](const Vjp& v) { return times(times(v.input(0), v.output()), times(v.kept(0), v.grad())); });
  EXPECT_EQ(list(grad(sum(y), {x})[0]), (List{1, 8}));
}

TEST(RuleErrors, EverythingMeansAlsoTheSixtyFifthInput) {
  std::vector<Variable> xs;
  std::vector<Rule> rules;
  for (int i = 0; i < 70; ++i) {
    xs.push_back(track(num(i)));
    if (i % 2) {
      rules.emplace_back([i](const Vjp& v) { return times(v.grad(), v.input(69 - i)); });
    } else {
      rules.emplace_back(Reads::input(69 - i),
                         [i](const Vjp& v) { return times(v.grad(), v.input(69 - i)); });
    }
  }
  const Variable y = record(
      {"many"}, xs, [](std::span<const Tensor> in) { return in[0]; }, std::move(rules));
  const std::vector<Variable> gradients = grad(y, xs);
  for (int i = 0; i < 70; ++i) EXPECT_EQ(list(gradients[static_cast<std::size_t>(i)]), List{69.0 - i});
}

const char* const no_second_order =
    "toy: the rule of input 0 is computed from values, not from ops; it has no second order. Write it with "
    "ops, or differentiate once with CreateGraph::no.";

TEST(RuleErrors, ARuleComputedFromValuesHasNoSecondOrder) {
  const Variable x = track(vec({1, 2}));
  const Variable y = sum(with_rule(x, [](const Vjp& v) {
    return Variable(zip(v.input(0).value(), v.grad().value(), [](auto a, auto b) { return 3 * a * b; }));
  }));
  EXPECT_EQ(list(grad(y, {x})[0]), (List{3, 6}));
  EXPECT_EQ(thrown<GraphError>([&] { grad(y, {x}, CreateGraph::yes); }), no_second_order);
  EXPECT_EQ(thrown<GraphError>([&] { jvp(y, {x}, {x}); }), no_second_order);
}

TEST(NotDifferentiable, NamesOpAndInput) {
  const Variable a = track(vec({1, 2})), w = track(vec({3, 4}));
  const Variable y = sum(weigh(a, w));
  EXPECT_EQ(list(grad(y, {a})[0]), (List{3, 4}));
  EXPECT_EQ(thrown<GraphError>([&] { grad(y, {w}); }),
            "weigh: input 1 has no derivative, but a gradient was asked through it. Detach it: detach(x).");
  EXPECT_EQ(thrown<GraphError>([&] { grad(sum(weigh(a, square(a))), {a}); }),
            "weigh: input 1 has no derivative, but a gradient was asked through it. Detach it: detach(x).");
  EXPECT_EQ(list(grad(sum(weigh(a, detach(square(a)))), {a})[0]), (List{1, 4}));
}

TEST(Errors, LeaveNothingBehind) {
  const StorageCount start = live_storage();
  {
    const Variable x = track(vec({1, 2}));
    const auto build = [&] {
      return sum(
          sine(with_rule(sine(x), [](const Vjp&) -> Variable { throw ArgumentError("a user's own"); })));
    };
    const Variable y = build();
    const StorageCount before = live_storage();
    for (const CreateGraph graph : {CreateGraph::no, CreateGraph::yes}) {
      EXPECT_EQ(thrown<ArgumentError>([&] { grad(y, {x}, graph); }), "a user's own");
      EXPECT_EQ(thrown<ArgumentError>([&] { grad(build(), {x}, graph); }), "a user's own");
      EXPECT_EQ(Recording::mode(), Recording::needed);
      EXPECT_EQ(live_storage().buffers, before.buffers);
    }
    EXPECT_EQ(thrown<ArgumentError>([&] {
                record({"toy"}, {x},
                       [](std::span<const Tensor>) -> Computed { throw ArgumentError("forward"); },
                       {Rule::locally_constant()});
              }),
              "forward");
    EXPECT_EQ(live_storage().buffers, before.buffers);
    EXPECT_EQ(list(grad(sum(square(x)), {x})[0]), (List{2, 4}));
  }
  EXPECT_EQ(live_storage().buffers, start.buffers);
}

TEST(RuleErrors, AskingForWhatIsNotThere) {
  const Variable x = track(vec({1, 2}));
  const auto slope = [&](std::function<Variable(const Vjp&)> rule) {
    return thrown<GraphError>([&] { grad(sum(with_rule(x, Rule(rule))), {x}); });
  };
  EXPECT_EQ(slope([](const Vjp& v) { return v.input(3); }),
            "toy: the rule of input 0 asks for input 3, but there are 1. They are counted from 0.");
  EXPECT_EQ(slope([](const Vjp& v) { return Variable(v.kept(-1)); }),
            "toy: the rule of input 0 asks for by-product -1, but there are 1. They are counted from 0.");
  EXPECT_EQ(thrown<GraphError>([&] { with_rule(x, Rule(Reads::nothing(), nullptr)); }),
            "toy: the rule of input 0 is an empty function. Give a rule, or Rule::not_differentiable().");
}

TEST(GradErrors, AMovedYSaysThatItsValueIsGone) {
  const Variable x = track(num(2));
  Variable y = times(x, x);
  grad(std::move(y), {x});
  EXPECT_EQ(thrown<Error>([&] { y.value().to_double(); }),  // NOLINT(bugprone-use-after-move)
            "tensor: its elements were moved away. Read the value before std::move gives it up.");
}

}  // namespace
}  // namespace trous
