// Networks from descriptions: the same bits as networks written in C++, one canonical text, and a message
// with the place for everything that is wrong.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include <trous/core/choices.h>
#include <trous/layers/dense.h>
#include <trous/layers/from_json.h>
#include <trous/layers/named_networks.h>
#include <trous/layers/resample.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/pointwise.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

AnyLayer made(AnyLayer net) {
  initialize(net, Key{7});
  return net;
}

Variable run(const AnyLayer& net, const Variable& x) { return evaluate(net, x); }

// Same parts, same weights, same outputs, in training mode too (batch norm, dropout).
void expect_equal(AnyLayer a, AnyLayer b, const Shape& image) {
  a = made(a);
  b = made(b);
  ASSERT_EQ(parameter_paths(a), parameter_paths(b));
  ASSERT_EQ(buffer_paths(a), buffer_paths(b));
  EXPECT_TRUE(same_network(a, b));
  const Variable x = numbers(image, 1);
  EXPECT_TRUE(same(run(a, x), run(b, x)));
  Pass first = Pass::training(Key{3}), second = Pass::training(Key{3});
  EXPECT_TRUE(same(a(x, first), b(x, second)));
}

std::string refused(const std::string& description) {
  return thrown<ArgumentError>([&] { network_from_json(description); });
}

// One layer in a list, after one that gives 2 channels.
std::string refused_layer(const std::string& layer) {
  return refused(R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 2}}, )" + layer + "]}");
}

const std::string forms = R"( Give {"network": name, ...}, {"layers": [...]} or {"nodes": {...}}.)";

std::string networks() {
  const std::vector<std::string> names = network_names();
  return listed({names.begin(), names.end()}, ", ") + '.';
}

TEST(FromJson, BuiltInNetworksAreTheirStructs) {
  const SegmentationOptions options{.in_channels = 1, .classes = 4, .width = 3, .kernel = {1, 3}};
  const std::string rest = R"(, "in_channels": 1, "classes": 4, "width": 3, "kernel": [1, 3]})";
  expect_equal(network_from_json(R"({"network": "small-dilated")" + rest), SmallDilated(options),
               {1, 9, 12, 1});
  expect_equal(network_from_json(R"({"network": "mirror-context")" + rest), MirrorContext(options),
               {1, 9, 40, 1});
  expect_equal(network_from_json(R"({"network": "deep-dilated")" + rest), DeepDilated(options),
               {1, 9, 40, 1});
  expect_equal(network_from_json(R"({"network": "small-dilated"})"), SmallDilated({}), {1, 9, 12, 3});
  for (const NamedNetwork& network : named_networks()) {
    EXPECT_EQ(resolved_description(R"({"network": ")" + std::string(network.name) + "\"}"),
              network_description(network.name));
    expect_equal(network_from_json(network_description(network.name)), network.build({}).layer,
                 {1, 40, 40, 3});
  }
}

TEST(FromJson, AListIsTheSequentialOfItsLayers) {
  const AnyLayer read = network_from_json(R"({"layers": [
      {"atrous_conv2d": {"in_channels": 1, "out_channels": 4, "kernel": [3, 1], "rate": [2, 1],
                         "padding": "VALID", "bias": false, "initializer": "orthogonal"}},
      {"batch_norm": {"channels": 4, "momentum": 0.5, "epsilon": 1}},
      "relu",
      {"dropout": {"probability": 0.25}},
      {"conv2d": {"in_channels": 4, "out_channels": 6, "stride": 2, "padding": [[1, 0], [2, 1]]}},
      [{"conv2d_transpose": {"in_channels": 6, "out_channels": 5, "kernel": 4, "stride": 2}}, "tanh"],
      {"residual": [{"conv2d_norm_relu": {"in_channels": 5, "out_channels": 5}}, "sigmoid"]},
      {"atrous_conv2d_transpose": {"in_channels": 5, "out_channels": 3, "rate": 2}},
      "max_pool2d",
      {"average_pool2d": {"window": 3, "stride": 1, "padding": "SAME"}},
      {"resize_bilinear": {"scale": [2, 3]}},
      {"dense": {"in_features": 3, "out_features": 2, "initializer": "ones"}}]})");
  const Sequential written{
      AtrousConv2d{{.in_channels = 1,
                    .out_channels = 4,
                    .kernel = {3, 1},
                    .rate = {2, 1},
                    .padding = Padding::valid,
                    .bias = false,
                    .initializer = orthogonal()}},
      BatchNorm{{.channels = 4, .momentum = 0.5, .epsilon = 1}},
      [](const Variable& x) { return relu(x); },
      Dropout{{.probability = 0.25}},
      Conv2d{{.in_channels = 4, .out_channels = 6, .stride = 2, .padding = ExplicitPadding{1, 0, 2, 1}}},
      Sequential{Conv2dTranspose{{.in_channels = 6, .out_channels = 5, .kernel = 4, .stride = 2}},
                 [](const Variable& x) { return tanh(x); }},
      Residual{Sequential{ConvNormRelu<Conv2d>{Conv2d{{.in_channels = 5, .out_channels = 5, .bias = false}},
                                               BatchNorm{{.channels = 5}}},
                          [](const Variable& x) { return sigmoid(x); }}},
      AtrousConv2dTranspose{{.in_channels = 5, .out_channels = 3, .rate = 2}},
      MaxPool2d{},
      AveragePool2d{{.window = 3, .stride = 1, .padding = "SAME"}},
      ResizeBilinear{{.scale = {2, 3}}},
      Dense{{.in_features = 3, .out_features = 2, .initializer = ones()}}};
  expect_equal(read, written, {2, 16, 12, 1});
}

TEST(FromJson, ChannelsFollowFromTheLayerBefore) {
  const char* const short_form = R"({"layers": [
      {"conv2d": {"in_channels": 2, "out_channels": 4, "kernel": 1}}, "batch_norm", "relu",
      {"residual": [{"atrous_conv2d_norm_relu": {"out_channels": 3}}, {"conv2d": {"out_channels": 4}}]},
      [{"dense": {"out_features": 5}}], {"small-dilated": {"classes": 6, "width": 2}},
      {"conv2d": {"out_channels": 1}}]})";
  const char* const long_form = R"({"layers": [
      {"conv2d": {"in_channels": 2, "out_channels": 4, "kernel": 1}}, {"batch_norm": {"channels": 4}}, "relu",
      {"residual": [{"atrous_conv2d_norm_relu": {"in_channels": 4, "out_channels": 3}},
                    {"conv2d": {"in_channels": 3, "out_channels": 4}}]},
      [{"dense": {"in_features": 4, "out_features": 5}}],
      {"small-dilated": {"in_channels": 5, "classes": 6, "width": 2}},
      {"conv2d": {"in_channels": 6, "out_channels": 1}}]})";
  EXPECT_EQ(resolved_description(short_form), resolved_description(long_form));
  expect_equal(network_from_json(short_form), network_from_json(long_form), {1, 6, 5, 2});
}

// Of one pixel the numbers are the channels; of more a description knows no number.
TEST(FromJson, FlattenKnowsItsFeaturesBehindAGlobalPool) {
  const auto between = [](const std::string& layers) {
    return R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 4}}, )" + layers +
           R"(, "flatten", {"dense": {"out_features": 3}}]})";
  };
  for (const std::string pool :
       {R"("global_average_pool")", R"(["relu", {"global_average_pool": {}}])",
        R"({"graph": {"nodes": {"a": "relu", "b": "global_average_pool"}}}, "flatten")"}) {
    const std::string whole = resolved_description(between(pool));
    EXPECT_NE(whole.find(R"("in_features":4,"out_features":3)"), std::string::npos) << whole;
    expect_equal(network_from_json(between(pool)), network_from_json(whole), {2, 5, 6, 1});
  }
  const std::string missing =
      ".dense.in_features is missing. No layer before says how many channels there are. Give a whole number.";
  EXPECT_EQ(refused(between(R"("relu")")), "network_from_json: layers[3]" + missing);
  EXPECT_EQ(refused(between(R"("global_average_pool", {"resize_bilinear": {"scale": 2}})")),
            "network_from_json: layers[4]" + missing);
  EXPECT_EQ(
      refused(between(R"("global_average_pool", {"conv2d_transpose": {"out_channels": 2, "stride": 2}})")),
      "network_from_json: layers[4]" + missing);
  EXPECT_EQ(refused(
                R"({"nodes": {"first": {"conv2d": {"in_channels": 1, "out_channels": 4}},
                                  "mean": "global_average_pool",
                                  "wide": {"resize_bilinear_like": {}, "inputs": ["mean", "input"]},
                                  "row": "flatten", "head": {"dense": {"out_features": 3}}}})"),
            "network_from_json: nodes.head" + missing);
  EXPECT_EQ(refused(R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 4}}, "global_average_pool",
                                   "flatten", {"dense": {"in_features": 5, "out_features": 3}}]})"),
            "network_from_json: layers[3].dense.in_features is 5, but what comes before gives 4 channels.");
}

TEST(FromJson, AResolvedDescriptionSaysEverything) {
  EXPECT_EQ(resolved_description(R"({"network": "small-dilated", "classes": 11})"),
            R"({"network":"small-dilated","in_channels":3,"classes":11,"width":16,"kernel":3,)"
            R"("norm":"batch","activation":"relu"})");
  EXPECT_EQ(resolved_description(R"({"network": "deep-dilated"})"),
            R"({"network":"deep-dilated","in_channels":3,"classes":5,"width":12,"kernel":3,)"
            R"("norm":"batch","activation":"relu"})");
  EXPECT_EQ(resolved_description(R"({"kernel": [3, 1], "network": "mirror-context"})"),
            R"({"network":"mirror-context","in_channels":3,"classes":5,"width":12,"kernel":[3,1],)"
            R"("norm":"batch","activation":"relu"})");
  EXPECT_EQ(
      resolved_description(R"({"layers": [
                {"conv2d": {"out_channels": 2, "in_channels": 1, "padding": [[1, 2], [3, 4]]}},
                {"relu": {}}, "batch_norm", "dropout", ["max_pool2d", {"resize_nearest": {"scale": [1, 2]}}],
                {"residual": ["abs", {"conv2d_norm_relu": {"out_channels": 2}}]},
                {"dense": {"out_features": 3}}]})"),
      R"({"layers":[{"conv2d":{"in_channels":1,"out_channels":2,"kernel":3,"stride":1,"rate":1,)"
      R"("padding":[[1,2],[3,4]],"groups":1,"bias":true,"initializer":"he_normal"}},"relu",)"
      R"({"batch_norm":{"channels":2,"momentum":0.1,"epsilon":1e-05}},{"dropout":{"probability":0.5}},)"
      R"([{"max_pool2d":{"window":2,"stride":2,"padding":"VALID"}},{"resize_nearest":{"scale":[1,2]}}],)"
      R"({"residual":["abs",{"conv2d_norm_relu":{"in_channels":2,"out_channels":2,"kernel":3,"stride":1,)"
      R"("rate":1,"padding":"SAME","groups":1,"bias":false,"initializer":"he_normal",)"
      R"("norm":"batch","activation":"relu"}}]},)"
      R"({"dense":{"in_features":2,"out_features":3,"bias":true,"initializer":"glorot_uniform"}}]})");
}

// Every name of the table, with the fewest options.
TEST(FromJson, EveryLayerGoesThroughItsOwnDescription) {
  for (const std::string& name : layer_names()) {
    SCOPED_TRACE(name);
    std::string layer = '"' + name + '"';
    // Of several values: graph_json_test.
    if (name.ends_with("_like") ||
        std::set<std::string>{"add", "concat", "multiply", "subtract"}.contains(name))
      continue;
    if (name == "graph") layer = R"({"graph": {"nodes": {"a": "relu"}}})";
    if (name.find("conv2d") != std::string::npos && name != "depthwise_conv2d")
      layer = '{' + layer + R"(: {"out_channels": 3}})";
    if (name == "dense") layer = R"({"dense": {"out_features": 3}})";
    if (name == "residual") layer = R"({"residual": ["relu"]})";
    const std::string description =
        R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 4}}, "exp", )" + layer + "]}";
    const std::string resolved = resolved_description(description);
    EXPECT_EQ(resolved_description(resolved), resolved);
    expect_equal(network_from_json(description), network_from_json(resolved), {1, 40, 36, 1});
  }
}

TEST(FromJson, LayerNamesAreSorted) {
  for (const std::string& network : network_names()) {
    const std::vector<std::string> layers = layer_names();
    EXPECT_NE(std::find(layers.begin(), layers.end(), network), layers.end()) << network;
  }
  const std::vector<std::string> names = layer_names();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(FromJson, ANetworkHasADescription) {
  EXPECT_EQ(network_description("mirror-context", {.in_channels = 1, .kernel = 1}),
            R"({"network":"mirror-context","in_channels":1,"classes":5,"width":12,"kernel":1,)"
            R"("norm":"batch","activation":"relu"})");
  EXPECT_EQ(thrown<ArgumentError>([] { network_description("small-dilate"); }),
            "network_description: network is \"small-dilate\". Did you mean small-dilated? Networks are " +
                networks());
  EXPECT_EQ(
      thrown<ArgumentError>([] { network_description("small-dilated", {.classes = 0}); }),
      "network_description: the description: Conv2d: in_channels 16, out_channels 0, kernel 1x1. Each must "
      "be 1 or more.");
}

TEST(FromJson, UnknownNamesAreRefusedWithTheNearest) {
  EXPECT_EQ(refused_layer(R"("relu", {"atrous_conv2d": {"out_channels": 2, "rte": 2}})"),
            "network_from_json: layers[2].atrous_conv2d.rte is not known. Did you mean rate? Options are "
            "in_channels, out_channels, kernel, rate, padding, groups, bias, initializer.");
  EXPECT_EQ(refused_layer(R"({"residual": ["relu", {"relu": {"slope": 0.1}}]})"),
            "network_from_json: layers[1].residual[1].relu.slope is not known. There are no options.");
  EXPECT_EQ(
      refused(R"({"network": "mirror-context", "widht": 3})"),
      "network_from_json: widht is not known. Did you mean width? Options are in_channels, classes, width, "
      "kernel, norm, activation.");
  EXPECT_EQ(refused(R"({"layers": ["relu"], "seed": 3})"),
            "network_from_json: seed is not known. The only key is layers.");
  EXPECT_EQ(refused(R"({"network": "resnet"})"),
            "network_from_json: network is \"resnet\". Networks are " + networks());
  EXPECT_EQ(refused(R"({"network": "conv2d"})"),
            "network_from_json: network is \"conv2d\". Networks are " + networks());
  const std::vector<std::string> layers = layer_names();
  const std::string names = "Layers are " + listed({layers.begin(), layers.end()}, ", ") + '.';
  EXPECT_EQ(
      refused_layer(R"(["relu", {"atruos_conv2d": {}}])"),
      "network_from_json: layers[1][1].atruos_conv2d is no layer. Did you mean atrous_conv2d? " + names);
  EXPECT_EQ(refused_layer(R"("swish")"), "network_from_json: layers[1].swish is no layer. " + names);
}

TEST(FromJson, WhatIsMissingIsNamed) {
  EXPECT_EQ(
      refused(R"({"layers": ["relu", {"conv2d": {"out_channels": 2}}]})"),
      "network_from_json: layers[1].conv2d.in_channels is missing. No layer before says how many channels "
      "there are. Give a whole number.");
  EXPECT_EQ(refused_layer(R"("conv2d")"),
            "network_from_json: layers[1].conv2d.out_channels is missing. Give a whole number.");
  EXPECT_EQ(refused("{}"), "network_from_json: the description is {}." + forms);
  EXPECT_EQ(refused(R"({"network": "small-dilated", "layers": []})"),
            R"(network_from_json: the description is {"network":"small-dilated","layers":[]}.)" + forms);
  EXPECT_EQ(refused(R"(["small-dilated", "small-dilated", "small-dilated"])"),
            "network_from_json: the description is a longer array." + forms);
  EXPECT_EQ(refused(R"({"layers": []})"),
            "network_from_json: layers is []. Give a list of one layer or more.");
  EXPECT_EQ(refused_layer(R"({"residual": {}})"),
            "network_from_json: layers[1].residual is {}. Give a list of one layer or more.");
}

TEST(FromJson, WrongValuesAreNamed) {
  const auto conv = [](const std::string& option) {
    return refused_layer(R"({"conv2d": {"out_channels": 2, )" + option + "}}");
  };
  const std::string at = "network_from_json: layers[1].conv2d.";
  EXPECT_EQ(conv(R"("bias": "yes")"), at + "bias is \"yes\". Give true or false.");
  EXPECT_EQ(conv(R"("in_channels": 2.0)"), at + "in_channels is 2.0. Give a whole number.");
  EXPECT_EQ(conv(R"("in_channels": 18446744073709551615)"),
            at + "in_channels is 18446744073709551615. Give a whole number.");
  EXPECT_EQ(conv(R"("rate": "2")"), at + "rate is \"2\". Give a whole number or [height, width].");
  EXPECT_EQ(conv(R"("kernel": [3, 3, 3])"),
            at + "kernel is [3,3,3]. Give a whole number or [height, width].");
  EXPECT_EQ(conv(R"("kernel": [3, null])"), at + "kernel[1] is null. Give a whole number.");
  EXPECT_EQ(conv(R"("stride": 1.5)"), at + "stride is 1.5. Give a whole number.");
  EXPECT_EQ(conv(R"("padding": 3)"),
            at + R"(padding is 3. Give "SAME", "VALID" or [[top, bottom], [left, right]].)");
  EXPECT_EQ(conv(R"("padding": [[1, 2], [3, "4"]])"), at + "padding[1][1] is \"4\". Give a whole number.");
  EXPECT_EQ(
      conv(R"("initializer": "he_norm")"),
      at + "initializer is \"he_norm\". Did you mean he_normal? Initializers are he_normal, glorot_uniform, "
           "orthogonal, zeros, ones.");
  EXPECT_EQ(refused_layer(R"({"dropout": {"probability": true}})"),
            "network_from_json: layers[1].dropout.probability is true. Give a number.");
  EXPECT_EQ(refused_layer(R"({"dropout": 0.5})"),
            "network_from_json: layers[1].dropout is 0.5. Give its options as {\"name\": value}.");
  EXPECT_EQ(refused_layer("3"),
            R"(network_from_json: layers[1] is 3. Give "name", {"name": {options}} or a list of layers.)");
  EXPECT_EQ(refused_layer(R"({"relu": {}, "tanh": {}})"),
            R"(network_from_json: layers[1] is {"relu":{},"tanh":{}}. )"
            R"(Give "name", {"name": {options}} or a list of layers.)");
}

TEST(FromJson, WhatALayerRefusesIsNamedWithItsPlace) {
  EXPECT_EQ(
      refused_layer(R"({"conv2d": {"out_channels": 0}})"),
      "network_from_json: layers[1].conv2d: Conv2d: in_channels 2, out_channels 0, kernel 3x3. Each must be "
      "1 or more.");
  EXPECT_EQ(
      refused_layer(R"({"atrous_conv2d": {"out_channels": 1, "padding": [[1, 1], [1, 1]]}})"),
      "network_from_json: layers[1].atrous_conv2d: AtrousConv2d: padding by counts is not for atrous layers. "
      "Give SAME or VALID, or use Conv2d with a rate.");
  EXPECT_EQ(
      refused_layer(R"({"conv2d": {"out_channels": 1, "kernel": 4611686018427387904}})"),
      "network_from_json: layers[1].conv2d: shape: [4611686018427387904, 4611686018427387904, 2, 1] has more "
      "than 2^63 - 1 elements. Use smaller extents.");
  EXPECT_EQ(
      refused(R"({"network": "small-dilated", "width": 9223372036854775807})"),
      "network_from_json: the description: SegmentationOptions: width 9223372036854775807. Give the number "
      "of channels, or 0 for the network's own.");
}

TEST(FromJson, ChannelsThatDisagreeAreNamed) {
  EXPECT_EQ(refused_layer(R"("relu", {"batch_norm": {"channels": 3}})"),
            "network_from_json: layers[2].batch_norm.channels is 3, but what comes before gives 2 channels.");
  EXPECT_EQ(
      refused_layer(R"({"residual": [{"conv2d": {"out_channels": 3}}]})"),
      "network_from_json: layers[1].residual makes 3 channels of 2. Both are added, so they must agree.");
}

TEST(FromJson, WhatIsNoJsonIsRefused) {
  EXPECT_EQ(refused(R"({"layers": [)"),
            "network_from_json: the description is no JSON from byte 13 on. It has 12 bytes." + forms);
  EXPECT_EQ(refused(""),
            "network_from_json: the description is no JSON from byte 1 on. It has 0 bytes." + forms);
  EXPECT_EQ(refused("[1]"), "network_from_json: the description is [1]." + forms);
  EXPECT_EQ(refused(R"({"layers": ["relu"], "layers": ["tanh"]})"),
            "network_from_json: the description has the key \"layers\" twice in one object. Keep one.");
  EXPECT_EQ(refused(R"({"layers": )" + std::string(1'000'000, '[')),
            "network_from_json: the description is more than 64 levels deep. Nest less.");
  EXPECT_EQ(
      refused(R"({"network": 1e999})"),
      "network_from_json: the description has the number 1e999, which no double holds. Give a smaller one.");
  EXPECT_EQ(
      refused(R"({"network": "small-dilated", "width": 99999999999999999999})"),
      "network_from_json: the description has the number 99999999999999999999, which 64 bits do not hold. "
      "Give a smaller one.");
  EXPECT_EQ(thrown<ArgumentError>([] { network_description("\xff"); }),
            "network_description: network is \"\xEF\xBF\xBD\". Networks are " + networks());
  EXPECT_EQ(thrown<ArgumentError>([] { resolved_description("x"); }),
            "resolved_description: the description is no JSON from byte 1 on. It has 1 bytes." + forms);
}

TEST(Initializer, HasTheNameOfItsDescription) {
  EXPECT_EQ(he_normal().name(), "he_normal");
  EXPECT_EQ(orthogonal().name(), "orthogonal");
  EXPECT_EQ(orthogonal(2).name(), "") << "the name stands for gain 1";
  const Initializer own = [](const ParameterSpec& spec, DType dtype, Key) {
    return Tensor::full(spec.shape, dtype, 3);
  };
  EXPECT_EQ(own.name(), "");
  EXPECT_EQ(own({{2}}, DType::float32, Key{1}).to_vector<float>(), (std::vector<float>{3, 3}));
}

TEST(Residual, AddsItsInput) {
  AnyLayer inner = made(Conv2d{{.in_channels = 2, .out_channels = 2}});
  const Residual block{Sequential(std::vector<AnyLayer>{inner})};
  const Variable x = numbers({1, 4, 5, 2}, 1);
  EXPECT_TRUE(same(block(x), x + run(inner, x)));
  const Residual halved{Sequential{MaxPool2d()}};
  EXPECT_EQ(
      thrown<ShapeError>([&] { halved(x); }),
      "Residual: x is [1, 4, 5, 2], its layers make [1, 2, 2, 2] of it. Both are added, so they must have "
      "one shape.");
}

}  // namespace
}  // namespace trous
