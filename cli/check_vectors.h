// trous check --vectors: checks values and gradients that another framework computed.
#pragma once

#include <string>

#include <trous/check/vectors/check_vectors.h>
#include <trous/cli/commands.h>
#include <trous/cli/options.h>

namespace trous::cli {

/// Checks the file at `path` and prints a table, or an event for each case, and the failures. Returns `ok` if
/// all claims are right, else `failed`.
ExitCode check_vector_file(const std::string& path, VectorCheckOptions options, const OutputStyle& style);

}  // namespace trous::cli
