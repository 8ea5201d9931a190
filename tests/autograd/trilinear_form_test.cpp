// The one rule about a hole, on a form that is nothing but its coefficients: T(x, w, y) = sum A_ijk x_i w_j
// y_k with three different extents. What holds here holds for every op that is a form.
#include <autograd/toy_ops.h>
#include <core/thrown.h>

#include <gtest/gtest.h>

#include <trous/autograd/tape.h>
#include <trous/autograd/trilinear_form.h>
#include <trous/check/check_grad.h>
#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;
using Slots = TrilinearForm::Slots;

constexpr std::array<std::int64_t, 3> extents{2, 3, 4};

// dT/d(hole) with the two other slots filled in the order x, y, w, by a loop over all coefficients.
TrilinearForm::Contract contraction(const Tensor& coefficients, std::size_t hole) {
  return [coefficients, hole](const Tensor& first, const Tensor& second) {
    const auto a = coefficients.values<double>(), u = first.values<double>(), v = second.values<double>();
    List out(static_cast<std::size_t>(extents[hole]));
    std::size_t at = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        for (std::size_t k = 0; k < 4; ++k, ++at) {
          if (hole == 0) out[i] += a[at] * u[k] * v[j];
          if (hole == 1) out[j] += a[at] * u[i] * v[k];
          if (hole == 2) out[k] += a[at] * u[i] * v[j];
        }
      }
    }
    return vec(out);
  };
}

TrilinearForm form_of(const Tensor& coefficients) {
  const auto domain = [](std::size_t slot) { return Domain{Shape{extents[slot]}, DType::float64}; };
  return {
      .ops = {"toy_transpose", "toy_filter_grad", "toy"},
      .attributes = {{"extents", std::vector<std::int64_t>(extents.begin(), extents.end())}},
      .domains = {domain(0), domain(1), domain(2)},
      .contract = {contraction(coefficients, 0), contraction(coefficients, 1), contraction(coefficients, 2)}};
}

Tensor random_integers(const Shape& shape, std::uint64_t key) {
  return map(uniform(shape, DType::float64, Key{key}, -9, 10), [](auto v) { return std::floor(v); });
}

const TrilinearForm& integer_form() {
  static const TrilinearForm form = form_of(random_integers({2, 3, 4}, 1));
  return form;
}

const Tensor x = vec({3, -5}), w = vec({2, 7, -1}), y = vec({-4, 1, 6, 5});

// Small integers: every product and sum is exact, so the identity is an equality of numbers.
TEST(TrilinearForm, ThreeWayIdentity) {
  const TrilinearForm& form = integer_form();
  const double in_y = dot(y, form({x, w, {}}).value());
  EXPECT_NE(in_y, 0);
  EXPECT_EQ(in_y, dot(x, form({std::nullopt, w, y}).value()));
  EXPECT_EQ(in_y, dot(w, form({x, std::nullopt, y}).value()));
}

TEST(TrilinearForm, EachGradientIsAnOpOfTheFamily) {
  const TrilinearForm& form = integer_form();
  const Variable tx = track(x), tw = track(w), ty = track(y);
  const std::array<const Variable*, 3> all{&tx, &tw, &ty};
  for (std::size_t hole = 0; hole < 3; ++hole) {
    const std::size_t a = (hole + 1) % 3, b = (hole + 2) % 3;
    Slots slots;
    slots[a] = *all[a];
    slots[b] = *all[b];
    const Variable value = form(slots);
    EXPECT_EQ(value.node()->op.kind, form.ops[hole]);
    const Variable seed = track(all[hole]->value());
    const std::vector<Variable> g = vjp(value, {*all[a], *all[b]}, seed, CreateGraph::yes);
    // The gradient in a: the hole filled with the cotangent, a hole opened at a.
    for (const auto& [slot, other, gradient] : {std::tuple(a, b, g[0]), std::tuple(b, a, g[1])}) {
      Slots expected;
      expected[hole] = seed;
      expected[other] = *all[other];
      EXPECT_TRUE(same_bits(gradient.value(), form(expected).value()))
          << "hole " << hole << ", slot " << slot;
      EXPECT_EQ(gradient.node()->op.kind, form.ops[slot]);
      EXPECT_EQ(text(gradient.node()->op.attributes), "extents [2, 3, 4]");
    }
  }
}

TEST(TrilinearForm, NamesThePairOnTheTape) {
  const TrilinearForm& form = integer_form();
  const Variable tx = track(x);
  const Variable g = grad(sum(form({tx, w, {}})), {tx}, CreateGraph::yes)[0];
  EXPECT_EQ(Tape::of(g).count("toy_transpose"), 1U);
  const Variable ty = track(y);
  const Variable back = grad(sum(form({std::nullopt, w, ty})), {ty}, CreateGraph::yes)[0];
  EXPECT_EQ(Tape::of(back).count("toy"), 1U);
}

TEST(TrilinearForm, EveryOpHasThreeOrdersInsideANonlinearFunction) {
  const TrilinearForm form = form_of(uniform({2, 3, 4}, DType::float64, Key{2}, -1, 1));
  for (std::size_t hole = 0; hole < 3; ++hole) {
    const std::size_t a = std::min((hole + 1) % 3, (hole + 2) % 3), b = 3 - hole - a;
    const auto f = [&](const std::vector<Variable>& in) {
      Slots slots;
      slots[a] = in[0];
      slots[b] = in[1];
      return sine(form(slots));
    };
    const GradReport report = check_grad(form.ops[hole], f,
                                         {uniform({extents[a]}, DType::float64, Key{3}, -1, 1),
                                          uniform({extents[b]}, DType::float64, Key{4}, -1, 1)},
                                         {.order = 3});
    EXPECT_TRUE(report.passed()) << report;
    EXPECT_EQ(report.rows.size(), 6U);
    for (const GradCheckRow& row : report.rows) EXPECT_GT(row.largest, 1e-3) << report;
  }
}

TEST(TrilinearForm, OneVariableMayFillTwoSlots) {
  const auto same = [](const Tensor& u, const Tensor& v) {
    return zip(u, v, [](auto a, auto b) { return a * b; });
  };
  const Domain domain{Shape{2}, DType::float64};
  const TrilinearForm product{{"times", "times", "times"}, {}, {domain, domain, domain}, {same, same, same}};
  const Variable t = track(vec({3, 4}));
  const Variable first = grad(sum(product({t, t, {}})), {t}, CreateGraph::yes)[0];
  EXPECT_EQ(list(first), (List{6, 8}));
  EXPECT_EQ(list(grad(sum(first), {t})[0]), (List{2, 2}));
}

TEST(TrilinearForm, KeepsOnlyWhatTheOtherSlotsRuleReads) {
  const TrilinearForm& form = integer_form();
  const std::int64_t start = live_storage().buffers;
  const Variable tx = track(vec({1, 2}));
  const Variable value = form({scale(tx, 2), Variable(vec({1, 2, 3})), {}});
  EXPECT_EQ(live_storage().buffers - start, 3) << "x, w for the rule of x, the value; not scale(x)";
}

TEST(TrilinearForm, MapFromSlotToSlot) {
  const TrilinearForm& form = integer_form();
  const std::array<const Tensor*, 3> all{&x, &w, &y};
  for (int from = 0; from < 3; ++from) {
    for (int to = 0; to < 3; ++to) {
      if (from == to) continue;
      const Tensor& source = *all[static_cast<std::size_t>(from)];
      const Tensor& target = *all[static_cast<std::size_t>(to)];
      const LinearMap map = form.map(from, to, *all[static_cast<std::size_t>(3 - from - to)]);
      const LinearMap transpose = map.transpose();
      EXPECT_EQ(map.op, form.ops[static_cast<std::size_t>(to)]);
      EXPECT_EQ(transpose.op, form.ops[static_cast<std::size_t>(from)]);
      const double value = dot(map(source).value(), target);
      EXPECT_NE(value, 0);
      EXPECT_EQ(value, dot(source, transpose(target).value())) << from << " to " << to;
      EXPECT_EQ(value, dot(y, form({x, w, {}}).value()));
    }
  }
}

TEST(TrilinearForm, NeedsExactlyOneHole) {
  const TrilinearForm& form = integer_form();
  EXPECT_EQ(thrown<GraphError>([&] {
              form({x, {}, {}});
            }),
            "toy: 1 of the form's 3 slots are filled. Fill two; the third is the hole.");
  EXPECT_EQ(thrown<GraphError>([&] {
              form({x, w, y});
            }),
            "toy: 3 of the form's 3 slots are filled. Fill two; the third is the hole.");
}

TEST(TrilinearForm, RefusesWhatIsNotInASlotsDomain) {
  const TrilinearForm& form = integer_form();
  EXPECT_EQ(thrown<ShapeError>([&] {
              form({x, Variable(vec({1, 2})), {}});
            }),
            "toy: slot 1 is [2], the form takes [3]. Make the form anew.");
  EXPECT_EQ(thrown<DTypeError>([&] {
              form({std::nullopt, w, Variable(Tensor::ones({4}, DType::float32))});
            }),
            "toy_transpose: slot 2 is float32, the form takes float64. Cast one side.");
}

TEST(TrilinearForm, MapChecksItsSlotsAndWhatIsFixed) {
  const TrilinearForm& form = integer_form();
  EXPECT_EQ(thrown<ArgumentError>([&] { form.map(0, 0, w); }),
            "toy: a map leads from one slot to another, not from 0 to 0. Slots are 0, 1 and 2.");
  EXPECT_EQ(thrown<ArgumentError>([&] { form.map(0, 3, w); }),
            "toy: a map leads from one slot to another, not from 0 to 3. Slots are 0, 1 and 2.");
  EXPECT_EQ(thrown<ShapeError>([&] { form.map(0, 2, vec({1})); }),
            "toy: slot 1 is [1], the form takes [3]. Make the form anew.");
}

}  // namespace
}  // namespace trous
