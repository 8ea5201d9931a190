// The results of a run whose steps are done.
#pragma once

#include <trous/cli/session.h>
#include <trous/run/results.h>
#include <trous/run/run_folder.h>

namespace trous::cli {

/// Scores the best weights on the test split, beside baselines, and writes their pictures into the folder.
/// Throws Interrupted after Ctrl-C.
RunResults results_of(const Session& session, const RunFolder& folder, const TrainResult& result,
                      double seconds);

}  // namespace trous::cli
