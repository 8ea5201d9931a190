// Checks that two functions are linear and transposes of one another: <A x, y> = <x, A^T y>.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <trous/autograd/transpose.h>

namespace trous {

/// How two functions are checked to be transposes.
struct TransposeCheckOptions {
  int pairs = 3;             ///< random pairs of x and y
  double tolerance = 1e-12;  ///< of the dot test relative to |A x| |y|, see check_transpose
  bool integers = false;     ///< also test whole numbers from -4 to 4, where both sides must be equal
  std::int64_t max_entries = 1 << 16;  ///< maps with more entries are not compared entry by entry
  std::uint64_t seed = 7;              ///< of all that is random
};

/// The result of one kind of check. The numbers are those of its worst case.
struct TransposeCheckRow {
  std::string check;                  ///< "dot test", "A adds", "A^T scales", "entries", "integers f32" ...
  std::int64_t checked;               ///< how many cases
  std::string at;                     ///< the worst case: a pair, the place of an element, an entry
  std::string left_name, right_name;  ///< the two sides, "<A x, y>" and "<x, A^T y>"
  double left, right;
  double gap, bound;  ///< |left - right|, infinite instead of NaN, and the largest gap that is allowed
  bool passed;
};

struct TransposeReport {
  std::string name;
  TransposeCheckOptions options;
  Domain domain, codomain;
  std::vector<TransposeCheckRow> rows;
  std::int64_t wrong_entries = 0;
  std::string cause;  ///< one slip that explains every difference, or empty

  bool passed() const;

  /// One line per failed row and one for the cause, empty if none:
  ///
  ///   check_transpose: shear, entries: A[3, 7] = 0.5, A^T[7, 3] = 0. 12 of 600 entries differ. float64 ...
  ///   check_transpose: shear: it would be explained by this: A^T is shifted by 1 along axis 0 of x.
  std::string failures() const;
};

/// A table, one line per row, and the failures below it.
std::ostream& operator<<(std::ostream& stream, const TransposeReport& report);

/// Checks that `a` and `a_transpose` are linear and transposes of one another, in float64:
///
/// - dot test: |<A x, y> - <x, A^T y>| <= tolerance |A x| |y| for random x and y;
/// - A adds, A scales, and so for A^T: A(x + x') = A x + A x' and A(s x) = s A x for three s, to `tolerance`
///   relative to the largest element;
/// - entries: A's matrix, column by column, against A^T's, row by row, to `tolerance` relative to the largest
///   entry, if there are at most `max_entries`;
/// - with the option `integers`: the dot test in float32 and float64, exactly. Both functions must take both
///   dtypes, and their weights must make every sum a whole number that float32 holds.
///
/// If one slip explains every entry that differs, the report names it: sign, factor, zeros, A in place of
/// A^T, shifted by one along an axis, flipped, axes swapped, wrong at a border only, entries missing on one
/// side.
///
/// name             shown in the report
/// a, a_transpose   from a tensor of `domain` to one of `codomain`, and back; called many times
/// domain, codomain float64, none empty
///
/// Throws ArgumentError if an option is out of range, if a function is empty, throws (with its text, and at
/// which argument) or gives two results for one argument, DTypeError and ShapeError if a domain is not
/// float64 or is empty, or a result is not of its codomain.
TransposeReport check_transpose(std::string_view name, const LinearFunction& a,
                                const LinearFunction& a_transpose, const Domain& domain,
                                const Domain& codomain, const TransposeCheckOptions& options = {});

}  // namespace trous
