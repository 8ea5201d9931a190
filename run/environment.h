// environment.json of a run: what it was made with, written and read here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trous {

/// A file that the data of a run were read from.
struct FileDigest {
  std::string path;
  std::int64_t bytes;
  std::string sha256;  ///< 64 hexadecimal digits
};

/// Size and SHA-256 of each file. Throws FileError if one cannot be read.
std::vector<FileDigest> digests_of(const std::vector<std::string>& paths);

/// Texts that a record of an older version lacks are empty.
struct Environment {
  std::string command;  ///< the command that repeats the run
  /// How config.json is to be read. In format 1, of versions that did not write this field, weight_decay 0 of
  /// adamw meant its own 0.01.
  std::int64_t config_format = 2;
  std::string version, commit, compiler, build_type, libraries, kernels, cpu;
  std::int64_t threads = 0;
  std::string seed;       ///< as a text, since JSON's readers often keep 53 bits of a number
  std::string started;    ///< 2026-01-31T12:00:00Z
  std::string directory;  ///< that relative paths of the run are relative to
  std::string data;       ///< Dataset::source of the training split
  std::optional<std::vector<FileDigest>> files = {};  ///< nothing in a record that does not list them
};

/// What this process runs on and with: version, commit, compiler, build type, kernels, CPU, threads, the time
/// and the working directory. The other fields are empty.
Environment current_environment();

/// The contents of environment.json. Bytes of a path that are not UTF-8 are escaped, as by escaped_bytes.
std::string to_json(const Environment& environment);

/// Reads the environment.json at `path`. Throws FileError naming the place of what is damaged.
Environment read_environment(const std::string& path);

/// The set of kernels in use, and the instruction set that the fast ones run on: "fast, AVX3".
std::string kernels_in_use();

/// The time in UTC: 2026-01-31T12:00:00Z.
std::string time_now();

/// The most memory this process has had, in bytes.
std::int64_t peak_bytes();

}  // namespace trous
