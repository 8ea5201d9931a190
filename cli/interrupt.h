// Ctrl-C ends a run after its step, and other work where it next reports its progress; a second one ends the
// program at once.
#pragma once

#include <stdexcept>
#include <string>

namespace trous::cli {

/// From here on SIGINT and SIGTERM only set a flag, the first time; what the caller ignores stays ignored.
void heed_interrupts();

/// Whether SIGINT or SIGTERM has been received.
bool interrupted();

/// Thrown where work is ended because of SIGINT or SIGTERM. It is no trous::Error: nothing is wrong. The
/// program prints its text, a sentence, and exits with ExitCode::stopped_by_signal.
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws Interrupted, with the text "<command>: interrupted <when>.", if `interrupted()`.
void check_interrupt(const std::string& command, const std::string& when);

}  // namespace trous::cli
