// A file without a name, for data that a process needs again and that are too large for its memory.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>

namespace trous::detail {

/// A temporary file that is gone when it is closed, however the process ends.
class ScratchFile {
 public:
  /// Throws ScratchError, naming the directory, if no file can be made in it.
  explicit ScratchFile(const std::string& directory);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  /// Appends bytes and returns the offset of the first; safe to call from many threads. Throws ScratchError
  /// if they cannot be written, on a full disk for example.
  std::int64_t append(std::span<const std::uint8_t> bytes);

  /// Fills `out` with the bytes from `offset` on; safe to call from many threads. Throws ScratchError if they
  /// cannot be read.
  void read(std::int64_t offset, std::span<std::uint8_t> out) const;

 private:
  std::string directory_;
  int descriptor_;
  std::mutex mutex_;  // of bytes_
  std::int64_t bytes_ = 0;
};

}  // namespace trous::detail
