// Checks every op on a tape at the values that it had there, so that a wrong gradient in a network of fifty
// ops is traced to its op.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include <trous/autograd/op.h>
#include <trous/autograd/tape.h>
#include <trous/check/grad_report.h>

namespace trous {

/// How the ops of a tape are checked.
struct TapeCheckOptions {
  int order = 1;            ///< orders 1 .. order of each op are checked
  double tolerance = 1e-6;  ///< see GradCheckOptions
  double sharpness = 1e-6;  ///< see GradCheckOptions
  double step = 1.0 / 16;   ///< see GradCheckOptions
  /// Random directions in each input. An input with no more elements than that is checked along its
  /// coordinates.
  std::int64_t directions = 3;
  std::uint64_t seed = 7;  ///< of the cotangents and directions
};

/// The check of one op.
struct TapeCheckRow {
  std::size_t number;  ///< of the node, as %number in the printed tape
  Op op;
  GradReport gradients;  ///< of the tracked inputs, numbered among all inputs of the op
  /// |fused value - definition| of a composite, relative to the largest value; 0 if they agree up to
  /// round-off.
  double definition_error = 0;

  bool passed() const { return verdict() == Verdict::pass; }
  Verdict verdict() const { return definition_error > 0 ? Verdict::wrong : gradients.verdict(); }
};

struct TapeReport {
  TapeCheckOptions options;
  std::vector<TapeCheckRow> rows = {};  ///< oldest first

  bool passed() const { return verdict() == Verdict::pass; }
  /// The most severe verdict of a row.
  Verdict verdict() const;
  /// A paragraph for each row and input that did not pass, empty if all did.
  std::string failures() const;
};

/// A table, one line per op, and the failures below it.
std::ostream& operator<<(std::ostream& stream, const TapeReport& report);

/// Replays each op of `tape` around the values that its inputs had, and checks its rules there as
/// `check_grad` does; the fused value of a composite is also compared with its definition. Ops without a
/// tracked input, leaves and inputs that have no derivative are passed over.
///
/// tape      recorded under Recording::everything, all that is tracked float64:
///
///   const Recording scope(Recording::everything);
///   std::cout << check_tape(Tape::of(loss(net, batch)));
///
/// Throws GraphError if a node did not keep its inputs, DTypeError if something tracked is float32,
/// ArgumentError if an option is out of range.
TapeReport check_tape(const Tape& tape, const TapeCheckOptions& options = {});

}  // namespace trous
