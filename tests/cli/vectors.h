// A file of vectors that is right, for tests that spoil it; and the program judging it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <trous/autograd/grad.h>
#include <trous/data/safetensors.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/atrous_conv2d.h>

#include "cli/program.h"

namespace trous {

/// Element i is ((7919 i + 104729 salt) mod 2001 - 1000) / 1024.
inline Tensor numbers_like(const Shape& shape, std::int64_t salt, DType dtype = DType::float64) {
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t whole = (7919 * static_cast<std::int64_t>(i) + 104729 * salt) % 2001 - 1000;
    values[i] = static_cast<double>(whole) / 1024;
  }
  return Tensor(shape, values).cast(dtype);
}

/// x with another number at one place.
inline Tensor changed(const Tensor& x, std::size_t place, double number) {
  std::vector<double> values = x.to_vector<double>();
  values[place] = number;
  return {x.shape(), values};
}

/// The parts of one case, by name: "input.0" and so on.
using Parts = std::map<std::string, Tensor>;

/// All of them, as `call` gives them at these inputs.
inline Parts parts_of(const Function& call, const std::vector<Tensor>& inputs) {
  std::vector<Variable> leaves;
  for (const Tensor& x : inputs) leaves.push_back(is_floating(x.dtype()) ? track(x) : Variable(x));
  const Variable y = call(leaves);
  Parts parts{{"value", y.value()}, {"cotangent", numbers_like(y.shape(), 9, y.dtype())}};
  std::vector<Variable> varied;
  for (const Variable& x : leaves) {
    if (is_floating(x.dtype())) varied.push_back(x);
  }
  const std::vector<Variable> gradients = vjp(y, varied, Variable(parts.at("cotangent")));
  for (std::size_t k = 0, next = 0; k < inputs.size(); ++k) {
    parts.emplace("input." + std::to_string(k), inputs[k]);
    if (is_floating(inputs[k].dtype()))
      parts.emplace("gradient." + std::to_string(k), gradients[next++].value());
  }
  return parts;
}

inline const std::string conv_op = R"({"op": "atrous_conv2d", "rate": 2, "padding": "SAME"})";

inline Function conv_at_rate(int rate) {
  return [rate](const std::vector<Variable>& x) { return atrous_conv2d(x[0], x[1], rate, Padding::same); };
}

inline Parts conv_parts(DType dtype = DType::float64) {
  return parts_of(conv_at_rate(2),
                  {numbers_like({1, 5, 4, 2}, 1, dtype), numbers_like({3, 3, 2, 3}, 2, dtype)});
}

class VectorsProgram : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& op, const Parts& parts) {
    file_.metadata[name] = op;
    for (const auto& [part, tensor] : parts) file_.tensors.emplace_back(name + '/' + part, tensor);
  }
  /// `trous check --vectors v.safetensors`, that being what was put so far.
  Finished judged(const std::string& options = "") {
    write_safetensors(scratch_ / "v.safetensors", file_);
    return program(options);
  }
  Finished program(const std::string& options = "") const {
    return trous_in(scratch_.path(), "check --vectors v.safetensors " + options);
  }
  /// Exit code 3, this on stderr, nothing on stdout.
  void expect_refused(const std::string& err) {
    expect_told(judged(), err);
    file_ = {};
  }
  static void expect_told(const Finished& run, const std::string& err) {
    EXPECT_EQ(run.code, 3) << run.out;
    EXPECT_EQ(run.err, err + '\n');
    EXPECT_EQ(run.out, "");
  }

  Scratch scratch_;
  SafetensorsFile file_;
};

}  // namespace trous
