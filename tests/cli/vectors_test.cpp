// trous check --vectors: claims that are right pass, wrong ones are called so, with their cause.
#include "cli/vectors.h"

#include <gtest/gtest.h>

#include <trous/check/vectors/vector_ops.h>
#include <trous/ops/activations.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/pool.h>
#include <trous/ops/reduce_nonlinear.h>
#include <trous/ops/regression_loss.h>
#include <trous/ops/softmax.h>
#include <trous/ops/softmax_cross_entropy.h>

namespace trous {
namespace {

std::string verdict_of(const Finished& run, const std::string& name) {
  for (const std::string& line : lines_of(run.out)) {
    if (line.starts_with("  " + name + ' ')) return line.substr(line.rfind(' ') + 1);
  }
  return "no line";
}

void expect_says(const Finished& run, const std::string& words) {
  EXPECT_NE(run.out.find(words), std::string::npos) << words << " is not in\n" << run.out;
}

Tensor times(const Tensor& x, double factor) { return (Variable(x) * factor).value(); }

class CheckVectors : public VectorsProgram {};

TEST_F(CheckVectors, EveryGoldenCaseOfPyTorchAndTensorFlowPasses) {
  for (const auto& [name, cases] : {std::pair("torch", 108), std::pair("tfjs", 56)}) {
    const Finished run =
        trous_in(scratch_.path(), "check --vectors '" + golden(name + std::string(".safetensors'")));
    EXPECT_EQ(run.code, 0) << run.err;
    const std::vector<std::string> lines = lines_of(run.out);
    int passed = 0;
    for (const std::string& line : lines) passed += line.ends_with("  PASS");
    EXPECT_EQ(passed, cases);
    EXPECT_EQ(lines.back(), text("PASS  ", cases, " of ", cases, " cases are right"));
    expect_plain(run.out);
  }
}

TEST_F(CheckVectors, JsonIsALineForEachCase) {
  const Finished run = trous_in(scratch_.path(), "check --json --vectors '" + golden("torch.safetensors'"));
  EXPECT_EQ(run.code, 0);
  const auto lines = json_lines(run.out);
  ASSERT_EQ(lines.size(), 108U);
  for (const auto& line : lines) {
    EXPECT_EQ(line["event"], "vector");
    EXPECT_EQ(line["verdict"], "PASS");
    EXPECT_EQ(line["tolerance"], 1e-10);
    EXPECT_LE(line["value_error"], 1e-14);
    EXPECT_FALSE(line["gradients"].empty());
    for (const auto& gradient : line["gradients"]) {
      EXPECT_EQ(gradient["verdict"], "PASS");
      EXPECT_GT(gradient["checked"], 0);
    }
  }
  EXPECT_EQ(lines[0]["case"], "atrous_conv2d/3x3_rate1x1_SAME");
  EXPECT_EQ(lines[0]["op"], "atrous_conv2d");
  EXPECT_EQ(lines[0]["gradients"][1]["gradient"], "gradient.1");
}

TEST_F(CheckVectors, ClaimsMayLackParts) {
  Parts value = conv_parts(), gradient = conv_parts(), one = conv_parts();
  for (const char* part : {"gradient.0", "gradient.1", "cotangent"}) value.erase(part);
  gradient.erase("value");
  for (const char* part : {"value", "gradient.0"}) one.erase(part);
  put("value", conv_op, value);
  put("gradients", conv_op, gradient);
  put("one gradient", conv_op, one);
  const Tensor labels({2, 3}, std::vector<std::int32_t>{0, 1, 2, 3, 0, 2});
  Parts loss = parts_of([](const auto& x) { return softmax_cross_entropy(x[0], x[1]); },
                        {numbers_like({2, 3, 4}, 1), labels});
  loss.at("gradient.0") = times(loss.at("gradient.0"), 1 / loss.at("cotangent").item<double>());
  loss.erase("cotangent");
  put("loss, cotangent 1", R"({"op": "softmax_cross_entropy"})", loss);
  const Finished run = judged("--json");
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  const auto lines = json_lines(run.out);
  ASSERT_EQ(lines.size(), 4U);
  const std::map<std::string, std::size_t> gradients{
      {"value", 0}, {"gradients", 2}, {"one gradient", 1}, {"loss, cotangent 1", 1}};
  for (const auto& line : lines) {
    EXPECT_EQ(line["gradients"].size(), gradients.at(line["case"])) << line;
    EXPECT_EQ(line["value_error"].is_null(), line["case"] == "gradients" || line["case"] == "one gradient");
  }
  EXPECT_TRUE(has_line(judged().out, "  one gradient +-  .*  PASS"));
}

TEST_F(CheckVectors, NotesInTheMetadataAreNoCases) {
  put("right", conv_op, conv_parts());
  file_.metadata["torch"] = "1.13.0";
  file_.metadata["format"] = "{\"version\": 1}";
  const Finished run = judged();
  EXPECT_EQ(run.code, 0) << run.err;
  expect_says(run, "\nPASS  1 of 1 case is right\n");
}

TEST_F(CheckVectors, ARateThatBackwardIgnoredIsNamed) {
  Parts parts = conv_parts();
  const Parts dense = parts_of(conv_at_rate(1), {parts.at("input.0"), parts.at("input.1")});
  for (const char* part : {"gradient.0", "gradient.1"}) parts.at(part) = dense.at(part);
  put("right", conv_op, conv_parts());
  put("ignored", conv_op, parts);
  const Finished run = judged();
  EXPECT_EQ(run.code, 1) << run.err;
  EXPECT_EQ(verdict_of(run, "right"), "PASS");
  EXPECT_EQ(verdict_of(run, "ignored"), "WRONG");
  expect_says(run, "check_grad: ignored, gradient.0, order 1, element [");
  expect_says(run, "check_grad: ignored, gradient.1, order 1, element [");
  expect_says(run, "The rule is the gradient of: rate 1. The difference may be off by ");
  expect_says(run, "\nWRONG  1 of 2 cases are right\n");
}

TEST_F(CheckVectors, AFlippedFilterGradientIsNamed) {
  Parts parts = conv_parts();
  const Tensor& right = parts.at("gradient.1");
  Tensor flipped = Tensor::zeros(right.shape(), DType::float64);
  for (std::size_t tap = 0; tap < 9; ++tap) {
    for (std::size_t k = 0; k < 6; ++k)
      flipped.mutable_values<double>()[(8 - tap) * 6 + k] = right.values<double>()[tap * 6 + k];
  }
  parts.at("gradient.1") = flipped;
  put("flipped", conv_op, parts);
  const Finished run = judged();
  EXPECT_EQ(run.code, 1) << run.err;
  expect_says(run,
              "The rule is the gradient in reverse along axis 0 and 1 of [3, 3, 2, 3]: a flip. The "
              "difference may be off by ");
  EXPECT_EQ(run.out.find("gradient.0,"), std::string::npos) << "it is right\n" << run.out;
}

TEST_F(CheckVectors, AFactorIsNamed) {
  Parts parts = conv_parts();
  parts.at("gradient.0") = times(parts.at("gradient.0"), -1);
  parts.at("gradient.1") = times(parts.at("gradient.1"), 1.0 / 60);
  put("factors", conv_op, parts);
  const Finished run = judged();
  EXPECT_EQ(run.code, 1) << run.err;
  expect_says(run, "The rule is -1 times the difference everywhere: a sign. The difference may be off by ");
  expect_says(run, "The rule is 0.0166667 times the difference everywhere");
}

TEST_F(CheckVectors, AWrongValueSaysWhereAndWhatItMayBe) {
  const Parts right = conv_parts();
  const auto value_alone = [&](const std::string& name, const Tensor& value) {
    put(name, conv_op,
        {{"input.0", right.at("input.0")}, {"input.1", right.at("input.1")}, {"value", value}});
  };
  const double last = right.at("value").values<double>()[59];
  value_alone("one", changed(right.at("value"), 59, last + 0.5));
  value_alone("half", times(right.at("value"), 0.5));
  value_alone("dense", parts_of(conv_at_rate(1), {right.at("input.0"), right.at("input.1")}).at("value"));
  value_alone("shape", numbers_like({1, 1, 20, 3}, 1));
  const Finished run = judged("--quiet");
  EXPECT_EQ(run.code, 1) << run.err;
  const std::string report = std::regex_replace(run.out, std::regex("-?[0-9]+\\.[0-9]+(e-[0-9]+)?"), "#");
  EXPECT_EQ(report.substr(0, report.find("check: half")),
            "check: one, value, element [0, 4, 3, 2]: claimed #, trous #, relative error # > 1e-10.\n"
            "  WRONG. 1 of 60 elements of [1, 5, 4, 3] differ.\n");
  expect_says(run, "  WRONG. It is 0.5 times trous' everywhere.\n");
  expect_says(run, "  WRONG. It is the value of: rate 1.\n");
  expect_says(run,
              "check: shape, value: claimed [1, 1, 20, 3], trous [1, 5, 4, 3].\n"
              "  WRONG. The shapes differ, so gradients were not judged.\n");
  expect_says(run, "\nWRONG  0 of 4 cases are right\n");
}

// A cotangent of the wrong value's shape is no fault of the file, but of the value.
TEST_F(CheckVectors, AValueOfAnotherShapeIsWrongWithItsCotangent) {
  Parts parts = conv_parts();
  for (const char* part : {"value", "cotangent"}) parts.at(part) = numbers_like({1, 1, 20, 3}, 1);
  put("shape", conv_op, parts);
  const Finished run = judged("--json");
  EXPECT_EQ(run.code, 1) << run.err;
  const auto lines = json_lines(run.out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["verdict"], "WRONG");
  EXPECT_EQ(lines[0]["gradients"].size(), 0U);
  EXPECT_EQ(lines[0]["value_fault"],
            "check: shape, value: claimed [1, 1, 20, 3], trous [1, 5, 4, 3].\n"
            "  WRONG. The shapes differ, so gradients were not judged.\n");
}

// A tie has no derivative; what is wrong beside it is wrong.
TEST_F(CheckVectors, ATieDoesNotHideWrongClaims) {
  const Tensor x({4}, std::vector<double>{0, 1, -2, 3});
  Parts parts = parts_of([](const std::vector<Variable>& in) { return relu(in[0]); }, {x});
  put("right", R"({"op": "relu"})", parts);
  parts.at("gradient.0") = times(parts.at("gradient.0"), 1.2);
  put("wrong", R"({"op": "relu"})", parts);
  const Finished run = judged();
  EXPECT_EQ(run.code, 1) << run.err;
  EXPECT_EQ(verdict_of(run, "right"), "NON-SMOOTH");
  EXPECT_EQ(verdict_of(run, "wrong"), "WRONG");
}

TEST_F(CheckVectors, ZerosAreComparedWithoutAScale) {
  const Tensor x({2}, std::vector<double>{-1, -2}), zero = Tensor::zeros({2}, DType::float64);
  const auto value_alone = [&](const std::string& name, const Tensor& at, const Tensor& value) {
    put(name, R"({"op": "relu"})", {{"input.0", at}, {"value", value}});
  };
  value_alone("zeros", x, zero);
  value_alone("leaky", x, times(x, 0.1));
  value_alone("nothing", times(x, -1), zero);
  const Finished run = judged();
  EXPECT_EQ(verdict_of(run, "zeros"), "PASS");
  EXPECT_EQ(verdict_of(run, "leaky"), "WRONG");
  expect_says(run,
              "check: leaky, value, element [1]: claimed -0.2, trous 0, relative error inf > 1e-10.\n"
              "  WRONG. trous' is zero everywhere.\n");
  expect_says(run, "  WRONG. It is zero everywhere.\n");
}

// The gradient of a sum of softmax is zero. Roundings leave 1e-8 of its terms, which is no slip; 1e-3 is one.
TEST_F(CheckVectors, RoundingsOfTermsThatCancelAreRight) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const double rounding = dtype == DType::float32 ? 1e-8 : 1e-17;
    for (const double factor : {1.0, 1e8}) {
      Parts parts = parts_of([](const std::vector<Variable>& in) { return softmax(in[0]); },
                             {numbers_like({2, 3}, 1, dtype)});
      parts.at("cotangent") = Tensor::ones({2, 3}, dtype);
      parts.at("gradient.0") = times(numbers_like({2, 3}, 4, dtype), factor * rounding);
      put(text(dtype, factor == 1 ? " right" : " wrong"), R"({"op": "softmax"})", parts);
    }
  }
  const Finished run = judged();
  EXPECT_TRUE(has_line(run.out, "  float32 right .* 0.0e\\+00    1.0e-05  PASS")) << run.out;
  EXPECT_EQ(verdict_of(run, "float32 wrong"), "WRONG") << run.out;
  EXPECT_EQ(verdict_of(run, "float64 right"), "PASS") << run.out;
  EXPECT_EQ(verdict_of(run, "float64 wrong"), "WRONG") << run.out;
}

TEST_F(CheckVectors, TheToleranceIsThatOfTheClaims) {
  const auto off = [](DType dtype, double share, const char* part = "gradient.1") {
    Parts parts = conv_parts(dtype);
    parts.at(part) = times(parts.at(part), 1 + share);
    return parts;
  };
  put("double right", conv_op, off(DType::float64, 1e-12));
  put("double wrong", conv_op, off(DType::float64, 1e-8));
  put("single right", conv_op, off(DType::float32, 1e-6));
  put("single wrong", conv_op, off(DType::float32, 1e-3));
  put("value right", conv_op, off(DType::float64, 1e-12, "value"));
  put("value wrong", conv_op, off(DType::float64, 1e-8, "value"));
  Finished run = judged();
  EXPECT_EQ(run.code, 1) << run.err;
  EXPECT_TRUE(has_line(run.out, "  double right .* 1.0e-10  PASS")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  double wrong .* 1.0e-10  WRONG")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  single right .* 1.0e-05  PASS")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  single wrong .* 1.0e-05  WRONG")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  value right .* 1.0e-10  PASS")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  value wrong .* 1.0e-10  WRONG")) << run.out;
  EXPECT_EQ(run.out.find("rounded when"), std::string::npos) << run.out;
  EXPECT_TRUE(has_line(judged("--tolerance 0.01").out, "PASS  6 of 6 cases are right"));
}

TEST_F(CheckVectors, AttributesThatAreLeftOutAreThoseOfThePage) {
  const std::vector<Tensor> conv{numbers_like({1, 5, 4, 2}, 1), numbers_like({3, 2, 2, 3}, 2)};
  const std::vector<Tensor> depthwise{numbers_like({1, 5, 4, 2}, 1), numbers_like({3, 2, 2, 1}, 2)};
  using Xs = const std::vector<Variable>&;
  put("atrous", R"({"op": "atrous_conv2d"})",
      parts_of([](Xs x) { return atrous_conv2d(x[0], x[1], 1, "SAME"); }, conv));
  put("conv", R"({"op": "conv2d"})",
      parts_of([](Xs x) { return conv2d(x[0], x[1], {.stride = 1, .rate = 1, .padding = "SAME"}); }, conv));
  put("depthwise", R"({"op": "depthwise_conv2d"})",
      parts_of([](Xs x) { return depthwise_conv2d(x[0], x[1], {.stride = 1, .rate = 1, .padding = "SAME"}); },
               depthwise));
  put("pool", R"({"op": "max_pool2d"})",
      parts_of([](Xs x) { return max_pool2d(x[0], {.window = 2, .stride = 2, .padding = "VALID"}); },
               {conv[0]}));
  put("window", R"({"op": "average_pool2d", "window": [3, 2], "stride": 1})",
      parts_of(
          [](Xs x) {
            return average_pool2d(x[0], {.window = {3, 2}, .stride = 1, .padding = "VALID"});
          },
          {conv[0]}));
  put("softmax", R"({"op": "softmax"})", parts_of([](Xs x) { return softmax(x[0], 3); }, {conv[0]}));
  const Finished run = judged();
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  expect_says(run, "\nPASS  6 of 6 cases are right\n");
}

TEST_F(CheckVectors, ReductionsAndSlopesTakeTheirAttributes) {
  const std::vector<Tensor> x{numbers_like({2, 3, 4}, 1)};
  using Xs = const std::vector<Variable>&;
  put("all", R"({"op": "norm"})", parts_of([](Xs in) { return norm(in[0], {0, 1, 2}); }, x));
  put("inner", R"({"op": "logsumexp", "axes": [1, -1]})",
      parts_of(
          [](Xs in) {
            return logsumexp(in[0], {1, 2});
          },
          x));
  put("unbiased", R"({"op": "var", "axes": [1]})", parts_of([](Xs in) { return var(in[0], {1}); }, x));
  put("mean square", R"({"op": "var", "correction": 0})",
      parts_of(
          [](Xs in) {
            return var(in[0], {0, 1, 2}, {.correction = 0});
          },
          x));
  put("slope", R"({"op": "prelu"})",
      parts_of([](Xs in) { return prelu(in[0], in[1]); }, {x[0], numbers_like({4}, 2)}));
  const std::vector<Tensor> pair{x[0], numbers_like({2, 3, 4}, 2)};
  put("narrow", R"({"op": "huber_loss", "delta": 0.25})",
      parts_of([](Xs in) { return huber_loss(in[0], in[1], {.delta = 0.25}); }, pair));
  put("wide", R"({"op": "huber_loss"})",
      parts_of([](Xs in) { return huber_loss(in[0], in[1], {.delta = 1}); }, pair));
  const Finished run = judged();
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  expect_says(run, "\nPASS  7 of 7 cases are right\n");
}

TEST_F(CheckVectors, ThePageHasEveryOp) {
  const std::string page = slurp_text(TROUS_SOURCE_DIR "/docs/vectors.md");
  const std::string help = trous_in(scratch_.path(), "check --help").out;
  const std::string before = "Ops that vectors may name: ";
  ASSERT_NE(help.find(before), std::string::npos);
  std::istringstream ops(help.substr(help.find(before) + before.size()));
  std::size_t count = 0;
  for (std::string op; ops >> op; ++count) {
    const std::string name = op.substr(0, op.find(','));
    EXPECT_NE(page.find('`' + name + '`'), std::string::npos) << name << " is not in docs/vectors.md";
  }
  EXPECT_EQ(count, vector_ops().size());
}

// The inputs were rounded to float32 on their way into the file, what was computed from them was not.
TEST_F(CheckVectors, InputsThatWereRoundedAreSuspected) {
  const auto thirds = [](const Shape& shape, std::int64_t salt) {
    return times(numbers_like(shape, salt), 1.0 / 3);
  };
  Parts parts = parts_of(conv_at_rate(2), {thirds({1, 5, 4, 2}, 1), thirds({3, 3, 2, 3}, 2)});
  put("whole", conv_op, parts);
  for (const char* part : {"input.0", "input.1"}) parts.at(part) = parts.at(part).cast(DType::float32);
  put("rounded", conv_op, parts);
  const Finished run = judged();
  EXPECT_EQ(run.code, 1) << run.err;
  EXPECT_EQ(verdict_of(run, "whole"), "PASS");
  EXPECT_EQ(verdict_of(run, "rounded"), "WRONG");
  expect_says(run,
              "  The claims are float64 and were computed from float32 inputs. Were these rounded when they "
              "were written? Write them as float64 then.\nWRONG  1 of 2");
}

}  // namespace
}  // namespace trous
