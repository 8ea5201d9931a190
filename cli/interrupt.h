// Ctrl-C ends a run after its step; a second one ends it at once.
#pragma once

namespace trous::cli {

/// From here on SIGINT and SIGTERM only set a flag, the first time; what the caller ignores stays ignored.
void heed_interrupts();

/// Whether SIGINT or SIGTERM has been received.
bool interrupted();

}  // namespace trous::cli
