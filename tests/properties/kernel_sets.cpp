// Every line's gradients on the fast kernels, for each instruction set, are those of the reference kernels:
// equal where nothing is rounded (small integers) or both do the same, and within derived round-off where
// sums are added in another order. Values, and the gradients of batch norm and cross-entropy, are held to
// loops on every set of kernels in values.cpp.
#include <cmath>
#include <op_catalogue.h>
#include <ops/with_kernels.h>
#include <properties/conformance.h>
#include <properties/oracles.h>
#include <properties/pairing.h>

#include <gtest/gtest.h>

#include <trous/core/random.h>

namespace trous::catalogue {
namespace {

bool sums_products(const Line& line) {
  return line.kind == Kind::linear || line.kind == Kind::trilinear || line.op == "einsum";
}

std::vector<Tensor> gradients(const Line& line, const std::vector<Tensor>& inputs, const Tensor& seed) {
  const Tracked at = tracked(line, inputs);
  std::vector<Tensor> found;
  for (const Variable& g : vjp(line.call(at.inputs), at.leaves, seed)) found.push_back(g.value());
  return found;
}

Tensor seed_of(const Line& line, const std::vector<Tensor>& inputs) {
  const Variable y = line.call({inputs.begin(), inputs.end()});
  return uniform(y.shape(), y.dtype(), Key{19}, -4.5, 4.5);
}

std::vector<Tensor> all_absolute(std::vector<Tensor> inputs) {
  for (Tensor& x : inputs) x = is_floating(x.dtype()) ? absolute(x) : x;
  return inputs;
}

// What the gradients may differ by, in each element: both sides round n times at most, which is how many
// terms there are and 8 for each product, relative to the sum of the absolute terms, which is the gradient
// at absolute values.
struct Allowed {
  std::vector<Tensor> terms;
  double n = 0;

  double at(std::size_t k, std::size_t i) const {
    const double nu = n * 0x1p-53;
    return terms.empty() ? 0 : 2 * nu / (1 - nu) * std::abs(terms[k].values<double>()[i]);
  }
};

Allowed allowed(const Line& line, const std::vector<Tensor>& inputs, const Tensor& seed) {
  Allowed result{gradients(line, all_absolute(inputs), absolute(seed)), 8};
  result.n += static_cast<double>(seed.elements());
  for (const Tensor& x : inputs) result.n += static_cast<double>(x.elements());
  return result;
}

void expect_the_same(const Line& line, const std::vector<Tensor>& inputs, const Tensor& seed,
                     const Allowed& allowed) {
  const auto on_reference = [&] {
    const WithKernels reference(KernelSet::reference);
    return gradients(line, inputs, seed);
  };
  const std::vector<Tensor> expected = on_reference();
  for (const std::string& target : simd_targets()) {
    const WithKernels fast(target);
    const std::vector<Tensor> got = gradients(line, inputs, seed);
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t k = 0; k < got.size(); ++k) {
      ASSERT_EQ(got[k].shape(), expected[k].shape());
      const std::vector<double> a = got[k].cast(DType::float64).to_vector<double>();
      const std::vector<double> b = expected[k].cast(DType::float64).to_vector<double>();
      for (std::size_t i = 0; i < a.size(); ++i) {
        const double gap = std::abs(a[i] - b[i]), most = allowed.at(k, i);
        ASSERT_LE(gap, most) << target << ", gradient " << k << ", element " << i;
        conformance::note(line, conformance::Property::kernels, conformance::share(gap, most));
      }
    }
  }
}

class KernelSets : public testing::TestWithParam<Line> {};

TEST_P(KernelSets, GiveTheSameOnEveryInstructionSet) {
  const Line line = with_batches(GetParam(), 3);
  const std::vector<Tensor> inputs = sample(line, DType::float64);
  const Tensor seed = seed_of(line, inputs);
  if (!expected_gradients(line, inputs, seed).empty()) return;
  expect_the_same(line, inputs, seed, sums_products(line) ? allowed(line, inputs, seed) : Allowed{});
  if (!sums_products(line) || !line.exact) return;
  for (const DType dtype : {DType::float32, DType::float64}) {
    const std::vector<Tensor> integers = integer_sample(line, dtype);
    SCOPED_TRACE(text(dtype, " integers"));
    expect_the_same(line, integers, map(seed_of(line, integers), [](auto v) { return std::round(v); }), {});
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, KernelSets, testing::ValuesIn(differentiable_lines()), LineName());

}  // namespace
}  // namespace trous::catalogue
