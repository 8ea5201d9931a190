#include <array>
#include <optional>
#include <string_view>

#include <trous/ops/detail/windows.h>
#include <trous/ops/multiply_adds.h>

namespace trous {
namespace {

// The shapes in the slots of T(x, w, y), of which the op's output is one and its inputs, in the order x, y,
// w, are the others.
struct Form {
  Shape x, w, y;
};

Form over(std::span<const Shape> in, const Shape& out) { return {in[0], in[1], out}; }
Form onto(std::span<const Shape> in, const Shape& out) { return {out, in[1], in[0]}; }
Form between(std::span<const Shape> in, const Shape& out) { return {in[0], out, in[1]}; }

std::optional<Form> convolution(std::string_view kind, std::span<const Shape> in, const Shape& out) {
  for (const std::string_view conv : {"conv2d", "atrous_conv2d", "depthwise_conv2d"}) {
    if (!kind.starts_with(conv)) continue;
    const std::string_view rest = kind.substr(conv.size());
    if (rest.empty()) return over(in, out);
    if (rest == "_transpose") return onto(in, out);
    if (rest == "_filter_grad") return between(in, out);
  }
  return std::nullopt;
}

std::optional<Form> product(std::string_view kind, std::span<const Shape> in, const Shape& out) {
  if (kind == "matmul") return over(in, out);
  if (kind == "matmul_nt") return onto(in, out);
  if (kind == "matmul_tn") return between(in, out);
  return std::nullopt;
}

HeightWidth pair_of(const Op& op, std::string_view key) {
  const Attribute* const found = op.attributes.find(key);
  const HeightWidth* const pair = found ? std::get_if<HeightWidth>(found) : nullptr;
  return pair ? *pair : HeightWidth{1, 1};
}

ResolvedPadding padding_of(const Op& op) {
  const Attribute* const found = op.attributes.find("");
  const std::string* const text = found ? std::get_if<std::string>(found) : nullptr;
  return (text ? detail::padding_of(*text) : std::nullopt).value_or(Padding::valid);
}

// Zeros before the image, top and left.
std::array<std::int64_t, 2> zeros_before(const ResolvedPadding& padding,
                                         const std::array<WindowAxis, 2>& axes) {
  if (const auto* counts = std::get_if<ExplicitPadding>(&padding)) return {counts->top, counts->left};
  if (std::get<Padding>(padding) == Padding::valid) return {0, 0};
  const auto half = [](const WindowAxis& a) {
    return detail::same_before(a.in, a.out, (a.taps - 1) * a.rate + 1, a.stride);
  };
  return {half(axes[0]), half(axes[1])};
}

}  // namespace

std::int64_t multiply_adds(const Op& op, std::span<const Shape> inputs, const Shape& output, Taps taps) {
  if (inputs.size() != 2 || inputs[0].rank() != output.rank() || inputs[1].rank() != output.rank()) return 0;
  if (const auto form = product(op.kind, inputs, output); form && output.rank() == 2)
    return form->x.elements() * form->y[1];
  const auto form = convolution(op.kind, inputs, output);
  if (!form || output.rank() != 4) return 0;
  const auto& [x, w, y] = *form;
  const HeightWidth stride = pair_of(op, "stride"), rate = pair_of(op, "rate");
  std::array<WindowAxis, 2> axes{
      {{x[1], y[1], w[0], stride.height, rate.height, 0}, {x[2], y[2], w[1], stride.width, rate.width, 0}}};
  const auto before = zeros_before(padding_of(op), axes);
  std::int64_t count = x[0] * w[2] * w[3];  // images, and pairs of channels
  for (std::size_t i = 0; i < axes.size(); ++i) {
    axes[i].before = before[i];
    count *= taps == Taps::all ? reads_nominal(axes[i]) : reads_inside(axes[i]);
  }
  return count;
}

}  // namespace trous
