// What a check says of functions that it cannot check.
#include <autograd/toy_ops.h>
#include <core/thrown.h>
#include <stdexcept>

#include <gtest/gtest.h>

#include <trous/check/check_grad.h>
#include <trous/core/error.h>

namespace trous {
namespace {

using namespace toy;
using Inputs = std::vector<Variable>;

TEST(CheckGradErrors, AFunctionThatThrows) {
  EXPECT_EQ(thrown<Error>([] {
              check_grad("f", [](const Inputs&) -> Variable { throw std::runtime_error("no more paper"); },
                         {vec({1})});
            }),
            "check_grad: f threw: no more paper");
}

TEST(CheckGradErrors, AResultThatChangesItsShape) {
  const auto f = [](const Inputs& in) { return in[0].value().values<double>()[0] > 1 ? sum(in[0]) : in[0]; };
  EXPECT_EQ(
      thrown<ShapeError>([&] {
        check_grad("f", f, {vec({1, 2})});
      }),
      "check_grad: f gives [2] at the inputs and [] beside them. A derivative needs one shape: let it depend "
      "on shapes alone.");
}

TEST(CheckGradErrors, AConstant) {
  EXPECT_EQ(thrown<GraphError>([] {
              check_grad("f", [](const Inputs&) { return num(1); }, {vec({1, 2})});
            }),
            "check_grad: f gives f64[], in which nothing of the Variables that it was given was recorded. "
            "Compute it "
            "from them, with ops.");
}

TEST(CheckGradErrors, AFunctionOfWhatItCaptured) {
  const Variable captured = track(vec({1, 2}));
  EXPECT_EQ(thrown<GraphError>([&] {
              check_grad("f", [&](const Inputs&) { return sine(captured); }, {vec({1, 2})});
            }),
            "check_grad: f gives f64[2], in which nothing of the Variables that it was given was recorded. "
            "Compute it "
            "from them, with ops.");
}

TEST(CheckGradErrors, AnEmptyResult) {
  const auto f = [](const Inputs& in) {
    return record({"none"}, {in[0]},
                  [](std::span<const Tensor>) {
                    return Tensor::zeros({0, 3}, DType::float64);
                  },
                  {[](const Vjp& v) { return Tensor::zeros(v.shape(0), DType::float64); }});
  };
  EXPECT_EQ(thrown<ShapeError>([&] {
              check_grad("f", f, {vec({1, 2})});
            }),
            "check_grad: f gives [0, 3], which has no element to differentiate. Give a batch of 1 or more.");
}

TEST(CheckGradErrors, IntegersHaveNoDerivative) {
  EXPECT_EQ(thrown<DTypeError>([] {
              check_grad("f", [](const Inputs& in) { return in[0]; },
                         {vec({1}), Tensor(Shape{1}, {std::int32_t{3}})});
            }),
            "check_grad: f, input 1 is int32, which has no derivative. Let f capture it.");
  EXPECT_EQ(
      thrown<DTypeError>(
          [] { check_grad("f", [](const Inputs& in) { return truncated(in[0]); }, {vec({1})}); }),
      "check_grad: f gives int32 of float64 inputs, which has no derivative. Leave out what makes integers.");
}

TEST(CheckGradErrors, AFloat32Result) {
  const auto f = [](const Inputs& in) {
    return record({"cast"}, {in[0]}, [](std::span<const Tensor> v) { return v[0].cast(DType::float32); },
                  {[](const Vjp& v) { return Variable(v.grad().value().cast(DType::float64)); }});
  };
  EXPECT_EQ(thrown<DTypeError>([&] {
              check_grad("f", f, {vec({1, 2})});
            }),
            "check_grad: f gives float32 of float64 inputs. Differences need float64: leave out the cast.");
}

TEST(CheckGradErrors, AnEmptyFunction) {
  EXPECT_EQ(thrown<ArgumentError>([] { check_grad("f", Function(), {vec({1})}); }),
            "check_grad: f is an empty function. Give one that can be called.");
}

}  // namespace
}  // namespace trous
