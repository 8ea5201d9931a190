// What a run was made with, for its record.
#pragma once

#include <cstdint>

#include <nlohmann/json.hpp>

#include <trous/cli/train_config.h>
#include <trous/data/dataset.h>

namespace trous::cli {

/// The command that repeats the run, versions, compiler, commit, CPU, kernels, threads, seed, and the files
/// of the data with their SHA-256.
nlohmann::ordered_json environment(const TrainConfig& config, const Splits& data);

/// Path, size and SHA-256 of each file that the data were read from.
nlohmann::ordered_json files_of(const Splits& data);

/// The set of kernels, and the instruction set that the fast ones run on.
std::string kernels();

/// 2026-01-31T12:00:00Z
std::string time_now();

/// The most memory this process has had, in bytes.
std::int64_t peak_bytes();

}  // namespace trous::cli
