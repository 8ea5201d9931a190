// Every rule on every line's tape with every slip, and every rule of the ops that its gradient is made of.
// The gradient check must call each such mutant WRONG, at the order where it is wrong and not below; and the
// check of the tape, of the gradient's at the second order, must name it: that op, that input, and no other.
// The line itself is as ever, and so are the options of both checks: no tolerance, errors below 1e-9, and
// below 1e-8 at the second order, where few directions are looked along.
//
// Two kinds of mutants are no faults of the line, and counted:
// - equivalent: the wrong rule gives the same numbers as the right one, at two random cotangents and inputs.
//   A cotangent that repeats one number looks the same where it is shifted;
// - hidden: the line's gradient is the same, at two random cotangents and inputs, because the next rule sums
//   over what was shifted, or because no gradient passes on from there (a mask is made of the value). Then
//   the gradient check must pass, and the check of the tape must name the op none the less.
#include <cmath>
#include <memory>
#include <op_catalogue.h>
#include <optional>
#include <properties/conformance.h>
#include <properties/curved.h>
#include <properties/mutations.h>
#include <set>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/recording.h>
#include <trous/check/check_grad.h>
#include <trous/check/check_tape.h>

namespace trous::catalogue {
namespace {

using mutation::Mutant;
using mutation::ops_under;

// An op of a line's tape; or, where `made` is given, one of the ops that its rule of input `slot` records.
struct Where {
  std::size_t op;
  std::size_t slot = 0;
  std::optional<std::size_t> made = {};

  int order() const { return made ? 2 : 1; }
};

using Change = std::function<void(Node&)>;
using Ops = std::function<void(const std::vector<NodePtr>&)>;

// The rules, with one that shows `look` what it has recorded.
std::vector<Rule> watched(std::vector<Rule> rules, std::size_t slot, const Ops& look) {
  rules[slot].cotangent = [rule = rules[slot].cotangent, look](const Vjp& v) {
    const std::uint64_t now = track(Tensor::zeros({}, DType::float64)).node()->serial;
    const Variable g = rule(v);
    if (g.tracked()) look(ops_under({g}, now));
    return g;
  };
  return rules;
}

// The line, which changes that op each time it is recorded.
Line changed(const Line& line, const Where& where, const Change& change) {
  Line other = line;
  other.call = [call = line.call, where, change](Xs x) {
    const Variable y = call(x);
    if (!y.tracked()) return y;
    Node& node = *ops_under({y})[where.op];
    if (where.made) {
      node.rules = watched(node.rules, where.slot, [=](const auto& ops) { change(*ops[*where.made]); });
    } else {
      change(node);
    }
    return y;
  };
  return other;
}

// A line's value and, at the second order, its gradient, recorded with everything kept; and the op in them.
struct Specimen {
  std::vector<Variable> roots;
  const Node* op = nullptr;
};
Specimen specimen(const Line& line, const Where& where, std::uint64_t seed, const Change& change) {
  const Recording scope(Recording::everything);
  const auto op = std::make_shared<const Node*>(nullptr);
  const auto recording = std::make_shared<bool>(true);  // later runs of its rules change nothing
  const Line seen = changed(line, where, [=](Node& node) {
    if (!*recording) return;
    *op = &node;
    change(node);
  });
  const Tracked at = tracked(seen, sample(line, DType::float64, seed));
  std::vector<Variable> roots{seen.call(at.inputs)};
  if (where.made) {
    const Tensor c = normal(roots[0].shape(), DType::float64, Key{seed});
    for (Variable& g : vjp(roots[0], at.leaves, c, CreateGraph::yes)) roots.push_back(std::move(g));
  }
  *recording = false;
  return {std::move(roots), *op};
}
void nothing(Node&) {}

std::vector<Where> places(const Line& line, int order) {
  std::vector<Where> all;
  const Tracked at = tracked(line, sample(line, DType::float64));
  const Variable y = line.call(at.inputs);
  const std::vector<NodePtr> ops = ops_under({y});
  for (std::size_t op = 0; op < ops.size(); ++op) {
    if (order == 1) all.push_back({op});
    for (std::size_t slot = 0; order == 2 && slot < ops[op]->inputs.size(); ++slot) {
      if (!mutation::runs(*ops[op], slot)) continue;
      ops[op]->rules = watched(ops[op]->rules, slot, [&all, op, slot](const auto& made) {
        for (std::size_t k = 0; k < made.size(); ++k) all.push_back({op, slot, k});
      });
    }
  }
  if (order == 2) vjp(y, at.leaves, normal(y.shape(), DType::float64, Key{1}), CreateGraph::yes);
  return all;
}

bool is_equivalent(const Line& line, const Where& where, const Mutant& mutant) {
  for (const std::uint64_t seed : {1, 2}) {
    const Specimen right = specimen(line, where, seed, nothing);
    if (!mutation::gives_the_same(*right.op, mutant, Key{seed + 20})) return false;
  }
  return true;
}

// The gradients of this order at a random cotangent.
std::vector<double> derivatives(const Line& line, int order, std::uint64_t seed) {
  const Curved f = curved(line, seed);
  std::vector<Variable> xs;
  for (const Tensor& x : f.at) xs.push_back(track(x));
  std::vector<Variable> ys{f.function(xs)};
  for (int n = 1; n <= order; ++n) {
    std::vector<Variable> seeds;
    for (const Variable& y : ys)
      seeds.emplace_back(normal(y.shape(), DType::float64, fold_in(Key{seed + 30}, seeds.size())));
    ys = vjp(ys, xs, seeds, n < order ? CreateGraph::yes : CreateGraph::no);
  }
  std::vector<double> all;
  for (const Variable& y : ys) {
    for (const double v : y.value().values<double>()) all.push_back(v);
  }
  return all;
}

// The same but for the order in which sums are added. The smallest slip is 2^-20.
bool is_hidden(const Line& line, const Line& wrong, int order) {
  for (const std::uint64_t seed : {1, 2}) {
    const std::vector<double> a = derivatives(line, order, seed), b = derivatives(wrong, order, seed);
    double gap = 0, largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      gap = std::max(gap, std::abs(a[i] - b[i]));
      largest = std::max(largest, std::abs(a[i]));
    }
    if (!(gap <= 0x1p-40 * largest)) return false;
  }
  return true;
}

void expect_verdict(const Line& wrong, int order, Verdict verdict) {
  const Curved f = curved(wrong);
  const GradReport report = check_grad(wrong.name(), f.function, f.at,
                                       {.order = order,
                                        .tolerance = 0,
                                        .sharpness = order == 1 ? 1e-9 : 1e-8,
                                        .max_coordinates = order == 1 ? 24 : 3});
  EXPECT_EQ(report.verdict(), verdict) << report;
  for (const GradCheckRow& row : report.rows) EXPECT_TRUE(row.order == order || row.passed()) << report;
}

void expect_named(const Line& line, const Where& where, const Mutant& mutant) {
  const Specimen wrong = specimen(line, where, 1, [&](Node& node) { node.rules = mutant.rules(node.rules); });
  const std::size_t number = *Tape::of(wrong.roots).find(wrong.op) + 1;
  const TapeReport report =
      check_tape(Tape::of(wrong.roots), {.tolerance = 0, .sharpness = where.order() == 1 ? 1e-9 : 1e-8});
  bool named = false;
  for (const TapeCheckRow& row : report.rows) {
    for (const GradCheckRow& input : row.gradients.rows) {
      const bool it = row.number == number && input.input == static_cast<int>(mutant.slot);
      named = named || it;
      EXPECT_EQ(input.verdict, it ? Verdict::wrong : Verdict::pass) << report;
    }
  }
  EXPECT_TRUE(named) << report;
}

// How many there were.
std::size_t expect_mutants_found(const Line& line, int order) {
  std::size_t count = 0, killed = 0;
  conformance::note(line, order);
  for (const Where& where : places(line, order)) {
    const Specimen right = specimen(line, where, 1, nothing);
    for (const Mutant& mutant : mutation::mutants_of(*right.op)) {
      SCOPED_TRACE(text("op ", where.op, ", order ", order, ": ", mutant.text));
      ++count;
      if (is_equivalent(line, where, mutant)) {
        // A rule of the first order that gives zeros would be one of a locally constant op.
        EXPECT_TRUE(order == 2 || mutant.kind == mutation::Kind::swap ||
                    mutant.kind == mutation::Kind::shift);
        conformance::note(line, order, mutant, conformance::Fate::equivalent);
        continue;
      }
      const Line wrong = changed(line, where, [&](Node& node) { node.rules = mutant.rules(node.rules); });
      const bool hidden = is_hidden(line, wrong, order);
      expect_verdict(wrong, order, hidden ? Verdict::pass : Verdict::wrong);
      expect_named(line, where, mutant);
      killed += !hidden;
      conformance::note(line, order, mutant, hidden ? conformance::Fate::hidden : conformance::Fate::killed);
    }
  }
  EXPECT_TRUE(killed > 0 || count == 0);
  return count;
}

bool in_few(const Line& line) {
  static const std::set<std::string> names{"mul_same_shape", "max_axis_1", "log_softmax_last",
                                           "conv2d_filter_grad_stride_3_valid"};
  return names.contains(line.name());
}
std::vector<Line> those(const std::vector<Line>& lines, bool few) {
  std::vector<Line> found;
  for (const Line& line : lines) {
    if (in_few(line) == few) found.push_back(line);
  }
  return found;
}

class RuleMutants : public testing::TestWithParam<Line> {};
TEST_P(RuleMutants, AreFoundAndNamed_slow) { EXPECT_GE(expect_mutants_found(GetParam(), 1), 4U); }

// A rule that passes its cotangent on, as that of shift, has none.
class RuleMutantsOfOrder2 : public testing::TestWithParam<Line> {};
TEST_P(RuleMutantsOfOrder2, AreFoundAndNamed_slow) { expect_mutants_found(GetParam(), 2); }

// What the sanitizers see, too.
class FewRuleMutants : public testing::TestWithParam<Line> {};
TEST_P(FewRuleMutants, AreFoundAndNamed_slow) {
  for (const int order : {1, 2}) EXPECT_GE(expect_mutants_found(GetParam(), order), 4U);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, RuleMutants, testing::ValuesIn(those(differentiable_lines(), false)),
                         LineName());
INSTANTIATE_TEST_SUITE_P(Catalogue, RuleMutantsOfOrder2,
                         testing::ValuesIn(those(mutation::order_2_lines(), false)), LineName());
INSTANTIATE_TEST_SUITE_P(Catalogue, FewRuleMutants, testing::ValuesIn(those(differentiable_lines(), true)),
                         LineName());

}  // namespace
}  // namespace trous::catalogue
