// Values and gradients against PyTorch's, in float64 to 1e-10, as tests/golden/make_torch_goldens.py stored
// them. Every case of the file is run: its name says what to compute.
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <ops/support.h>

#include <trous/data/safetensors.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/batch_norm.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/dice_loss.h>
#include <trous/ops/focal_loss.h>
#include <trous/ops/pool.h>
#include <trous/ops/resize.h>
#include <trous/ops/softmax.h>
#include <trous/ops/softmax_cross_entropy.h>

namespace trous {
namespace {

using Xs = const std::vector<Variable>&;

// The formula of the script.
Tensor script_numbers(const Shape& shape, std::int64_t salt, double factor = 1) {
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t whole = (7919 * static_cast<std::int64_t>(i) + 104729 * salt) % 2001 - 1000;
    values[i] = factor * static_cast<double>(whole) / 1024;
  }
  return {shape, values};
}

struct Case {
  std::vector<Tensor> inputs;
  std::function<Variable(Xs)> call;
};

Padding padding_of(const std::string& word) { return word == "same" ? Padding::same : Padding::valid; }

// What the numbers in a case's name are, in their order.
struct Name {
  int a = 0, b = 0, c = 0, d = 0, e = 0, f = 0;
  char word[8] = "";
};

Case atrous_case(const std::string& op, const std::string& rest) {
  Name n;
  EXPECT_EQ(std::sscanf(rest.c_str(), "%dx%d_rate%dx%d_%7s", &n.a, &n.b, &n.c, &n.d, n.word), 5) << rest;
  const Tensor f = script_numbers({n.a, n.b, 2, 3}, 2);
  const Rate rate(n.c, n.d);
  const Padding padding = padding_of(n.word);
  if (op == "atrous_conv2d")
    return {{script_numbers({1, 7, 10, 2}, 1), f},
            [=](Xs x) { return atrous_conv2d(x[0], x[1], rate, padding); }};
  return {{script_numbers({1, 5, 4, 3}, 3), f},
          [=](Xs x) { return atrous_conv2d_transpose(x[0], x[1], rate, padding); }};
}

Case conv2d_case(const std::string& op, const std::string& rest) {
  Name n;
  const int read = std::sscanf(rest.c_str(), "stride%dx%d_rate%dx%d_%5[a-z]_%dx%d", &n.a, &n.b, &n.c, &n.d,
                               n.word, &n.e, &n.f);
  const Conv2dOptions options{{n.a, n.b}, {n.c, n.d}, padding_of(n.word)};
  const Tensor f = script_numbers({3, 2, 2, 3}, 2);
  EXPECT_EQ(read, op == "conv2d" ? 5 : 7) << rest;
  if (op == "conv2d")
    return {{script_numbers({1, 7, 8, 2}, 1), f}, [=](Xs x) { return conv2d(x[0], x[1], options); }};
  return {{script_numbers({1, 3, 3, 3}, 3), f}, [=](Xs x) {
            return conv2d_transpose(x[0], x[1], {1, n.e, n.f, 2}, options);
          }};
}

Case depthwise_case(const std::string& rest) {
  Name n;
  EXPECT_EQ(std::sscanf(rest.c_str(), "stride%d_rate%dx%d", &n.a, &n.b, &n.c), 3) << rest;
  return {{script_numbers({1, 5, 6, 3}, 1), script_numbers({3, 2, 3, 2}, 2)}, [=](Xs x) {
            return depthwise_conv2d(x[0], x[1], {.stride = n.a, .rate = {n.b, n.c}});
          }};
}

Case loss_case(const std::string& op, const std::string& rest) {
  std::vector<std::int32_t> classes(24);
  for (int i = 0; i < 24; ++i) classes[static_cast<std::size_t>(i)] = i * 7 % 5;
  const Tensor labels = i32({2, 3, 4}, classes), logits = script_numbers({2, 3, 4, 5}, 1, 4);
  std::optional<Variable> weights;
  if (rest.starts_with("weighted")) weights = f64({5}, {0.5, 1, 2, 0, 1.5});
  std::optional<std::int32_t> ignore;
  if (rest.ends_with("ignored")) ignore = 1;
  if (rest == "ignored_smooth0") ignore = 3;
  if (op == "dice_loss") {
    const DiceOptions options{.smooth = ignore == 3 ? 0.0 : 1.0, .ignore_index = ignore};
    return {{logits}, [=](Xs x) { return dice_loss(x[0], labels, options); }};
  }
  if (op == "focal_loss") {
    const FocalOptions options{ignore ? 1.5 : 2.0, weights, ignore};
    return {{logits}, [=](Xs x) { return focal_loss(x[0], labels, options); }};
  }
  const CrossEntropyOptions options{weights, ignore};
  return {{logits}, [=](Xs x) { return softmax_cross_entropy(x[0], labels, options); }};
}

Case pool_case(const std::string& op, const std::string& rest) {
  Name n;
  EXPECT_EQ(std::sscanf(rest.c_str(), "%dx%d_stride%dx%d_pad%dx%d", &n.a, &n.b, &n.c, &n.d, &n.e, &n.f), 6)
      << rest;
  const Pool2dOptions options{{n.a, n.b}, {n.c, n.d}, ExplicitPadding{n.e, n.e, n.f, n.f}};
  return {{script_numbers({2, 5, 7, 2}, 1)}, [=](Xs x) {
            return op == "max_pool2d" ? max_pool2d(x[0], options) : average_pool2d(x[0], options);
          }};
}

Case case_called(const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string op = name.substr(0, slash), rest = slash == name.npos ? "" : name.substr(slash + 1);
  if (op.starts_with("atrous")) return atrous_case(op, rest);
  if (op.starts_with("conv2d")) return conv2d_case(op, rest);
  if (op == "depthwise_conv2d") return depthwise_case(rest);
  if (op == "cross_entropy" || op.ends_with("loss")) return loss_case(op, rest);
  if (op.ends_with("pool2d")) return pool_case(op, rest);
  if (op == "log_softmax") {
    const int axis = rest == "last" ? -1 : 1;
    return {{script_numbers({2, 3, 4, 5}, 1, 4)}, [axis](Xs x) { return log_softmax(x[0], axis); }};
  }
  if (op == "batch_norm") {
    return {{script_numbers({3, 4, 5, 2}, 1), script_numbers({2}, 2), script_numbers({2}, 3)},
            [](Xs x) { return batch_norm(x[0], x[1], x[2]).value; }};
  }
  Name n;
  EXPECT_EQ(std::sscanf(rest.c_str(), "%dx%d", &n.a, &n.b), 2) << name;
  return {{script_numbers({2, 5, 7, 2}, 1)}, [n](Xs x) { return resize_bilinear(x[0], n.a, n.b); }};
}

double expect_close(const Tensor& got, const Tensor& expected, const std::string& what) {
  EXPECT_EQ(got.shape(), expected.shape()) << what;
  if (!(got.shape() == expected.shape())) return 0;
  const std::vector<double> a = numbers(got), b = numbers(expected);
  double largest = 1, worst = 0;
  for (const double v : b) largest = std::max(largest, std::abs(v));
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]) / largest);
  EXPECT_LE(worst, 1e-10) << what;
  return worst;
}

TEST(TorchGoldens, EveryStoredCaseAgrees) {
  const SafetensorsFile file = read_safetensors(TROUS_SOURCE_DIR "/tests/golden/data/torch.safetensors");
  const std::map<std::string, Tensor> stored(file.tensors.begin(), file.tensors.end());
  std::map<std::string, int> cases;  // per op
  double worst = 0;
  for (const auto& [key, value] : stored) {
    if (!key.ends_with("/y")) continue;
    const std::string name = key.substr(0, key.size() - 2);
    ++cases[name.substr(0, name.find('/'))];
    const Case c = case_called(name);
    std::vector<Variable> leaves;
    for (const Tensor& x : c.inputs) leaves.push_back(track(x));
    const Variable y = c.call(leaves);
    worst = std::max(worst, expect_close(y.value(), value, name));
    const std::vector<Variable> g = vjp(y, leaves, script_numbers(y.shape(), 9));
    for (std::size_t k = 0; k < g.size(); ++k) {
      const std::string gradient = name + "/g" + std::to_string(k);
      worst = std::max(worst, expect_close(g[k].value(), stored.at(gradient), gradient));
    }
  }
  const std::map<std::string, int> expected{{"atrous_conv2d", 16}, {"atrous_conv2d_transpose", 16},
                                            {"average_pool2d", 3}, {"batch_norm", 1},
                                            {"conv2d", 6},         {"conv2d_transpose", 12},
                                            {"cross_entropy", 3},  {"depthwise_conv2d", 2},
                                            {"dice_loss", 3},      {"focal_loss", 3},
                                            {"log_softmax", 2},    {"max_pool2d", 3},
                                            {"resize_bilinear", 4}};
  EXPECT_EQ(cases, expected);
  RecordProperty("worst_relative_error", text(worst));
}

}  // namespace
}  // namespace trous
