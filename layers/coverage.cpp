#include <algorithm>
#include <ostream>

#include <trous/autograd/grad.h>
#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/core/error.h>
#include <trous/layers/coverage.h>
#include <trous/layers/network.h>

namespace trous {
namespace {

constexpr int quiet_runs = 16;

// Positive weights, and buffers as they begin.
AnyLayer with_positive_weights(AnyLayer net) {
  for (const auto& [path, parameter] : parameters(net)) {
    const ParameterSpec& spec = parameter->spec;
    parameter->value = Tensor::full(spec.shape, DType::float64, 1.0 / static_cast<double>(spec.fan_in));
  }
  for (const auto& [path, buffer] : buffers(net)) {
    buffer->value = buffer->initializer(buffer->spec, DType::float64, Key{0});
  }
  return net;
}

void check_image(const char* what, const Shape& shape) {
  if (shape.rank() == 4 && shape[0] > 0) return;
  throw ShapeError(text("coverage: ", what, ' ', shape,
                        " is no batch of images. It must be [batch, height, width, channels]."));
}

// Marks in `seen` where the gradient is not 0, and returns whether any pixel is new.
bool mark(const Tensor& gradient, std::span<std::uint8_t> seen) {
  const std::span<const double> values = gradient.values<double>();
  const auto channels = static_cast<std::size_t>(gradient.shape()[3]);
  bool grown = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint8_t& pixel = seen[i / channels % seen.size()];
    if (values[i] == 0 || pixel != 0) continue;
    pixel = 1;
    grown = true;
  }
  return grown;
}

// 1 at every channel of one pixel of the first image.
Tensor pixel_seed(const Shape& shape, std::int64_t row, std::int64_t column) {
  Tensor seed = Tensor::zeros(shape, DType::float64);
  const std::span<double> values = seed.mutable_values<double>();
  for (std::int64_t c = 0; c < shape[3]; ++c) {
    values[static_cast<std::size_t>((row * shape[2] + column) * shape[3] + c)] = 1;
  }
  return seed;
}

void find_box(Coverage& found) {
  const std::span<const std::uint8_t> seen = found.map.values<std::uint8_t>();
  const std::int64_t width = found.map.shape()[1];
  std::int64_t count = 0, bottom = 0, right = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] == 0) continue;
    const std::int64_t row = static_cast<std::int64_t>(i) / width,
                       column = static_cast<std::int64_t>(i) % width;
    found.top = count == 0 ? row : found.top;
    found.left = count == 0 ? column : std::min(found.left, column);
    bottom = row;
    right = std::max(right, column);
    ++count;
  }
  if (count == 0) return;
  found.height = bottom - found.top + 1;
  found.width = right - found.left + 1;
  found.share = static_cast<double>(count) / static_cast<double>(found.height * found.width);
}

bool in_box(const Coverage& c, std::int64_t row, std::int64_t column) {
  return row >= c.top && row < c.top + c.height && column >= c.left && column < c.left + c.width;
}

}  // namespace

Coverage coverage(const AnyLayer& net, const Shape& input) {
  check_image("input", input);
  const Recording scope(Recording::needed);
  const AnyLayer positive = with_positive_weights(net);
  Tensor map = Tensor::zeros({input[1], input[2]}, DType::uint8);
  const std::span<std::uint8_t> seen = map.mutable_values<std::uint8_t>();
  Shape output;
  for (int run = 0, quiet = 0; quiet < quiet_runs; ++run) {
    const Key key = fold_in(Key{0}, static_cast<std::uint64_t>(run));
    const Variable x = track(uniform(input, DType::float64, key, 0.5, 1.5), "input");
    const Variable y = evaluate(positive, x);
    output = y.shape();
    check_image("the network's output", output);
    if (!y.tracked()) break;
    const Tape tape = Tape::of(y);
    // Indices, of a maximum, follow from the image and decide which pixels pass.
    const bool chooses = std::any_of(tape.begin(), tape.end(),
                                     [](const NodePtr& node) { return node->dtype == DType::int32; });
    const Tensor seed = pixel_seed(output, output[1] / 2, output[2] / 2);
    quiet = mark(vjp(y, {x}, seed)[0].value(), seen) ? 0 : quiet + 1;
    if (!chooses) break;
  }
  Coverage found{.row = output[1] / 2, .column = output[2] / 2, .map = std::move(map)};
  find_box(found);
  return found;
}

Tensor coverage_picture(const Coverage& c) {
  const Shape& shape = c.map.shape();
  Tensor picture = Tensor::zeros({shape[0], shape[1], 1}, DType::uint8);
  const std::span<std::uint8_t> values = picture.mutable_values<std::uint8_t>();
  const std::span<const std::uint8_t> seen = c.map.values<std::uint8_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    values[i] = seen[i] != 0 ? 255 : in_box(c, at / shape[1], at % shape[1]) ? 96 : 0;
  }
  return picture;
}

std::ostream& operator<<(std::ostream& stream, const Coverage& c) {
  const std::span<const std::uint8_t> seen = c.map.values<std::uint8_t>();
  for (std::int64_t row = c.top; row < c.top + c.height; ++row) {
    for (std::int64_t column = c.left; column < c.left + c.width; ++column) {
      stream << (seen[static_cast<std::size_t>(row * c.map.shape()[1] + column)] != 0 ? '#' : '.');
    }
    stream << '\n';
  }
  return stream;
}

}  // namespace trous
