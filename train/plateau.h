// A learning rate that falls where a score stops rising.
#pragma once

#include <cstdint>
#include <optional>

namespace trous {

struct PlateauOptions {
  double factor = 0.5;        ///< in (0, 1)
  std::int64_t patience = 5;  ///< validations in a row without improvement that are tolerated
  double min_delta = 0;       ///< a score more than this above the best one is an improvement
};

/// The state of a Plateau, for checkpoints.
struct PlateauState {
  std::optional<double> best = std::nullopt;  ///< absent before the first score
  std::int64_t stale = 0;  ///< validations since the last improvement, or since the last cut
  double factor = 1;       ///< applied from now on
};

/// Multiplies its factor, which starts at 1, by `options.factor` at the validation that follows `patience`
/// others in a row without an improvement; then counts anew. A higher score is better; NaN is no
/// improvement. Source: PyTorch's ReduceLROnPlateau with mode "max" and an absolute threshold.
class Plateau {
 public:
  /// Throws ArgumentError unless 0 < factor < 1, patience >= 0, and min_delta is 0 or more, and finite.
  explicit Plateau(const PlateauOptions& options = {});

  /// Takes the score of a validation and returns the factor of the learning rate for the next steps.
  double after(double score);

  const PlateauState& state() const { return state_; }

  /// Throws ArgumentError, with nothing changed, unless 0 <= stale <= patience, 0 <= factor <= 1, and best is
  /// absent or a number.
  void restore(const PlateauState& state);

 private:
  PlateauOptions options_;
  PlateauState state_;
};

}  // namespace trous
