// A network is checked op by op and in every weight; one wrong op among many is named, with its layer.
#include <core/thrown.h>

#include <gtest/gtest.h>

#include <trous/autograd/record.h>
#include <trous/core/error.h>
#include <trous/layers/check_network.h>
#include <trous/layers/network.h>
#include <trous/layers/networks.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/pointwise.h>

#include "layers/toys.h"

namespace trous {
namespace {

Tensor images(const Shape& shape) { return normal(shape, DType::float64, Key{2}); }

template <class Net>
AnyLayer with_values(Net net) {
  initialize(net, Key{1}, DType::float64);
  return net;
}

// x / (1 + exp(-x)), whose rule forgets that the factor x moves as well.
Variable wrong_swish(const Variable& x) {
  return record({"swish"}, {x},
                [](std::span<const Tensor> in) { return (Variable(in[0]) * sigmoid(in[0])).value(); },
                {[](const Vjp& v) { return v.grad() * sigmoid(v.input(0)); }});
}

TEST(CheckNetwork, PassesANetworkThatIsFullOfKinks) {
  const NetworkReport report = check_network(
      with_values(SmallDilated({.in_channels = 1, .classes = 3, .width = 4})), images({2, 8, 8, 1}));
  EXPECT_TRUE(report.passed()) << report.ops << report.whole;
  std::size_t norms = 0;
  for (const TapeCheckRow& row : report.ops.rows) norms += row.op.kind == "batch_norm_relu";
  EXPECT_EQ(norms, 8U);
  EXPECT_EQ(report.whole.inputs.size(), 27U);
  EXPECT_EQ(report.whole.inputs.front(), "stem.conv.filters");
  EXPECT_EQ(report.whole.inputs.back(), "images");
  // What is checked moves the loss: a derivative of zeros would prove nothing.
  for (const GradCheckRow& row : report.whole.rows)
    EXPECT_GT(row.largest, 1e-3) << report.whole.input(row.input);
}

TEST(CheckNetwork, NamesTheWrongOpAndTheWeightsBehindIt) {
  const AnyLayer net = with_values(Sequential{Conv2d{{.in_channels = 1, .out_channels = 2}},
                                              [](const Variable& x) { return tanh(x); },
                                              Conv2d{{.in_channels = 2, .out_channels = 2}}, &wrong_swish,
                                              Conv2d{{.in_channels = 2, .out_channels = 1, .kernel = 1}}});
  const NetworkReport report = check_network(net, images({1, 5, 4, 1}));
  EXPECT_EQ(report.verdict(), Verdict::wrong);
  for (const TapeCheckRow& row : report.ops.rows)
    EXPECT_EQ(row.verdict(), row.op.kind == "swish" ? Verdict::wrong : Verdict::pass) << row.op.kind;
  for (const GradCheckRow& row : report.whole.rows) {
    const bool behind = !report.whole.input(row.input).starts_with("4.");
    EXPECT_EQ(row.verdict, behind ? Verdict::wrong : Verdict::pass) << report.whole.input(row.input);
  }
  EXPECT_NE(report.whole.failures().find("check_grad: the whole network, 0.filters, order 1, direction "),
            std::string::npos)
      << report.whole.failures();
}

TEST(CheckNetwork, ChecksOrderTwoAndEvaluation) {
  const AnyLayer net = with_values(
      Sequential{AtrousConv2d{{.in_channels = 1, .out_channels = 2, .rate = 2}}, BatchNorm{{.channels = 2}},
                 [](const Variable& x) { return relu(x); }, Dropout{{.probability = 0.5}},
                 Conv2d{{.in_channels = 2, .out_channels = 1, .kernel = 1}}});
  const NetworkReport training = check_network(net, images({2, 5, 4, 1}), {.order = 2});
  EXPECT_TRUE(training.passed()) << training.ops << training.whole;
  EXPECT_EQ(training.whole.rows.size(), 2 * training.whole.inputs.size());
  const NetworkReport evaluation = check_network(net, images({2, 5, 4, 1}), {.training = false});
  EXPECT_TRUE(evaluation.passed()) << evaluation.ops << evaluation.whole;
  EXPECT_LT(evaluation.ops.rows.size(), training.ops.rows.size()) << "no dropout";
}

TEST(CheckNetwork, NeedsFloat64) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 1}},
                 Conv2d{{.in_channels = 1, .out_channels = 1}}};
  initialize(net, Key{1});
  EXPECT_EQ(
      thrown<DTypeError>([&] {
        check_network(net, images({1, 4, 4, 1}));
      }),
      "check_network: 0.filters is float32. Differences need float64: cast_network(net, DType::float64).");
  EXPECT_EQ(thrown<DTypeError>([&] {
              check_network(cast_network(net, DType::float64), images({1, 4, 4, 1}).cast(DType::float32));
            }),
            "check_network: images is float32. Differences need float64: cast_network(net, DType::float64).");
}

}  // namespace
}  // namespace trous
