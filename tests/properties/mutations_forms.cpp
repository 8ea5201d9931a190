// The members of forms and maps with every slip. The three pairings of a form with one wrong contraction name
// it: two agree, and the third is that of its hole. The dot test finds a map whose two directions are no
// transposes of each other, whichever of the two was changed.
#include <array>
#include <cmath>
#include <op_catalogue.h>
#include <properties/conformance.h>
#include <properties/mutations.h>

#include <gtest/gtest.h>

#include <trous/check/check_transpose.h>
#include <trous/core/map.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/depthwise_conv2d.h>

namespace trous {
namespace {

using mutation::Slip;
using mutation::slips;

struct NamedForm {
  std::string name;
  TrilinearForm form;
};

// The last two leave a form whose image and output have one shape.
std::vector<NamedForm> forms() {
  const Shape image{2, 7, 6, 2}, filters{3, 2, 2, 3}, square{2, 5, 4, 2}, odd{3, 3, 2, 2};
  const Conv2dOptions strided{.stride = 2}, padded{{2, 1}, 2, ExplicitPadding{1, 0, 0, 2}};
  const DType f64 = DType::float64;
  return {{"conv2d, stride 2", conv2d_form(image, filters, strided, f64)},
          {"conv2d, rate 2, explicit padding", conv2d_form(image, filters, padded, f64)},
          {"depthwise_conv2d, stride 2", depthwise_conv2d_form(image, filters, strided, f64)},
          {"depthwise_conv2d, rate 2, explicit padding", depthwise_conv2d_form(image, filters, padded, f64)},
          {"atrous_conv2d, rate 3, VALID", atrous_conv2d_form(image, filters, 3, Padding::valid, f64)},
          {"atrous_conv2d, rate 2, SAME", atrous_conv2d_form(square, odd, 2, Padding::same, f64)},
          {"depthwise_conv2d, rate 2, SAME", depthwise_conv2d_form(square, {3, 3, 2, 1}, {.rate = 2}, f64)}};
}

Tensor integers_f64(const Shape& shape, Key key) {
  return map(uniform(shape, DType::float64, key, -4.5, 4.5), [](double v) { return std::round(v); });
}

using Slots = std::array<Tensor, 3>;
Slots drawn(const TrilinearForm& form, std::uint64_t seed) {
  const auto at = [&](std::size_t i) { return integers_f64(form.domains[i].shape, fold_in(Key{seed}, i)); };
  return {at(0), at(1), at(2)};
}

// What the op with this hole makes of the other two slots.
Tensor contracted(const TrilinearForm& form, std::size_t hole, const Slots& slots) {
  return form.contract[hole](slots[hole == 0 ? 2 : 0], slots[hole == 1 ? 2 : 1]);
}

// A form with one wrong member, and a map with one.
struct WrongForm {
  std::string text;
  TrilinearForm form;
};

std::vector<WrongForm> wrong_at(const TrilinearForm& form, std::size_t hole) {
  std::vector<WrongForm> all;
  for (const Slip& slip : slips(form.domains[hole].shape)) {
    WrongForm wrong{slip.text, form};
    wrong.form.contract[hole] = [right = form.contract[hole], slip](const Tensor& a, const Tensor& b) {
      return slip.apply(right(a, b)).value();
    };
    all.push_back(std::move(wrong));
  }
  // The forward in place of the transpose, and the reverse: a filter that was not turned round.
  if (hole != 1 && form.domains[0].shape == form.domains[2].shape) {
    all.push_back({"that of the opposite direction", form});
    all.back().form.contract[hole] = form.contract[2 - hole];
  }
  return all;
}

bool is_equivalent(const TrilinearForm& right, const TrilinearForm& wrong, std::size_t hole) {
  for (const std::uint64_t seed : {1, 2}) {
    const Slots at = drawn(right, seed);
    if (!same_bits(contracted(right, hole, at), contracted(wrong, hole, at))) return false;
  }
  return true;
}

// Exact: whole numbers, and 1 + 2^-20 times them.
void expect_odd_one(const TrilinearForm& wrong, std::size_t hole) {
  bool found = false;
  for (const std::uint64_t seed : {3, 4}) {
    const Slots at = drawn(wrong, seed);
    std::array<double, 3> pairings{};
    for (std::size_t i = 0; i < 3; ++i) pairings[i] = dot(contracted(wrong, i, at), at[i]);
    EXPECT_EQ(pairings[(hole + 1) % 3], pairings[(hole + 2) % 3]);
    found = found || pairings[hole] != pairings[(hole + 1) % 3];
  }
  EXPECT_TRUE(found);
}

TEST(FormMutants, AreNamedByTheThreeWayIdentity) {
  for (const auto& [name, form] : forms()) {
    for (const std::size_t hole : {0U, 1U, 2U}) {
      EXPECT_GE(wrong_at(form, hole).size(), 10U);
      for (const WrongForm& wrong : wrong_at(form, hole)) {
        SCOPED_TRACE(text(name, ", ", form.ops[hole], ": ", wrong.text));
        ASSERT_FALSE(is_equivalent(form, wrong.form, hole));
        expect_odd_one(wrong.form, hole);
        conformance::note("wrong contractions, named by the three-way identity", 0, 1);
      }
    }
  }
}

using Member = LinearMap::Apply LinearMap::*;

void expect_no_transposes(const LinearMap& wrong) {
  const LinearMap back = wrong.transpose();
  const TransposeReport report = check_transpose(
      wrong.op, [&](const Variable& x) { return wrong(x); }, [&](const Variable& y) { return back(y); },
      wrong.domain, wrong.codomain);
  EXPECT_FALSE(report.passed());
  ASSERT_EQ(report.rows.at(0).check, "dot test");
  EXPECT_FALSE(report.rows[0].passed) << report;
  conformance::note("wrong directions of a map, seen by the dot test", 0, 1);
}

TEST(MapMutants, FailTheDotTest) {
  for (const auto& [name, form] : forms()) {
    const Slots at = drawn(form, 5);
    for (const int from : {0, 1, 2}) {
      const int to = (from + 1) % 3, third = 3 - from - to;
      const LinearMap right = form.map(from, to, at[static_cast<std::size_t>(third)]);
      for (const Member member : {&LinearMap::forward, &LinearMap::backward}) {
        const bool forth = member == &LinearMap::forward;
        for (const Slip& slip : slips((forth ? right.codomain : right.domain).shape)) {
          SCOPED_TRACE(text(name, ", ", right.op, forth ? " forward: " : " backward: ", slip.text));
          LinearMap wrong = right;
          wrong.*member = [apply = right.*member, slip](const Tensor& x, std::span<const Tensor> parameters) {
            return slip.apply(apply(x, parameters)).value();
          };
          expect_no_transposes(wrong);
        }
        if (right.domain.shape != right.codomain.shape) continue;
        SCOPED_TRACE(text(name, ", ", right.op, forth ? " forward" : " backward", " is the other"));
        LinearMap wrong = right;
        wrong.*member = forth ? right.backward : right.forward;
        expect_no_transposes(wrong);
      }
    }
  }
}

}  // namespace
}  // namespace trous
