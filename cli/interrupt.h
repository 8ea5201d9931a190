// Ctrl-C asks a run to end after its step; a second one ends it at once.
#pragma once

namespace trous::cli {

/// From here on SIGINT and SIGTERM only set a flag, the first time; what the caller ignores stays ignored.
void heed_interrupts();

/// Whether one of them came.
bool interrupted();

}  // namespace trous::cli
