// Four slips that people make in gradients of their own, and what the checker says of each. The last stands
// in a network: every op is checked at the values that it really had, so the wrong one is named. The program
// passes if all four are found and the causes are told.
#include <iostream>

#include <trous/trous.h>

using namespace trous;

// A dilated convolution, of which the gradient's author forgot the rate.
Variable my_conv(const Variable& x, const Variable& w, std::string_view name = {}) {
  return record(
      {"my_conv", {}, std::string(name)}, {x, w},
      [](std::span<const Tensor> in) { return atrous_conv2d(in[0], in[1], 2, "SAME").value(); },
      {[](const Vjp& v) { return atrous_conv2d_transpose(v.grad(), v.input(1), 1, "SAME"); },
       [](const Vjp& v) { return atrous_conv2d_filter_grad(v.input(0), v.grad(), v.shape(1), 1, "SAME"); }});
}

// The mean of squares, without the 1 / n in its gradient.
Variable my_loss(const Variable& x) {
  return record({"my_loss"}, {x},
                [](std::span<const Tensor> in) { return mean(Variable(in[0]) * in[0]).value(); },
                {[](const Vjp& v) { return 2.0 * v.input(0) * v.grad(); }});
}

// x^3 as x * x * x, where one of the three is cut off from the tape.
Variable my_cube(const Variable& x) { return x * x * detach(x); }

bool found(const GradReport& report, const std::string& cause) {
  std::cout << report << '\n';
  return report.verdict() == Verdict::wrong && report.failures().find(cause) != std::string::npos;
}

int main() {
  const Tensor x = normal({1, 6, 5, 2}, DType::float64, Key{1}),
               w = normal({3, 3, 2, 2}, DType::float64, Key{2});
  const GradCandidate dense{"rate 1", [](auto& in) { return atrous_conv2d(in[0], in[1], 1, "SAME"); }};
  bool all = found(
      check_grad("my_conv", [](auto& in) { return my_conv(in[0], in[1]); }, {x, w}, {.candidates = {dense}}),
      "The rule is the gradient of: rate 1.");
  all &= found(check_grad("my_loss", [](auto& in) { return my_loss(in[0]); },
                          {normal({3, 4}, DType::float64, Key{3})}),
               "a mean whose 1/12 is missing?");
  all &= found(
      check_grad("my_cube", [](auto& in) { return my_cube(in[0]); }, {normal({4}, DType::float64, Key{4})}),
      "one of 3 uses of the input");

  const Recording everything(Recording::everything);
  const Variable image = track(x, "image"), filters = track(w, "filters");
  const Variable hidden = relu(atrous_conv2d(image, filters, 2, "SAME", "first"));
  const TapeReport tape = check_tape(Tape::of(mean(tanh(my_conv(hidden, filters, "second")))));
  std::cout << tape;
  return all && tape.failures().find("my_conv \"second\"") != std::string::npos ? 0 : 1;
}
