#include <array>
#include <memory>

#include <trous/autograd/record.h>
#include <trous/autograd/trilinear_form.h>
#include <trous/core/error.h>

namespace trous {
namespace {

// The order of an op's arguments: the values of the slots x, y, w.
constexpr int input_order[] = {0, 2, 1};

bool comes_first(int slot, int other) { return slot == 0 || (slot == 2 && other == 1); }

void check_slot(const std::string& op, const Variable& x, int slot, const Domain& domain) {
  if (x.shape() != domain.shape) {
    throw ShapeError(text(op, ": slot ", slot, " is ", x.shape(), ", the form takes ", domain.shape,
                          ". Make the form anew."));
  }
  if (x.dtype() != domain.dtype) {
    throw DTypeError(
        text(op, ": slot ", slot, " is ", x.dtype(), ", the form takes ", domain.dtype, ". Cast one side."));
  }
}

// The pixels of the op that leaves the hole open.
Pixels pixels_of(const TrilinearForm& form, std::size_t hole) {
  if (hole == 2) return form.pixels;
  return hole == 0 ? form.pixels.transposed() : form.pixels.of_weights();
}

// The op that leaves the hole open. All ops of a derivation share one form.
Variable contracted(const std::shared_ptr<const TrilinearForm>& form, const TrilinearForm::Slots& slots,
                    std::string_view name) {
  std::array<int, 3> filled{};
  std::size_t count = 0;
  for (const int slot : input_order) {
    if (slots[static_cast<std::size_t>(slot)]) filled[count++] = slot;
  }
  if (count != 2) {
    throw GraphError(text(form->ops[2], ": ", count,
                          " of the form's 3 slots are filled. Fill two; the third is the hole."));
  }
  const auto hole = static_cast<std::size_t>(3 - filled[0] - filled[1]);
  std::vector<Variable> inputs;
  std::vector<Rule> rules;
  inputs.reserve(2);
  rules.reserve(2);
  for (int i = 0; i < 2; ++i) {
    const auto here = static_cast<std::size_t>(filled[static_cast<std::size_t>(i)]);
    const auto other = static_cast<std::size_t>(filled[static_cast<std::size_t>(1 - i)]);
    check_slot(form->ops[hole], *slots[here], static_cast<int>(here), form->domains[here]);
    inputs.push_back(*slots[here]);
    // Fill the hole with the cotangent, open a hole at this input, contract again. The rule of one input
    // reads the other one only.
    rules.emplace_back(Reads::input(1 - i), [form, hole, other, i](const Vjp& v) {
      TrilinearForm::Slots next;
      next[hole] = v.grad();
      next[other] = v.input(1 - i);
      return contracted(form, next, {});
    });
  }
  return record(
      {form->ops[hole], form->attributes, std::string(name), pixels_of(*form, hole)}, std::move(inputs),
      [form, hole](std::span<const Tensor> in) { return form->contract[hole](in[0], in[1]); },
      std::move(rules));
}

}  // namespace

Variable TrilinearForm::operator()(const Slots& slots, std::string_view name) const& {
  return contracted(std::make_shared<const TrilinearForm>(*this), slots, name);
}

Variable TrilinearForm::operator()(const Slots& slots, std::string_view name) && {
  return contracted(std::make_shared<const TrilinearForm>(std::move(*this)), slots, name);
}

LinearMap TrilinearForm::map(int from, int to, const Tensor& fixed) const {
  if (from < 0 || from > 2 || to < 0 || to > 2 || from == to) {
    throw ArgumentError(text(ops[2], ": a map leads from one slot to another, not from ", from, " to ", to,
                             ". Slots are 0, 1 and 2."));
  }
  const auto other = static_cast<std::size_t>(3 - from - to);
  check_slot(ops[static_cast<std::size_t>(to)], fixed, static_cast<int>(other), domains[other]);
  const auto apply = [this](int argument, int hole) -> LinearMap::Apply {
    const int third = 3 - argument - hole;
    const Contract contraction = contract[static_cast<std::size_t>(hole)];
    return [contraction, argument, third](const Tensor& x, std::span<const Tensor> parameters) {
      return comes_first(argument, third) ? contraction(x, parameters[0]) : contraction(parameters[0], x);
    };
  };
  const auto source = static_cast<std::size_t>(from), target = static_cast<std::size_t>(to);
  // Where the argument is the weights, each element of it may reach all pixels.
  const Pixels made = pixels_of(*this, target);
  return {ops[target],     ops[source],     attributes,
          domains[source], domains[target], apply(from, to),
          apply(to, from), {fixed},         from == 1 ? made.of_weights() : made};
}

}  // namespace trous
