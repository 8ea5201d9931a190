// The report of a gradient check: numbers, and a verdict on them.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/shape.h>

namespace trous {

/// The result of comparing a gradient by its rule with a finite difference.
enum class Verdict {
  pass,              ///< rule and difference agree
  wrong,             ///< they differ by more than their errors and the tolerances allow
  non_smooth,        ///< the inputs lie on a kink: there is no derivative to compare with
  ill_conditioned,   ///< the error of the difference is too large to decide
  not_deterministic  ///< two calls with the same inputs gave different numbers
};

/// Returns PASS, WRONG, NON-SMOOTH, ILL-CONDITIONED or NOT DETERMINISTIC.
std::string_view name(Verdict verdict);
std::ostream& operator<<(std::ostream& stream, Verdict verdict);

/// Returns the more severe of two verdicts, in the order wrong, not deterministic, non-smooth,
/// ill-conditioned, pass.
Verdict more_severe(Verdict a, Verdict b);

/// The check of one input at one order. The numbers are those of the derivative where rule and difference
/// differ most.
struct GradCheckRow {
  int order = 1;
  int input = 0;
  std::int64_t checked = 0;  ///< how many derivatives were compared
  /// "element [1, 0]" of the input, or "direction 3"; and, unless it passed, the element of the
  /// result, or from order two on of the gradient.
  std::string where = {};
  double rule = 0;            ///< the derivative by the rules
  double difference = 0;      ///< the derivative by finite differences
  double truncation = 0;      ///< error of the difference because its steps are too large
  double round_off = 0;       ///< error of the difference because of round-off in the values
  double rule_round_off = 0;  ///< error of the rule because of round-off in its own arithmetic
  double step = 0;            ///< the smallest step that the difference is made of
  double largest = 0;         ///< the largest derivative of the input; a row of zeros proves little
  double error = 0;           ///< |rule - difference| / largest, which the column "error" shows; 0 where
                              ///< both are zero to round-off
  Verdict verdict = Verdict::pass;
  std::string explanation = {};  ///< empty if it passed: the cause, if it is known, and what would help

  bool passed() const { return verdict == Verdict::pass; }
};

/// The result of a gradient check: one row for each input and order.
struct GradReport {
  std::string name;
  double tolerance = 0;
  std::uint64_t seed = 0;
  std::vector<GradCheckRow> rows = {};
  std::vector<std::string> inputs = {};  ///< names of the inputs; may be left empty

  /// The name of input i, or "input 2" where it has none.
  std::string input(int i) const;

  bool passed() const { return verdict() == Verdict::pass; }

  std::int64_t checked() const;  ///< derivatives in all rows
  double error() const;          ///< the largest error of a row

  /// The most severe verdict of a row.
  Verdict verdict() const;

  /// A paragraph per row that did not pass, empty if all did:
  ///
  ///   check_grad: matmul, input 1, order 2, element [0, 3]: rule 0.8123, difference 0.8391, relative error
  ///   3.3e-02 > 1e-06. float64, step 7.8e-03, seed 7.
  ///     WRONG. The rule is 0.968 times the difference everywhere. The difference may be off by 2.1e-12.
  std::string failures() const;
};

/// A table, one line per row, and the failures below it.
std::ostream& operator<<(std::ostream& stream, const GradReport& report);

}  // namespace trous
