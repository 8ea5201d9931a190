#include <trous/cli/phase.h>
#include <trous/core/text.h>

namespace trous::cli {

void Phase::report(std::int64_t done, std::int64_t total) {
  if (interrupted()) {
    progress_.clear();
    check_interrupt(command_, text("while ", what_, ", after ", done, " of ", total, ' ', items_));
  }
  progress_.report(done, total);
}

}  // namespace trous::cli
