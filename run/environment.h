// environment.json of a run: what it was made with, written and read here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/core/on_progress.h>

namespace trous {

/// A file that the data of a run were read from.
struct FileDigest {
  std::string path;
  std::int64_t bytes;
  std::string sha256;  ///< 64 hexadecimal digits
};

/// The size and the SHA-256 of each file. Throws FileError if one cannot be read.
std::vector<FileDigest> digests_of(const std::vector<std::string>& paths,
                                   const OnProgress& on_progress = nullptr);

/// How config.json is to be read. In format 1, of versions that did not write this field, weight_decay 0 of
/// adamw meant its own 0.01.
inline constexpr std::int64_t current_config_format = 2;

/// The contents of environment.json. Texts that a record of an older version lacks are empty.
struct Environment {
  std::string command;                                 ///< the command that repeats the run
  std::int64_t config_format = current_config_format;  ///< 1 in a record that lacks it
  std::string version, commit, compiler, build_type, libraries, kernels, cpu;
  std::int64_t threads = 0;
  std::string seed;       ///< as a text, since JSON's readers often keep 53 bits of a number
  std::string started;    ///< 2026-01-31T12:00:00Z
  std::string directory;  ///< that relative paths of the run are relative to
  std::string data;       ///< Dataset::source of the training split
  /// The memory that the run was predicted to take, what its report takes after it, and what was available
  /// when it began; nothing where that is not known.
  std::optional<std::int64_t> predicted_bytes = {}, report_bytes = {}, available_bytes = {};
  std::string program = {};  ///< that began the run, if it adds names of its own to trous
  std::optional<std::vector<FileDigest>> files = {};  ///< nothing in a record that does not list them
};

/// The environment of this process: version, commit, compiler, build type, kernels, CPU, threads, the time
/// and the working directory. The other fields are empty.
Environment current_environment();

/// The contents of environment.json. Bytes of a path that are not UTF-8 are escaped, as by escaped_bytes.
std::string to_json(const Environment& environment);

/// Reads the environment.json at `path`. Throws FileError naming a field of another type.
Environment read_environment(const std::string& path);

/// The fields by which the config.json beside a record is read.
struct ConfigOrigin {
  std::int64_t format = current_config_format;
  std::string directory = {};  ///< that its relative paths are relative to; empty where it is not known
  std::string program = {};    ///< Environment::program
};

/// Reads these fields of the environment.json at `path` and ignores everything else, so that a config.json
/// can be read whatever lies beside it. Throws FileError if the file is no JSON.
ConfigOrigin read_config_origin(const std::string& path);

/// The set of kernels in use, and the instruction set that the fast ones run on: "fast, AVX3".
std::string kernels_in_use();

/// The time in UTC: 2026-01-31T12:00:00Z.
std::string time_now();

/// The most memory this process has had, in bytes.
std::int64_t peak_bytes();

/// The memory that the process has in use now, in bytes; 0 where the system does not state it.
std::int64_t resident_bytes();

}  // namespace trous
