// An error inside a network says in which layer it arose, where the pass knows the layers' paths.
#include <gtest/gtest.h>

#include <trous/layers/conv.h>
#include <trous/layers/dense.h>
#include <trous/layers/norm.h>
#include <trous/layers/sequential.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

Conv2d pointwise_conv(std::int64_t in, std::int64_t out) {
  return Conv2d{{.in_channels = in, .out_channels = out, .kernel = 1}};
}

// What `net` throws of a type at x, with and without paths.
template <class Error>
std::pair<std::string, std::string> thrown_by(Sequential net, const Shape& shape) {
  initialize(net, Key{1});
  const Variable x = numbers(shape, 1);
  Pass named, plain;
  named.name_layers(net);
  return {thrown<Error>([&] { net(x, named); }), thrown<Error>([&] { net(x, plain); })};
}

TEST(LayerErrors, SayInWhichLayerTheyArose) {
  const std::string fact =
      "conv2d: input has 3 channels, filters expect 4. value [1, 5, 5, 3] is NHWC, filters [1, 1, 4, 2] is "
      "[height, width, in, out].";
  const auto [named, plain] = thrown_by<ShapeError>(
      Sequential{pointwise_conv(2, 3), Sequential(std::vector<AnyLayer>{pointwise_conv(4, 2)})},
      {1, 5, 5, 2});
  EXPECT_EQ(named, "1.0: " + fact);
  EXPECT_EQ(plain, fact);
}

TEST(LayerErrors, OfEachLayerWithWeights) {
  const Shape image{1, 5, 5, 2};
  const auto begins = [&](AnyLayer wrong, const std::string& with) {
    const std::string named =
        thrown_by<ShapeError>(Sequential(std::vector<AnyLayer>{pointwise_conv(2, 3), std::move(wrong)}),
                              image)
            .first;
    EXPECT_TRUE(named.starts_with("1: " + with)) << named;
  };
  begins(Conv2dTranspose{{.in_channels = 4, .out_channels = 2}}, "conv2d_transpose: ");
  begins(AtrousConv2d{{.in_channels = 4, .out_channels = 2}}, "atrous_conv2d: ");
  begins(AtrousConv2dTranspose{{.in_channels = 4, .out_channels = 2}}, "atrous_conv2d_transpose: ");
  begins(Dense{{.in_features = 4, .out_features = 2}}, "Dense: ");
  begins(BatchNorm{{.channels = 4}}, "batch_norm_inference: ");
}

TEST(LayerErrors, KeepTheirKind) {
  Sequential net{pointwise_conv(2, 2), pointwise_conv(2, 2)};
  initialize(net, Key{1}, DType::float64);
  Pass pass;
  pass.name_layers(net);
  EXPECT_TRUE(thrown<DTypeError>([&] { net(numbers({1, 5, 5, 2}, 1), pass); }).starts_with("0: conv2d: "));
}

}  // namespace
}  // namespace trous
