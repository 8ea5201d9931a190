// trous check --vectors: judges values and gradients that were computed elsewhere.
#pragma once

#include <string>

#include <trous/cli/options.h>

namespace trous::cli {

/// Prints a line per case and what is wrong; returns an exit code. A tolerance of 0 is that of the claims'
/// dtype.
int check_vectors(const std::string& path, double tolerance, std::int64_t seed, const Voice& voice);

}  // namespace trous::cli
