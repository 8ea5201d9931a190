// Checks values and gradients that another framework computed (docs/vectors.md) against the ops of trous.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <trous/check/grad_report.h>

namespace trous {

struct VectorResult;

/// How the cases of a file of vectors are checked.
struct VectorCheckOptions {
  /// The largest error of an element, relative to the largest element of its tensor. 0 means 1e-5 if a claim
  /// is float32 and 1e-10 if all are float64.
  double tolerance = 0;
  std::uint64_t seed = 0;  ///< of the directions and elements in which gradients are checked
  /// Called after each case that was checked; may be empty.
  std::function<void(const VectorResult&)> on_case = {};
};

/// A claimed value, compared with the value that trous computes in float64.
struct ClaimedValue {
  /// The error of the worst element, relative to the largest; absent without a claim.
  std::optional<double> error = {};
  std::string explanation = {};  ///< what differs, and a guess at its cause; empty if the value agrees
};

/// One case of a file of vectors: what it claims, and whether the claims are right.
struct VectorResult {
  std::string name, op;
  ClaimedValue value = {};
  GradReport gradients = {};  ///< the claimed gradients as rules, compared with finite differences of the op
  double tolerance = 0;
  std::string hint = {};  ///< a likely fault of the file itself, printed below the failures

  Verdict verdict() const;

  /// Paragraphs about the claims that are wrong; empty if none is.
  std::string failures() const;
};

/// The results of all cases of a file.
struct VectorReport {
  std::vector<VectorResult> cases = {};

  /// The most severe verdict of a case.
  Verdict verdict() const;
  std::int64_t passed() const;

  /// The failures() of all cases.
  std::string failures() const;
};

/// A table with a line for each case: errors of value and gradients, tolerance, verdict.
std::ostream& operator<<(std::ostream& stream, const VectorReport& report);

/// Checks every case of the file at `path`: the claimed value against the value of trous, and each claimed
/// gradient, as check_grad checks a rule, against finite differences of the op in float64.
///
/// Throws FileError as read_vectors does, and if a case cannot be computed or its cotangent has another shape
/// than its value; all before the first case is checked.
VectorReport check_vectors(const std::string& path, const VectorCheckOptions& options = {});

}  // namespace trous
