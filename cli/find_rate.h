// The learning rate range test of `trous train --find-rate`.
#pragma once

#include <nlohmann/json.hpp>

#include <trous/cli/commands.h>
#include <trous/cli/session.h>
#include <trous/train/find_rate.h>

namespace trous::cli {

/// Trains a throw-away copy of the session's network at growing rates, prints the curve and a suggestion, and
/// writes find_rate.json into the new folder of --out. No weights are kept. After Ctrl-C it writes nothing.
ExitCode find_rate_of(const Session& session);

/// The contents of find_rate.json.
nlohmann::ordered_json to_json(const RateCurve& curve, const FindRateOptions& range);

}  // namespace trous::cli
