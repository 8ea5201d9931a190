// Drawing a catalogue line's inputs, and evaluating it.
#include <algorithm>
#include <op_catalogue.h>
#include <ostream>

#include <trous/autograd/grad.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous::catalogue {
namespace {

Tensor drawn(const Input& input, Key key) {
  const Tensor unit = uniform(input.shape, DType::float32, key);
  const double low = input.low, high = input.high;
  switch (input.draw) {
    case Draw::real:
      return uniform(input.shape, DType::float32, key, low, high);
    case Draw::off_zero:  // pushed outwards by a tenth on either side
      return map(uniform(input.shape, DType::float32, key, low, high),
                 [](auto v) { return v < 0 ? v - decltype(v)(0.1) : v + decltype(v)(0.1); });
    case Draw::apart: {
      Tensor result = Tensor::uninitialized(input.shape, DType::float32);
      const std::vector<std::int64_t> order = permutation(unit.elements(), fold_in(key, 1));
      const double gap = (high - low) / static_cast<double>(std::max<std::int64_t>(1, unit.elements()));
      for (std::size_t i = 0; i < order.size(); ++i) {
        const double place =
            static_cast<double>(order[i]) + 0.75 * static_cast<double>(unit.values<float>()[i]);
        result.mutable_values<float>()[i] = static_cast<float>(low + gap * place);
      }
      return result;
    }
    case Draw::whole:
      return map(unit,
                 [=](auto u) {
                   return static_cast<decltype(u)>(low) + u * static_cast<decltype(u)>(high - low);
                 })
          .cast(DType::int32);
    case Draw::bits:
      return map(unit, [](auto u) { return u + u; }).cast(DType::uint8);
  }
  throw Error("catalogue: an unknown draw");
}

bool is_real(const Input& input) { return input.draw != Draw::whole && input.draw != Draw::bits; }

Key key_of(const Line& line, std::uint64_t seed, std::size_t input) {
  Key key{seed};
  for (const char c : line.name()) key = fold_in(key, static_cast<std::uint64_t>(c));
  return fold_in(key, input);
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Line& line) { return stream << line.name(); }

std::vector<Line> lines_of(std::initializer_list<Kind> kinds) {
  std::vector<Line> found;
  std::copy_if(lines().begin(), lines().end(), std::back_inserter(found), [&](const Line& line) {
    return std::find(kinds.begin(), kinds.end(), line.kind) != kinds.end();
  });
  return found;
}

std::vector<Line> differentiable_lines() {
  return lines_of({Kind::pointwise, Kind::linear, Kind::trilinear, Kind::composite});
}

Line with_batches(Line line, std::int64_t factor) {
  for (Input& input : line.inputs) {
    if (input.batched) input.shape[0] *= factor;
  }
  return line;
}

std::vector<Tensor> sample(const Line& line, DType dtype, std::uint64_t seed) {
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < line.inputs.size(); ++i) {
    const Tensor x = drawn(line.inputs[i], key_of(line, seed, i));
    inputs.push_back(is_real(line.inputs[i]) ? x.cast(dtype) : x);
  }
  return inputs;
}

std::vector<Tensor> integer_sample(const Line& line, DType dtype, std::uint64_t seed) {
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < line.inputs.size(); ++i) {
    Input input = line.inputs[i];
    const bool real = is_real(input);
    if (real) input = {.shape = input.shape, .draw = Draw::whole, .low = 0, .high = 9};
    const Tensor x = drawn(input, key_of(line, seed, i));
    inputs.push_back(real ? map(x.cast(dtype), [](auto v) { return v - 4; }) : x);
  }
  return inputs;
}

std::vector<std::size_t> differentiable(const Line& line) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < line.inputs.size(); ++i) {
    if (line.inputs[i].differentiable && is_real(line.inputs[i])) found.push_back(i);
  }
  return found;
}

Tracked tracked(const Line& line, const std::vector<Tensor>& inputs) {
  Tracked result{{inputs.begin(), inputs.end()}, {}};
  for (const std::size_t i : differentiable(line)) {
    result.inputs[i] = track(inputs[i]);
    result.leaves.push_back(result.inputs[i]);
  }
  return result;
}

Evaluation evaluate(const Line& line, const std::vector<Tensor>& inputs, std::uint64_t seed) {
  const Tracked at = tracked(line, inputs);
  const Variable y = line.call(at.inputs);
  Evaluation result{y.value(), {}};
  if (!y.tracked()) return result;
  const Tensor weights = uniform(y.shape(), y.dtype(), fold_in(Key{seed}, 77), -1, 1);
  for (const Variable& g : vjp(y, at.leaves, weights)) result.gradients.push_back(g.value());
  return result;
}

}  // namespace trous::catalogue
