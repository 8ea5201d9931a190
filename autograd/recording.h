// The one ambient switch: which ops are recorded on the tape. A scope per thread.
#pragma once

namespace trous {

/// Sets which ops of this thread are recorded while it lives:
///
///   const Recording evaluation(Recording::nothing);
class Recording {
 public:
  enum Mode {
    nothing,    ///< evaluation: results are constants, no intermediate stays alive
    needed,     ///< the default: an op is recorded when one of its inputs is tracked
    everything  ///< every op is recorded and keeps its inputs and output, to be profiled, checked, replayed
  };

  [[nodiscard("a scope needs a name to live on")]] explicit Recording(Mode mode);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  /// The mode of the calling thread.
  static Mode mode();

 private:
  Mode outer_;
};

}  // namespace trous
