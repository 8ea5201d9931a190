// A batch followed by itself leaves a mean as it is, doubles a sum and repeats what belongs to a sample; the
// line_gradients follow. This finds a 1/N that is missing from value and rule alike, to which a comparison of
// the two is blind.
#include <algorithm>
#include <cmath>
#include <op_catalogue.h>
#include <properties/conformance.h>
#include <properties/oracles.h>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/core/map.h>
#include <trous/core/random.h>
#include <trous/ops/batch_norm.h>

namespace trous::catalogue {
namespace {

Tensor twice(const Tensor& x) {
  return visit(x.dtype(), [&]<class T> {
    std::vector<T> values = x.to_vector<T>();
    values.insert(values.end(), x.values<T>().begin(), x.values<T>().end());
    Shape shape = x.shape();
    shape[0] *= 2;
    return Tensor(shape, values);
  });
}

Tensor times(const Tensor& x, double factor) {
  return map(x, [factor](auto v) { return static_cast<decltype(v)>(factor) * v; });
}

std::vector<Tensor> doubled(const Line& line, std::vector<Tensor> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (line.inputs[i].batched) inputs[i] = twice(inputs[i]);
  }
  return inputs;
}

// Multiples of 1/64, so that sums of inputs, weights and seeds are exact and do not depend on their order.
Tensor coarse(const Tensor& x) {
  return map(x, [](auto v) { return std::round(v * 64) / 64; });
}

bool linear(const Line& line) { return line.kind == Kind::linear || line.kind == Kind::trilinear; }

std::vector<Tensor> inputs_of(const Line& line) {
  if (linear(line)) return integer_sample(line, DType::float64);
  std::vector<Tensor> inputs = sample(line, DType::float64);
  for (Tensor& x : inputs) x = is_floating(x.dtype()) ? coarse(x) : x;
  return inputs;
}

std::vector<Line> replicated_lines() {
  std::vector<Line> found;
  for (const Line& line : lines()) {
    const bool batch =
        std::any_of(line.inputs.begin(), line.inputs.end(), [](const Input& x) { return x.batched; });
    if (batch && line.doubled != Doubled::mixes) found.push_back(line);
  }
  return found;
}

void expect_value_follows(const Line& line) {
  const std::vector<Tensor> inputs = inputs_of(line), both = doubled(line, inputs);
  const Tensor once = line.call({inputs.begin(), inputs.end()}).value();
  const Tensor result = line.call({both.begin(), both.end()}).value();
  const Array loops = expected(line, both);
  ASSERT_EQ(result.shape(), loops.shape);
  const std::vector<double> got = result.cast(DType::float64).to_vector<double>();
  const std::vector<double> base = once.cast(DType::float64).to_vector<double>();
  ASSERT_EQ(got.size(), base.size() * (line.doubled == Doubled::repeats ? 2 : 1));
  const double factor = line.doubled == Doubled::adds ? 2 : 1;
  for (std::size_t i = 0; i < got.size(); ++i) {
    // The two sums may be added in another order, but not where that is exact.
    const double allowed = linear(line) && line.exact ? 0 : 2 * bound(loops.values[i]);
    const double gap = std::abs(got[i] - factor * base[i % base.size()]);
    ASSERT_LE(gap, allowed) << "element " << i;
    conformance::note(line, conformance::Property::replication, conformance::share(gap, allowed));
  }
}

std::vector<Tensor> line_gradients(const Line& line, const std::vector<Tensor>& inputs, const Tensor& seed) {
  const Tracked at = tracked(line, inputs);
  std::vector<Tensor> result;
  for (const Variable& g : vjp(line.call(at.inputs), at.leaves, seed)) result.push_back(g.value());
  return result;
}

// The moments of a batch, and what a channel collects, are sums over the batch: added in another order they
// may lie as far apart as the loops say. All other lines have the same bits.
std::vector<Array> loops_of(const Line& line, const std::vector<Tensor>& inputs, const Tensor& seed) {
  if (line.op.find("_norm") == std::string::npos) return {};
  return expected_gradients(line, inputs, seed);
}

// What the gradient of a doubled batch is, made of that of the batch.
Tensor following(const Tensor& gradient, Doubled kind, bool batched) {
  if (kind == Doubled::first) {
    const Tensor zeros = times(gradient, 0);
    return visit_floating("following", gradient.dtype(), [&]<class T> {
      Tensor both = twice(gradient);
      std::vector<T> values = both.to_vector<T>();
      std::copy(zeros.values<T>().begin(), zeros.values<T>().end(), values.end() - gradient.elements());
      return Tensor(both.shape(), values);
    });
  }
  const bool mean = kind == Doubled::stays;
  return batched ? twice(times(gradient, mean ? 0.5 : 1)) : times(gradient, mean ? 1 : 2);
}

void expect_gradients_follow(const Line& line) {
  const std::vector<Tensor> inputs = inputs_of(line), both = doubled(line, inputs);
  const Shape shape = line.call({inputs.begin(), inputs.end()}).shape();
  const Tensor seed = coarse(uniform(shape, DType::float64, Key{6}, -1, 1));
  const Tensor seeds = line.doubled == Doubled::repeats ? twice(seed) : seed;
  const std::vector<Tensor> once = line_gradients(line, inputs, seed),
                            result = line_gradients(line, both, seeds);
  const std::vector<Array> loops = loops_of(line, both, seeds);
  for (std::size_t k = 0; k < once.size(); ++k) {
    const Tensor follows = following(once[k], line.doubled, line.inputs[differentiable(line)[k]].batched);
    ASSERT_EQ(result[k].shape(), follows.shape());
    for (std::size_t i = 0; i < static_cast<std::size_t>(follows.elements()); ++i) {
      const double allowed = loops.empty() ? 0 : 2 * bound(loops[k].values[i]);
      const double gap = std::abs(result[k].values<double>()[i] - follows.values<double>()[i]);
      ASSERT_LE(gap, allowed) << "gradient " << k << ", element " << i;
      conformance::note(line, conformance::Property::replication, conformance::share(gap, allowed));
    }
  }
}

class Replication : public testing::TestWithParam<Line> {};

TEST_P(Replication, ValueAndGradientsFollow) {
  expect_value_follows(GetParam());
  if (GetParam().kind != Kind::locally_constant) expect_gradients_follow(GetParam());
}

// Exact: the values are multiples of 1/64, and there are 8 in each channel.
TEST(ReplicatedBatchNorm, KeepsItsMoments) {
  const Tensor x = coarse(uniform({4, 2, 3}, DType::float64, Key{2}, -1, 1));
  const Tensor one = Tensor::ones({3}, DType::float64);
  const BatchNormResult once = batch_norm(x, one, one), both = batch_norm(twice(x), one, one);
  EXPECT_TRUE(same_bits(both.mean, once.mean));
  EXPECT_TRUE(same_bits(both.variance, once.variance));
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Replication, testing::ValuesIn(replicated_lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
