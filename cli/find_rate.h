// The learning rate range test of `trous train --find-rate`.
#pragma once

#include <trous/cli/commands.h>
#include <trous/cli/session.h>

namespace trous::cli {

/// Trains a throw-away copy of the session's network at growing rates, prints the curve and a suggestion, and
/// writes find_rate.json and report.html into the new folder of --out. No weights are kept. After Ctrl-C it
/// writes nothing.
ExitCode find_rate_of(const Session& session);

}  // namespace trous::cli
