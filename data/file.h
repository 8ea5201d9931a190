// Reading and writing files, whole or piece by piece. A corrupt file never makes a reader allocate more than
// the caller allows, and a failed write never harms the file that was there before.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/error.h>

namespace trous {

/// An open regular file that is read at offsets, so that a reader can check a header before it allocates.
class InputFile {
 public:
  /// Throws FileError if `path` cannot be opened or is a directory, a device or a pipe.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  std::int64_t bytes() const { return bytes_; }

  /// Fills `out` with the bytes from `offset` on. Throws FileError if the file ends before.
  void read(std::int64_t offset, std::span<std::uint8_t> out) const;

 private:
  std::string path_;
  int descriptor_;
  std::int64_t bytes_;
};

/// The largest file that a reader of whole files accepts by default: 1 GiB.
inline constexpr std::int64_t default_max_bytes = std::int64_t{1} << 30;

/// Returns all bytes of a file. Throws FileError if it cannot be read or has more than `max_bytes`; the size
/// is checked before memory is allocated.
std::vector<std::uint8_t> read_file(const std::string& path, std::int64_t max_bytes = default_max_bytes);

/// As read_file, for a text.
std::string read_text(const std::string& path, std::int64_t max_bytes = default_max_bytes);

/// The decompressed bytes of a gzip file of one or more members, lengths and checksums verified. Zeros behind
/// the last member are padding, which gzip ignores too. Throws FileError if it is no gzip file, is truncated
/// or damaged, has other bytes behind its last member, or decompresses to more than `max_bytes`.
/// Memory taken is at most twice what the file really holds. Source: RFC 1952.
std::vector<std::uint8_t> read_gzip_file(const std::string& path, std::int64_t max_bytes = default_max_bytes);

/// Decompresses bytes in memory as read_gzip_file does; `name` is their name in errors.
std::vector<std::uint8_t> gunzip(std::span<const std::uint8_t> compressed, const std::string& name,
                                 std::int64_t max_bytes = default_max_bytes);

/// A file that is written piece by piece and appears at its path whole, or not at all. The bytes go to a
/// temporary name in the same directory; finish() flushes them, renames the file and flushes the directory.
/// Without finish(), and after any failure, the temporary is removed and an earlier file is as it was. A
/// symbolic link at the path is replaced, not followed.
class OutputFile {
 public:
  /// Throws FileError if the directory cannot be opened or written to, or if `path` is a directory, a device
  /// or a pipe.
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& path() const { return path_; }
  /// The number of bytes that were appended.
  std::int64_t bytes() const { return bytes_; }

  /// Appends `bytes`. Throws FileError on any failure, a full disk too, and Error after an earlier failure or
  /// finish().
  void write(std::span<const std::uint8_t> bytes);

  /// Replaces bytes that were appended before, from `offset` on: a header that states what follows it. Throws
  /// as write() does, and ArgumentError if they would reach behind the last byte.
  void write_at(std::int64_t offset, std::span<const std::uint8_t> bytes);

  /// Puts the file at its path. Throws as write() does. If only the flush of the directory fails, the error
  /// states it, and the new file is there.
  void finish();

 private:
  struct State;  // the open descriptors and the temporary name

  // Writes at `offset`; closes the file and throws if that fails.
  void put(std::int64_t offset, std::span<const std::uint8_t> bytes);
  [[noreturn]] void fail(const char* call, int code);

  std::string path_;
  std::int64_t bytes_ = 0;
  std::unique_ptr<State> state_;  // null once the file was finished or has failed
};

/// Replaces the file at `path` by `pieces`, one after the other, or changes nothing, as OutputFile does.
/// Throws FileError on any failure, a full disk too; an earlier file is then as it was.
void write_file(const std::string& path, std::span<const std::span<const std::uint8_t>> pieces);
void write_file(const std::string& path, std::span<const std::uint8_t> bytes);

/// As write_file, for a text.
void write_text(const std::string& path, std::string_view text);

/// Thrown where temporary data cannot be kept on a disk: without them the work is slower, but possible.
struct ScratchError : FileError {
  using FileError::FileError;
};

/// Returns the first bytes, at most 8, in hexadecimal, for errors about files of another format.
std::string first_bytes(std::span<const std::uint8_t> bytes);

}  // namespace trous
