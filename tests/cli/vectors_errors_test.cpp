// What trous check --vectors says of files that it cannot judge: exit code 3, one sentence, nothing computed.
#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "cli/vectors.h"

namespace trous {
namespace {

class VectorsErrors : public VectorsProgram {
 protected:
  /// The case "a" with these parts in place of its own, or more.
  void expect(const Parts& others, const std::string& err, const std::string& op = conv_op) {
    Parts parts = conv_parts();
    for (const auto& [part, tensor] : others) parts.insert_or_assign(part, tensor);
    put("a", op, parts);
    expect_refused("v.safetensors: a" + err);
  }
  void expect_without(const std::vector<std::string>& absent, const std::string& err) {
    Parts parts = conv_parts();
    for (const std::string& part : absent) parts.erase(part);
    put("a", conv_op, parts);
    expect_refused("v.safetensors: a" + err);
  }
  /// The op described so.
  void expect_op(const std::string& op, const std::string& err) { expect({}, err, op); }

  static Tensor with(const Tensor& x, double number) { return changed(x, 1, number); }
  const Tensor x_ = numbers_like({1, 5, 4, 2}, 1), y_ = numbers_like({1, 5, 4, 3}, 1);
  const Tensor labels_ = Tensor({2, 3}, std::vector<std::int32_t>{0, 1, 2, 3, 0, 2});
};

TEST_F(VectorsErrors, TheFile) {
  expect_told(
      program(),
      "read_file: v.safetensors cannot be opened. The system says: No such file or directory. Give the "
      "path of a readable file.");
  put("a", conv_op, conv_parts());
  write_safetensors(scratch_ / "v.safetensors", file_);
  Bytes bytes = slurp(scratch_ / "v.safetensors");
  bytes.resize(5);
  spill(scratch_ / "v.safetensors", bytes);
  expect_told(
      program(),
      "read_safetensors: v.safetensors has 5 bytes. The length of the header alone takes 8. Write the "
      "file again.");
  spill(scratch_ / "v.safetensors", bytes_of(std::string("\2\0\0\0\0\0\0\0{}", 10)));
  expect_told(program(), "v.safetensors: there is no tensor in it, so nothing to judge.");
}

TEST_F(VectorsErrors, AFileThatIsCutOff) {
  put("a", conv_op, conv_parts());
  write_safetensors(scratch_ / "v.safetensors", file_);
  Bytes bytes = slurp(scratch_ / "v.safetensors");
  bytes.pop_back();
  spill(scratch_ / "v.safetensors", bytes);
  expect_told(
      program(),
      "read_safetensors: v.safetensors: tensor \"a/value\" has data_offsets [1984, 2464], which are no range "
      "inside the 2463 bytes of data. Write the file again.");
}

TEST_F(VectorsErrors, TensorsOutsideOfCases) {
  file_.tensors.emplace_back("x", x_);
  expect_refused(
      "v.safetensors: the tensor x belongs to no case. Call it <case>/input.0, <case>/value and so on.");
  file_.tensors.emplace_back("/value", x_);
  expect_refused(
      "v.safetensors: the tensor /value belongs to no case. Call it <case>/input.0, <case>/value and so on.");
  for (const std::string part :
       {"output", "input", "input.", "input.x", "input.01", "input.100", "gradient.-1"}) {
    expect({{part, x_}},
           " has a tensor " + part +
               ". It is none of input.0, input.1, ..., value, cotangent, gradient.0, gradient.1, ...");
  }
}

TEST_F(VectorsErrors, TheMetadata) {
  put("a", conv_op, conv_parts());
  file_.metadata.clear();
  expect_refused(
      "v.safetensors: a has tensors and no entry in __metadata__ that says the op, such as {\"op\": "
      "\"atrous_conv2d\", \"rate\": 2}. Write one under the name of the case.");
  put("a", conv_op, conv_parts());
  file_.metadata["b"] = conv_op;
  expect_refused("v.safetensors: b has an entry in __metadata__ that names an op, and no tensors.");
  const auto no_op = [](const std::string& shown) {
    return ": its entry in __metadata__ is " + shown +
           ". It is a JSON object of at most 4096 bytes with the op's name: {\"op\": \"atrous_conv2d\", "
           "\"rate\": 2}.";
  };
  for (const std::string none : {"atrous_conv2d", "{\"op\": ", "[1]", "{\"rate\": 2}", "{\"op\": 3}"})
    expect_op(none, no_op(none));
  const std::string deep =
      R"({"op": "conv2d", "rate": )" + std::string(500'000, '[') + std::string(500'000, ']') + '}';
  expect_op(deep, no_op(deep.substr(0, 80) + " ..."));
}

TEST_F(VectorsErrors, TheOp) {
  expect_op(
      R"({"op": "atrous_conv2"})",
      ": there is no op atrous_conv2. Did you mean atrous_conv2d? trous check --help lists those that a "
      "file may name.");
  expect_op(R"({"op": "lstm"})",
            ": there is no op lstm. trous check --help lists those that a file may name.");
}

TEST_F(VectorsErrors, Attributes) {
  const auto conv = [](const std::string& attributes) { return R"({"op": "conv2d", )" + attributes + "}"; };
  expect_op(R"({"op": "atrous_conv2d", "rates": 2})",
            ", atrous_conv2d, has the attribute rates, which this op does not know. Did you mean rate?");
  expect_op(R"({"op": "atrous_conv2d", "stride": 2})",
            ", atrous_conv2d, has the attribute stride, which this op does not know.");
  for (const std::string rate : {"\"2\"", "2.5", "[2]", "[2,2,2]", "[2,true]", "18446744073709551615"}) {
    expect_op(conv("\"rate\": " + rate),
              ", conv2d, has rate " + rate + ". It is a whole number or [height, width].");
  }
  for (const std::string padding : {"\"same\"", "1", "[1,1]", "[0,0,0,0.5]"}) {
    expect_op(
        conv("\"padding\": " + padding),
        ", conv2d, has padding " + padding + ". It is \"SAME\", \"VALID\" or [top, bottom, left, right].");
  }
  expect_op(R"({"op": "atrous_conv2d", "padding": [0, 0, 0, 0]})",
            ", atrous_conv2d, has padding [0,0,0,0]. It is \"SAME\" or \"VALID\".");
  expect_op(R"({"op": "conv2d_transpose", "output_shape": 4})",
            ", conv2d_transpose, has output_shape 4. It is a list of whole numbers.");
  expect_op(R"({"op": "conv2d_transpose", "output_shape": [1,1,1,1,1,1,1,1,1]})",
            ", conv2d_transpose, has output_shape [1,1,1,1,1,1,1,1,1]. It is a list of whole numbers.");
  expect_op(R"({"op": "conv2d_filter_grad"})", ", conv2d_filter_grad, needs filter_shape.");
  expect_op(R"({"op": "conv2d", "groups": 1.5})",
            ", conv2d, has groups 1.5. It is a whole number below 2^31.");
  expect_op(R"({"op": "depthwise_conv2d", "groups": 2})",
            ", depthwise_conv2d, has the attribute groups, which this op does not know.");
  expect_op(R"({"op": "einsum"})", ", einsum, needs equation.");
  expect_op(R"({"op": "einsum", "equation": 3})", ", einsum, has equation 3. It is a text.");
  expect_op(R"({"op": "resize_nearest", "height": 3})", ", resize_nearest, needs width.");
  expect_op(R"({"op": "batch_norm", "epsilon": "1e-5"})",
            ", batch_norm, has epsilon \"1e-5\". It is a number.");
  expect_op(R"({"op": "softmax", "axis": 4294967296})",
            ", softmax, has axis 4294967296. It is a whole number below 2^31.");
  expect_op(R"({"op": "focal_loss", "ignore_index": -2147483649})",
            ", focal_loss, has ignore_index -2147483649. It is a whole number below 2^31.");
}

TEST_F(VectorsErrors, Inputs) {
  expect_without({"input.0"}, ", atrous_conv2d, has input.1 and no input.0.");
  expect_without({"input.0", "input.1"}, ", atrous_conv2d, has 0 inputs. It takes 2.");
  expect_without({"input.1"}, ", atrous_conv2d, has 1 input. It takes 2.");
  expect({{"input.3", x_}}, ", atrous_conv2d, has input.3 and no input.2.");
  expect({{"input.2", x_}}, ", atrous_conv2d, has 3 inputs. It takes 2.");
  expect({{"input.2", x_}, {"input.3", x_}}, ", focal_loss, has 4 inputs. It takes 2 to 3.",
         R"({"op": "focal_loss"})");
  for (const double number : {std::nan(""), HUGE_VAL})
    expect({{"input.0", with(x_, number)}}, ", atrous_conv2d, has numbers in input.0 that are not finite.");
}

TEST_F(VectorsErrors, WhatTheOpRefuses) {
  expect({{"input.1", numbers_like({3, 3, 4, 3}, 2)}, {"gradient.1", numbers_like({3, 3, 4, 3}, 2)}},
         ", atrous_conv2d, cannot be computed: atrous_conv2d: input has 2 channels, filters expect 4. value "
         "[1, 5, "
         "4, 2] is NHWC, filters [3, 3, 4, 3] is [height, width, in, out].");
  expect_op(R"({"op": "atrous_conv2d", "rate": 4611686018427387904})",
            ", atrous_conv2d, cannot be computed: atrous_conv2d: the size on the height axis exceeds 2^63 - "
            "1. value has 5 "
            "there, the filter 3 taps, rate 4611686018427387904, stride 1. Use a smaller rate.");
  put("a", R"({"op": "log"})", {{"input.0", x_}, {"value", x_}});
  expect_refused(
      "v.safetensors: a, log, gives numbers that are not finite at these inputs, so nothing can be "
      "compared.");
}

TEST_F(VectorsErrors, Claims) {
  expect_without({"value", "gradient.0", "gradient.1"},
                 ", atrous_conv2d, has neither a value nor a gradient: there is nothing to judge.");
  expect({{"value", with(y_, NAN)}}, ", atrous_conv2d, has numbers in value that are not finite.");
  expect({{"cotangent", with(y_, NAN)}}, ", atrous_conv2d, has numbers in cotangent that are not finite.");
  expect({{"gradient.0", with(x_, NAN)}}, ", atrous_conv2d, has numbers in gradient.0 that are not finite.");
  const Tensor whole = Tensor::zeros({1, 5, 4, 3}, DType::int32);
  expect({{"value", whole}}, ", atrous_conv2d, has the value in int32. It is float32 or float64.");
  expect({{"cotangent", whole}}, ", atrous_conv2d, has the cotangent in int32. It is float32 or float64.");
  expect({{"gradient.0", Tensor::zeros({1, 5, 4, 2}, DType::int32)}},
         ", atrous_conv2d, has the gradient.0 in int32. It is float32 or float64.");
  expect({{"gradient.0", y_}},
         ", atrous_conv2d, has gradient.0 of shape [1, 5, 4, 3], its input has [1, 5, 4, 2].");
  expect({{"gradient.2", x_}}, ", atrous_conv2d, has gradient.2 and no input of that number.");
}

TEST_F(VectorsErrors, Cotangents) {
  expect({{"cotangent", x_}},
         ", atrous_conv2d, has a cotangent of shape [1, 5, 4, 2], the value has [1, 5, 4, 3].");
  expect_without(
      {"cotangent"},
      ", atrous_conv2d, has gradients of a value of shape [1, 5, 4, 3] and no cotangent of that shape.");
}

TEST_F(VectorsErrors, InputsWithoutAGradient) {
  const Tensor logits = numbers_like({2, 3, 4}, 1), weights = Tensor::ones({4}, DType::float64);
  const std::string loss = R"({"op": "softmax_cross_entropy"})";
  put("a", loss, {{"input.0", logits}, {"input.1", labels_}, {"gradient.1", labels_}});
  expect_refused(
      "v.safetensors: a, softmax_cross_entropy, has gradient.1 of an input that is int32. Only real numbers "
      "have "
      "one.");
  put("a", loss, {{"input.0", logits}, {"input.1", labels_}, {"input.2", weights}, {"gradient.2", weights}});
  expect_refused(
      "v.safetensors: a, softmax_cross_entropy, has gradient.2 of the class weights. They have none: the "
      "loss takes "
      "them as constants.");
  put("a", loss, {{"input.0", logits}, {"input.1", logits}, {"gradient.0", logits}});
  expect_refused(
      "v.safetensors: a, softmax_cross_entropy, cannot be computed: softmax_cross_entropy: labels are "
      "float64, must "
      "be int32. Cast them: cast(labels, DType::int32).");
  const Tensor none = numbers_like({0, 5, 4, 2}, 1);
  expect({{"input.0", none}, {"gradient.0", none}},
         ", atrous_conv2d, has gradient.0 of an input without elements, [0, 5, 4, 2]. Leave it out.");
}

// A fault in the last case is told before the first is judged.
TEST_F(VectorsErrors, AreToldBeforeAnyResult) {
  put("a", conv_op, conv_parts());
  Parts parts = conv_parts();
  parts.erase("cotangent");
  put("b", conv_op, parts);
  expect_told(
      judged("--json"),
      "v.safetensors: b, atrous_conv2d, has gradients of a value of shape [1, 5, 4, 3] and no cotangent of "
      "that shape.");
}

}  // namespace
}  // namespace trous
