#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <trous/autograd/trilinear_form.h>
#include <trous/core/error.h>
#include <trous/ops/einsum.h>
#include <trous/ops/kernels/matmul.h>
#include <trous/ops/kernels/strided.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

using Extents = std::map<char, std::int64_t>;

// The letters of each operand and of the output.
struct Equation {
  std::vector<std::string> operands;
  std::string output;
};

bool has_index(std::string_view letters, char letter) { return letters.find(letter) != std::string::npos; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The letters that occur once, in the order of the alphabet.
std::string implicit_output(const std::vector<std::string>& operands) {
  std::map<char, int> counts;
  for (const std::string& letters : operands) {
    for (const char letter : letters) ++counts[letter];
  }
  std::string output;
  for (const auto& [letter, count] : counts) {
    if (count == 1) output += letter;
  }
  return output;
}

Equation parsed(std::string_view given) {
  std::string equation(given);
  std::erase(equation, ' ');
  const std::size_t arrow = equation.find("->");
  const std::string inputs = equation.substr(0, arrow);
  Equation result{{std::string()}, arrow == std::string::npos ? std::string() : equation.substr(arrow + 2)};
  for (const char c : inputs) {
    if (c == ',') {
      result.operands.emplace_back();
    } else {
      result.operands.back() += c;
    }
  }
  if (arrow == std::string::npos) result.output = implicit_output(result.operands);
  return result;
}

// Throws unless `letters`, called `what`, are letters that stand there once.
void check_letters(std::string_view equation, std::string_view what, std::string_view letters,
                   std::string_view twice) {
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (!is_letter(letters[i])) {
      const bool ascii = static_cast<unsigned char>(letters[i]) < 128;  // else a part of a character
      throw ArgumentError(text("einsum: ", what, " has ",
                               ascii ? text('\'', letters[i], '\'') : "a character",
                               ", which is no index. The equation is \"", equation,
                               "\". Each axis is a letter, as in \"bij,bjk->bik\"."));
    }
    if (has_index(letters.substr(i + 1), letters[i])) {
      throw ArgumentError(text("einsum: index ", letters[i], " stands twice in ", what,
                               ". The equation is \"", equation, "\". ", twice));
    }
  }
}

void check_equation(std::string_view given, const Equation& equation, std::size_t operands) {
  std::string all;
  for (std::size_t i = 0; i < equation.operands.size(); ++i) {
    check_letters(given, text("operand ", i), equation.operands[i],
                  "Diagonals are not taken: multiply by an identity matrix.");
    all += equation.operands[i];
  }
  check_letters(given, "the output", equation.output, "An axis of the result needs a letter of its own.");
  for (const char letter : equation.output) {
    if (has_index(all, letter)) continue;
    throw ArgumentError(text("einsum: the output has index ", letter,
                             ", which no operand has. The equation is \"", given,
                             "\". broadcast_to adds axes."));
  }
  if (equation.operands.size() != operands) {
    throw ArgumentError(text("einsum: the equation has ", equation.operands.size(), " operands, given are ",
                             operands, ". The equation is \"", given, "\"; commas separate operands."));
  }
}

// The extent of each index. Throws unless ranks, dtypes and extents fit.
Extents checked_extents(std::string_view given, const Equation& equation,
                        const std::vector<Variable>& operands) {
  Extents extents;
  std::map<char, std::size_t> first;  // the operand that an index came from
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const std::string& letters = equation.operands[i];
    const Shape& shape = operands[i].shape();
    if (operands[i].dtype() != operands[0].dtype()) {
      throw DTypeError(text("einsum: ", operands[0].dtype(), " and ", operands[i].dtype(),
                            " do not mix. Cast one side: cast(x, DType::", operands[i].dtype(), ")."));
    }
    visit_floating("einsum", operands[i].dtype(), []<class T> {});
    if (shape.rank() != static_cast<int>(letters.size())) {
      throw ShapeError(text("einsum: operand ", i, " has rank ", shape.rank(), ", \"", letters, "\" names ",
                            letters.size(), " axes. It is ", shape, " in \"", given, "\"."));
    }
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const char letter = letters[static_cast<std::size_t>(axis)];
      const auto [found, is_new] = extents.emplace(letter, shape[axis]);
      if (is_new) first[letter] = i;
      if (found->second == shape[axis]) continue;
      throw ShapeError(text("einsum: index ", letter, " is ", found->second, " in operand ", first[letter],
                            ' ', operands[first[letter]].shape(), " and ", shape[axis], " in operand ", i,
                            ' ', shape, ". The equation is \"", given, "\"; an index has one extent."));
    }
  }
  return extents;
}

Shape shape_of(std::string_view letters, const Extents& extents) {
  std::vector<std::int64_t> all;
  for (const char letter : letters) all.push_back(extents.at(letter));
  return Shape(all);
}

std::int64_t elements_of(std::string_view letters, const Extents& extents) {
  return shape_of(letters, extents).elements();
}

// Where each letter of `to` stands in `from`.
std::vector<std::int64_t> order_of(std::string_view from, std::string_view to) {
  std::vector<std::int64_t> order;
  for (const char letter : to) order.push_back(static_cast<std::int64_t>(from.find(letter)));
  return order;
}

Tensor ordered(const Tensor& x, std::string_view from, std::string_view to) {
  return from == to ? x : kernels::permute(x, order_of(from, to));
}

// The indices of a product by what they do: in both factors and the result, in one factor and the result, or
// summed.
struct Roles {
  Roles(std::string_view a, std::string_view b, std::string_view y) {
    for (const char letter : a)
      (has_index(b, letter) ? has_index(y, letter) ? batch : inner : left) += letter;
    for (const char letter : b) {
      if (!has_index(a, letter)) right += letter;
    }
  }

  std::string batch, left, right, inner;
};

// y = the sum of the products of a and b over the indices that y has not. Every index stands in two of the
// three, so this is a batch of matrix products.
Tensor contract(std::string_view a_letters, const Tensor& a, std::string_view b_letters, const Tensor& b,
                std::string_view y_letters, const Extents& extents) {
  const Roles roles(a_letters, b_letters, y_letters);
  if (a.elements() == 0 || b.elements() == 0) return Tensor::zeros(shape_of(y_letters, extents), a.dtype());
  const auto count = [&](std::string_view letters) { return elements_of(letters, extents); };
  const Tensor left = ordered(a, a_letters, roles.batch + roles.left + roles.inner),
               right = ordered(b, b_letters, roles.batch + roles.inner + roles.right);
  const Tensor product =
      kernels::matmul(left.reshaped({count(roles.batch), count(roles.left), count(roles.inner)}), false,
                      right.reshaped({count(roles.batch), count(roles.inner), count(roles.right)}), false);
  const std::string letters = roles.batch + roles.left + roles.right;
  return ordered(product.reshaped(shape_of(letters, extents)), letters, y_letters);
}

// The form of a product of two operands.
TrilinearForm pair_form(const std::string& a, const std::string& b, const std::string& y,
                        const Extents& extents, DType dtype) {
  const Roles roles(a, b, y);
  const auto count = [&](std::string_view letters) { return elements_of(letters, extents); };
  Pixels pixels =
      Pixels::product(count(roles.batch) * count(roles.left), count(roles.inner), count(roles.right));
  pixels.map = Pixels::Unknown{};
  const auto contraction = [extents](const std::string& first, const std::string& second,
                                     const std::string& hole) {
    return [=](const Tensor& u, const Tensor& v) { return contract(first, u, second, v, hole, extents); };
  };
  return {.ops = {"einsum_first", "einsum_second", "einsum"},
          .attributes = {{"", text(a, ',', b, "->", y)}},
          .domains = {{{shape_of(a, extents), dtype},
                       {shape_of(b, extents), dtype},
                       {shape_of(y, extents), dtype}}},
          .contract = {contraction(y, b, a), contraction(a, y, b), contraction(a, b, y)},
          .pixels = pixels};
}

// An operand on its way, with the letters of its axes.
struct Factor {
  Variable value;
  std::string letters;
};

// Summed over the indices that are not `kept`.
Factor summed(const Factor& x, std::string_view kept) {
  std::vector<int> axes;
  std::string letters;
  for (std::size_t i = 0; i < x.letters.size(); ++i) {
    if (has_index(kept, x.letters[i])) {
      letters += x.letters[i];
    } else {
      axes.push_back(static_cast<int>(i));
    }
  }
  return axes.empty() ? x : Factor{sum(x.value, axes), letters};
}

}  // namespace

Variable einsum(std::string_view equation, const std::vector<Variable>& operands, std::string_view name) {
  const Equation e = parsed(equation);
  check_equation(equation, e, operands.size());
  const Extents extents = checked_extents(equation, e, operands);
  Factor product{operands[0], e.operands[0]};
  for (std::size_t i = 1; i < operands.size(); ++i) {
    std::string later = e.output;  // the indices that are read after this product
    for (std::size_t k = i + 1; k < operands.size(); ++k) later += e.operands[k];
    const Factor a = summed(product, e.operands[i] + later),
                 b = summed({operands[i], e.operands[i]}, product.letters + later);
    std::string letters;
    for (const char letter : a.letters + b.letters) {
      if (has_index(later, letter) && !has_index(letters, letter)) letters += letter;
    }
    // An axis of no elements can only be the first.
    std::stable_partition(letters.begin(), letters.end(),
                          [&](char letter) { return extents.at(letter) == 0; });
    if (i + 1 == operands.size()) letters = e.output;
    product = {pair_form(a.letters, b.letters, letters, extents, operands[0].dtype())(
                   {a.value, b.value, std::nullopt}, i + 1 == operands.size() ? name : ""),
               letters};
  }
  product = summed(product, e.output);
  if (product.letters == e.output) return product.value;
  return permute(product.value, order_of(product.letters, e.output));
}

}  // namespace trous
