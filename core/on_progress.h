// How work that can take long shows how far it is, and how its caller ends it.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>

namespace trous {

/// Called by work that can take long with the items that are done and their total, such as images: at the
/// beginning with 0, after every item, and possibly several times with the same numbers. It is called from
/// one thread at a time, which need not be the caller's. An exception that it throws ends the work and
/// reaches the caller.
using OnProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Counts the items that threads of parallel_for finish, and reports each to an OnProgress, which may be
/// empty.
class ProgressCount {
 public:
  /// Reports that 0 of `total` items are done. `on_progress` must outlive this object.
  ProgressCount(const OnProgress& on_progress, std::int64_t total)
      : on_progress_(on_progress), total_(total) {
    if (on_progress_) on_progress_(0, total_);
  }

  /// Reports one more finished item. Throws what the callback throws.
  void add_one() {
    if (!on_progress_) return;
    const std::lock_guard lock(mutex_);
    on_progress_(++done_, total_);
  }

 private:
  const OnProgress& on_progress_;
  std::int64_t total_, done_ = 0;
  std::mutex mutex_;
};

}  // namespace trous
