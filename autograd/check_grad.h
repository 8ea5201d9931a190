// Compares rules with central differences, to any order, and reports numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

struct GradCheckOptions {
  int order = 1;                      ///< orders 1 .. order are checked
  double step = 1e-5;                 ///< h, along a coordinate or a unit direction
  double tolerance = 1e-6;            ///< relative to the largest derivative of the input at that order
  std::int64_t max_coordinates = 24;  ///< an input with more elements is checked along random directions
  std::uint64_t seed = 7;             ///< of the cotangents and directions
};

/// What was seen for one input at one order; the numbers are those of the worst coordinate or direction.
struct GradCheckRow {
  int order;
  int input;
  std::int64_t checked;     ///< how many coordinates or directions
  std::int64_t worst;       ///< which of them was worst
  double rule, difference;  ///< the derivative there by the rules, and by central differences
  double largest;           ///< the largest derivative seen; a row of zeros proves little
  double round_off;         ///< about what round-off alone moves a difference by
  double error;             ///< |rule - difference| / largest at the worst; 0 where both vanish in round-off
  bool passed;
};

struct GradReport {
  std::string name;
  GradCheckOptions options;
  std::vector<GradCheckRow> rows;

  bool passed() const;

  /// One line per failed row, empty if none:
  ///
  ///   check_grad: matmul, input 1, order 2: rule 0.8123, central difference 0.8391, relative error
  ///   3.3e-02 > 1e-06. float64, step 1e-05, seed 7.
  std::string failures() const;
};

/// A table, one line per row, and the failures below it.
std::ostream& operator<<(std::ostream& stream, const GradReport& report);

/// Checks the gradients of `f` at `inputs`. With a random cotangent c and random directions v,
///
///   phi_1(x) = <c, f(x)>,   phi_n(x) = <v, d phi_(n-1) / dx>
///
/// and at each order n the gradient of phi_n by the rules is compared with
/// (phi_n(x + h u) - phi_n(x - h u)) / 2h for unit vectors u. The truncation error is O(h^2); the round-off
/// is about 10 epsilon |phi| / h, |phi| being the root of the sum of squares of phi's terms. A row passes if
///
///   |rule - difference| <= tolerance * largest derivative + round-off
///
/// and the round-off is at most 100 tolerance * largest: a difference with fewer digits cannot judge the
/// rule, and fails the row. It also passes if the derivative is zero: all there is lies below a round-off
/// which is itself below the tolerance.
///
/// name      shown in the report
/// f         any function of Variables, of the inputs' number; called at many points
/// inputs    float64, none empty
///
/// Throws DTypeError if an input is not float64, ShapeError if one is empty, ArgumentError if an option is
/// out of range, GraphError if f does not depend on any input or has no gradient of that order.
GradReport check_grad(std::string_view name, const std::function<Variable(const std::vector<Variable>&)>& f,
                      const std::vector<Tensor>& inputs, const GradCheckOptions& options = {});

}  // namespace trous
