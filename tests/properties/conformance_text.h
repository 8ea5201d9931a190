// What docs/conformance.md says beside its figures.
#pragma once

namespace trous::conformance {

inline constexpr const char* introduction =
    R"(Written by the tests themselves: `scripts/conformance` runs all properties that the catalogue
(`tests/op_catalogue.cpp`) drives, and writes what was worst for each op, over all of its lines, with the number of
cases in brackets. A line is an op, a way to call it, and inputs. The page is written only if every test has passed, and no
cell is without a figure; an empty one has no meaning for the op, and the text above the table says why. The tests and
their bounds are in `tests/properties/`. Elsewhere the figures may differ by some roundings; what the catalogue decides
(ops, lines, which cells are empty) is compared with this page by a test.
)";

inline constexpr const char* seeds =
    R"(Seeds are fixed: 1 to 3 for inputs, 7 for what the checks draw, 5 for RapidCheck.
)";

inline constexpr const char* derivatives =
    R"(- **order 1, 2, 3**: `|rule - difference|` relative to the largest derivative in that input, in float64, each order against
  differences of the one below; the op stands inside `tanh`, so that no order is trivially zero. A case is one derivative.
  Allowed are ten times the measured error of the difference and of the rule's round-off, which must be below 1e-9 of the
  largest derivative; there is no tolerance beside. Ops that are locally constant (comparisons, sign, floor, argmax) have
  derivative zero, exactly, at every order: 0 at order 1, no cell behind it.
- **jvp**: the same for directional derivatives of the op itself. A case is one element of the result.
- **dot test**: `|<A x, y> - <x, A^T y>| / |A x| |y|`, for linear ops and each slot of bilinear ones, A^T by `vjp`. Allowed
  are 1e-12, and the round-off of the two sums, term by term; 0 where small integers make every sum exact.
- **three-way**: `<conv(u, F), v> = <u, transpose(v, F)> = <F, filter_grad(u, v)>`, for ops that are bilinear. From here on a
  figure is a share of what is allowed, and that is the round-off derived from the operations; 0 is equality in every bit.
- **additivity**: `f(x + e) - f(x) = f(e)` for each unit e of each slot of what is linear. Nothing is allowed where the
  weights are whole numbers or powers of two.
)";

inline constexpr const char* values = R"(Figures are shares of the derived bound, 0 is equality in every bit.

- **value**: against plain loops in long double that carry their own error bound, float32 and float64, on the fast kernels
  of every instruction set that the machine has, and on the reference kernels. A case is one element.
- **gradients**: by the fast kernels of every instruction set against the reference kernels; those of batch norm and
  cross-entropy, whose rules are kernels of their own, against loops on both.
- **float32**: values against float64's, and gradients of what is linear.
- **homogeneity**: inputs scaled by 4 and 1/4 scale value and gradients as the op's degree says; or 8 added to all logits
  leaves them. Ops without a degree have no cell.
- **replication**: a batch followed by itself leaves a mean, doubles a sum, and repeats what belongs to a sample. Ops that
  mix samples, or have no batch, have no cell.
- **size one**: value against loops, with every set of axes of extent 1 for which the call is legal. A case is such a set.
- **batch 0**, **threads** (1, 2 and 3), **determinism** (twice), **inputs unchanged**: equality in every bit, or the shape or
  the error that the line says. The figure is the number of cases.
)";

inline constexpr const char* mutants =
    R"(Each rule on the line's tape, made wrong inside the test in each of these ways: negated; scaled, by 2 and by 1 + 2^-20; two
axes swapped, or the rule of another input taken; dropped; shifted by one along an axis. At order 2 these are the rules of the
ops that the gradient is made of; composites whose rules are gradients of their definition have no cells there, since the
ops of those have lines of their own. A mutant is

- **killed**: `check_grad` says WRONG, at that order and not below, and `check_tape` names the op and the input, no other;
- **hidden**: the line's gradient is right all the same, because what follows sums over the shifted axis, or no gradient
  passes behind it (a mask is made there). `check_grad` passes, and `check_tape` names the op and the input all the same;
- **equivalent**: the wrong rule gives the same numbers at two random cotangents and inputs.

There is no fourth fate: a mutant that has none of these fails the test.
)";

inline constexpr const char* survivors =
    R"(By the rule and what was done with it, and the lines of the catalogue on whose tapes that is. Equivalent are shifts and
swaps of a cotangent that repeats one number (the rule of a sum), rules of two inputs that are the same function, and
anything done to a cotangent of zeros, which at order 2 is what does not depend on an input: batch norm's gradient in
its offset does not on x. Not every slip in a list is one on every line behind it.
)";

inline constexpr const char* beside =
    R"(Convolutions with every combination of stride, rate, padding, channels and filter size; random shapes and attributes,
where equality is demanded; and wrong members of the convolutions' forms and maps, each of which was found.
)";

}  // namespace trous::conformance
