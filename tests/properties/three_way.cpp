// <conv(u, F), v> = <u, transp(v, F)> = <F, W(u, v)> for every trilinear form: over stride, rate, padding,
// channels, odd and even filters, and every image size that the output does not determine.
#include <algorithm>
#include <cmath>
#include <op_catalogue.h>
#include <properties/conformance.h>
#include <sstream>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/trilinear_form.h>
#include <trous/core/map.h>
#include <trous/core/random.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/detail/windows.h>

namespace trous {
namespace {

Tensor absolute(const Tensor& x) {
  return map(x, [](auto v) { return std::abs(v); });
}

Tensor integers(const Shape& shape, Key key) {
  return map(uniform(shape, DType::float32, key, -4.5, 4.5), [](float v) { return std::round(v); });
}

// The three pairings of a form, filled with (u, F, v).
struct Pairings {
  double out, in, filters;
};
Pairings pairings(const TrilinearForm& form, const std::array<Tensor, 3>& slots) {
  const auto with_hole = [&](std::size_t hole) {
    TrilinearForm::Slots filled;
    for (std::size_t i = 0; i < 3; ++i) {
      if (i != hole) filled[i] = slots[i];
    }
    return dot(form(filled).value(), slots[hole]);
  };
  return {with_hole(2), with_hole(0), with_hole(1)};
}

std::array<Tensor, 3> filled(const TrilinearForm& form,
                             const std::function<Tensor(const Shape&, Key)>& draw) {
  const auto at = [&](std::size_t i) { return draw(form.domains[i].shape, fold_in(Key{21}, i)); };
  return {at(0), at(1), at(2)};
}

// Equal to round-off: with n roundings on the way, |error| <= gamma_n times the sum of the absolute terms,
// which is the same pairing of absolute values. No sum here is longer than the three slots together.
void expect_three_way(const TrilinearForm& form, const TrilinearForm& form32, const std::string& what) {
  const auto slots = filled(form, [](const Shape& s, Key k) { return uniform(s, DType::float64, k, -1, 1); });
  const Pairings p = pairings(form, slots);
  const double terms = pairings(form, {absolute(slots[0]), absolute(slots[1]), absolute(slots[2])}).out;
  const double n = static_cast<double>(slots[0].elements() + slots[1].elements() + slots[2].elements());
  const double bound = n * 0x1p-53 / (1 - n * 0x1p-53) * terms;
  EXPECT_LE(std::abs(p.out - p.in), 2 * bound) << what;
  EXPECT_LE(std::abs(p.out - p.filters), 2 * bound) << what;
  const double gap = std::max(std::abs(p.out - p.in), std::abs(p.out - p.filters));
  conformance::note("three-way identity of the form of " + form.ops[2], conformance::share(gap, 2 * bound),
                    1);

  const Pairings exact = pairings(form32, filled(form32, integers));
  EXPECT_EQ(exact.out, exact.in) << what;
  EXPECT_EQ(exact.out, exact.filters) << what;
}

struct Case {
  Shape image, filters;
  Conv2dOptions options;
};

std::string text_of(const Case& c) {
  return text("image ", c.image, ", filters ", c.filters, ", stride ", c.options.stride, ", rate ",
              c.options.rate, ", ", detail::padding_text(c.options.padding.resolve("three_way")));
}

// Every image height of a stride's period, so that every legal output_shape of a transpose occurs.
std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Stride stride : {Stride(1), Stride(2), Stride(3), Stride(2, 1)}) {
    for (const Rate rate : {Rate(1), Rate(2), Rate(3), Rate(3, 2), Rate(7)}) {
      for (const WindowPadding& padding : {WindowPadding(Padding::same), WindowPadding(Padding::valid),
                                           WindowPadding(ExplicitPadding{2, 0, 1, 3})}) {
        for (const Shape& filters : {Shape{3, 3, 2, 3}, Shape{2, 4, 3, 1}, Shape{1, 1, 2, 3},
                                     Shape{4, 1, 1, 2}, Shape{3, 2, 2, 2}}) {
          for (std::int64_t spare = 0; spare < stride.height; ++spare) {
            const bool same =
                padding.resolve("three_way") == std::variant<Padding, ExplicitPadding>(Padding::same);
            const std::int64_t height =
                same ? 5 + spare : (filters[0] - 1) * rate.height + 2 * stride.height + spare;
            const std::int64_t width = same ? 6 : (filters[1] - 1) * rate.width + 4;
            all.push_back({{2, height, width, filters[2]}, filters, {stride, rate, padding}});
          }
        }
      }
    }
  }
  return all;
}

// pytorch#5057: the transposed convolution was not the transpose for some shapes. JAX PR#567: for a dilated
// one.
TEST(ThreeWay, pytorch_5057_HoldsForConv2d) {
  EXPECT_GT(cases().size(), 400U);
  for (const Case& c : cases()) {
    expect_three_way(conv2d_form(c.image, c.filters, c.options, DType::float64),
                     conv2d_form(c.image, c.filters, c.options, DType::float32), text_of(c));
  }
}

TEST(ThreeWay, HoldsForDepthwiseConv2d) {
  for (const Case& c : cases()) {
    expect_three_way(depthwise_conv2d_form(c.image, c.filters, c.options, DType::float64),
                     depthwise_conv2d_form(c.image, c.filters, c.options, DType::float32), text_of(c));
  }
}

TEST(ThreeWay, HoldsForAtrousConv2d) {
  for (const Case& c : cases()) {
    const auto padding = c.options.padding.resolve("three_way");
    if (c.options.stride != Stride(1) || !std::holds_alternative<Padding>(padding)) continue;
    const Padding named = std::get<Padding>(padding);
    expect_three_way(atrous_conv2d_form(c.image, c.filters, c.options.rate, named, DType::float64),
                     atrous_conv2d_form(c.image, c.filters, c.options.rate, named, DType::float32),
                     text_of(c));
  }
}

// The ops themselves, gradients taken by the tape: every trilinear line, mul and matmul among them.
class ThreeWayOps : public testing::TestWithParam<catalogue::Line> {};

TEST_P(ThreeWayOps, PairWithTheirGradients) {
  const catalogue::Line& line = GetParam();
  for (const bool whole : {false, true}) {
    const DType dtype = whole ? DType::float32 : DType::float64;
    const std::vector<Tensor> inputs = whole ? integer_sample(line, dtype) : sample(line, dtype);
    const catalogue::Tracked at = tracked(line, inputs);
    const Variable y = line.call(at.inputs);
    const Tensor v = whole ? integers(y.shape(), Key{4}) : uniform(y.shape(), dtype, Key{4}, -1, 1);
    const std::vector<Variable> g = vjp(y, at.leaves, v);
    const Pairings p{dot(y.value(), v), dot(inputs[0], g[0].value()), dot(inputs[1], g[1].value())};
    if (whole) {
      EXPECT_EQ(p.out, p.in);
      EXPECT_EQ(p.out, p.filters);
      EXPECT_NE(p.out, 0);
    } else {
      std::vector<Variable> sizes{absolute(inputs[0]), absolute(inputs[1])};
      const double terms = dot(line.call(sizes).value(), absolute(v));
      const double n = static_cast<double>(inputs[0].elements() + inputs[1].elements() + v.elements());
      const double bound = 2 * n * 0x1p-53 / (1 - n * 0x1p-53) * terms;
      EXPECT_LE(std::abs(p.out - p.in), bound);
      EXPECT_LE(std::abs(p.out - p.filters), bound);
      const double gap = std::max(std::abs(p.out - p.in), std::abs(p.out - p.filters));
      conformance::note(line, conformance::Property::three_way, conformance::share(gap, bound));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, ThreeWayOps,
                         testing::ValuesIn(catalogue::lines_of({catalogue::Kind::trilinear})),
                         catalogue::LineName());

}  // namespace
}  // namespace trous
