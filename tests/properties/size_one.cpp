// Every line again with axes that have one element: each set of axes for which the call is legal, alone and
// together (images of one pixel, one channel, one class, filters of one tap). The value is that of the
// oracle's loops; the gradient passes the dot test where the line is linear, and is compared with differences
// elsewhere. Which axes cannot shrink is told in op_traits.cpp, and is no more and no less than what is
// found.
#include <algorithm>
#include <cmath>
#include <op_catalogue.h>
#include <properties/conformance.h>
#include <properties/oracles.h>
#include <properties/pairing.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous::catalogue {
namespace {

// One axis of one input; axis -1 stands for what the whole numbers in it are below.
struct InputAxis {
  std::size_t input;
  int axis;
};

std::vector<InputAxis> axes_of(const Line& line) {
  std::vector<InputAxis> axes;
  for (std::size_t i = 0; i < line.inputs.size(); ++i) {
    for (int a = 0; a < line.inputs[i].shape.rank(); ++a) {
      if (line.inputs[i].shape[a] != 1) axes.push_back({i, a});
    }
    if (line.inputs[i].draw == Draw::whole) axes.push_back({i, -1});
  }
  return axes;
}

Line shrunk(Line line, const std::vector<InputAxis>& axes, std::size_t set) {
  for (std::size_t k = 0; k < axes.size(); ++k) {
    if ((set >> k & 1) == 0) continue;
    Input& input = line.inputs[axes[k].input];
    if (axes[k].axis < 0) {
      input.high = 1;
    } else {
      input.shape[axes[k].axis] = 1;
    }
  }
  return line;
}

bool legal(const Line& line) {
  const std::vector<Tensor> inputs = sample(line, DType::float64);
  try {
    line.call({inputs.begin(), inputs.end()});
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string shapes(const Line& line) {
  std::string all = "at";
  for (const Input& input : line.inputs) all += text(' ', input.shape);
  return all;
}

void expect_dot_test(const Line& line) {
  const std::vector<Tensor> inputs = integer_sample(line, DType::float64);
  const Shape shape = line.call({inputs.begin(), inputs.end()}).shape();
  const Tensor y =
      map(uniform(shape, DType::float64, Key{12}, -4.5, 4.5), [](auto v) { return std::round(v); });
  for (const auto& slots : linear_slots(line)) {
    const Pairing p = paired(line, inputs, slots, y);
    EXPECT_LE(std::abs(p.out - p.in), line.exact ? 0 : p.bound) << "slot " << slots[0];
  }
}

// <seed, f(x + h t) - f(x - h t)> / 2h and the bound of its round-off: what the oracle grants f, and n
// roundings in the pairing. The arguments are exact, t being coarse and h a power of two.
struct Difference {
  double value, round_off;
};
Difference difference(const Line& line, const std::vector<Tensor>& x, const std::vector<Tensor>& t,
                      const Tensor& seed, double h) {
  Difference result{0, 0};
  for (const double side : {h, -h}) {
    std::vector<Tensor> at = x;
    for (const std::size_t i : differentiable(line))
      at[i] = zip(x[i], t[i], [side](double v, double d) { return v + side * d; });
    const Array loops = expected(line, at);
    result.value += dot(line.call({at.begin(), at.end()}).value(), seed) / (2 * side);
    const double n = static_cast<double>(loops.values.size());
    for (std::size_t k = 0; k < loops.values.size(); ++k) {
      const double size = std::abs(static_cast<double>(loops.values[k].value));
      result.round_off +=
          std::abs(seed.values<double>()[k]) * (bound(loops.values[k]) + n * 0x1p-53 * size) / (2 * h);
    }
  }
  return result;
}

// Three differences with steps h, 2h and 4h give two extrapolations, whose gap bounds the truncation of the
// better one, which is a sixteenth of the other's. The last expectation is no tolerance: it says that what
// was derived is narrow enough to tell a wrong rule.
void expect_differences(const Line& line) {
  constexpr double h = 0x1p-13;
  const std::vector<Tensor> x = sample(line, DType::float64);
  const Tracked at = tracked(line, x);
  const Variable y = line.call(at.inputs);
  const Tensor seed = uniform(y.shape(), y.dtype(), Key{13}, -1, 1);
  const std::vector<Variable> gradients = vjp(y, at.leaves, seed);
  std::vector<Tensor> t = x;
  double by_rules = 0;
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    const std::size_t i = differentiable(line)[k];
    t[i] = map(uniform(x[i].shape(), DType::float64, fold_in(Key{14}, i), -1, 1),
               [](double v) { return std::round(v * 64) / 64; });
    by_rules += dot(gradients[k].value(), t[i]);
  }
  const Difference one = difference(line, x, t, seed, h), two = difference(line, x, t, seed, 2 * h),
                   four = difference(line, x, t, seed, 4 * h);
  const double coarse = (4 * two.value - four.value) / 3, fine = (4 * one.value - two.value) / 3;
  const double allowed = std::abs(fine - coarse) + 2 * (one.round_off + two.round_off + four.round_off);
  EXPECT_LE(std::abs(by_rules - fine), allowed);
  EXPECT_LE(allowed, 1e-6 * std::max(1.0, std::abs(fine))) << "differences that decide nothing";
}

class SizeOne : public testing::TestWithParam<Line> {};

TEST_P(SizeOne, WhereverItIsLegal) {
  const Line& line = GetParam();
  const std::vector<InputAxis> axes = axes_of(line);
  std::size_t found = 0, shrank = 0;
  for (std::size_t set = 1; set < std::size_t{1} << axes.size(); ++set) {
    const Line small = shrunk(line, axes, set);
    if (!legal(small)) continue;
    ++found;
    shrank |= set;
    SCOPED_TRACE(shapes(small));
    const std::vector<Tensor> inputs = sample(small, DType::float64);
    const Tensor value = line.call({inputs.begin(), inputs.end()}).value();
    const Array loops = expected(small, inputs);
    expect_oracle(value, loops, "value");
    conformance::note(line, conformance::Property::size_one, share_of_bound(value, loops));
    if (line.kind == Kind::linear || line.kind == Kind::trilinear) {
      expect_dot_test(small);
    } else if (line.kind != Kind::locally_constant) {
      expect_differences(small);
    }
  }
  EXPECT_GE(found, 1U) << "no axis can shrink";
  std::string rigid;
  for (std::size_t k = 0; k < axes.size(); ++k) {
    if (axes[k].axis < 0 || (shrank >> k & 1) != 0) continue;
    rigid += text(rigid.empty() ? "" : " ", axes[k].input, '.', axes[k].axis);
  }
  EXPECT_EQ(rigid, line.rigid);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, SizeOne, testing::ValuesIn(lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
