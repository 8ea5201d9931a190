#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include <trous/data/detail/scratch_file.h>
#include <trous/data/file.h>

namespace trous::detail {
namespace {

constexpr std::size_t max_piece = std::size_t{1} << 30;

[[noreturn]] void scratch_failed(const std::string& directory, const char* call, int code) {
  throw ScratchError(text("folder: the decoded images cannot be kept in a temporary file in ", directory,
                          ". ", call, " says: ", std::generic_category().message(code),
                          ". Make room there."));
}

// Opens a file that no name leads to. Where a file system has no such files, the name is removed at once.
int open_nameless(const std::string& directory) {
#ifdef O_TMPFILE
  if (const int made = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); made >= 0) return made;
#endif
  static std::atomic<unsigned> counter{0};
  for (;;) {
    const std::string name = text(directory, "/.trous-", getpid(), "-scratch-", counter++);
    const int made = open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0) unlink(name.c_str());
    if (made >= 0 || errno != EEXIST) return made;
  }
}

}  // namespace

ScratchFile::ScratchFile(const std::string& directory)
    : directory_(directory), descriptor_(open_nameless(directory)) {
  if (descriptor_ < 0) scratch_failed(directory_, "open", errno);
}

ScratchFile::~ScratchFile() { close(descriptor_); }

std::int64_t ScratchFile::append(std::span<const std::uint8_t> bytes) {
  std::int64_t begin = 0;
  {
    const std::lock_guard lock(mutex_);
    begin = bytes_;
    bytes_ += static_cast<std::int64_t>(bytes.size());
  }
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = pwrite(descriptor_, bytes.data() + done, std::min(bytes.size() - done, max_piece),
                                   static_cast<off_t>(begin + static_cast<std::int64_t>(done)));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) scratch_failed(directory_, "write", errno);
    done += static_cast<std::size_t>(written);
  }
  return begin;
}

void ScratchFile::read(std::int64_t offset, std::span<std::uint8_t> out) const {
  for (std::size_t done = 0; done < out.size();) {
    const ssize_t got = pread(descriptor_, out.data() + done, std::min(out.size() - done, max_piece),
                              static_cast<off_t>(offset + static_cast<std::int64_t>(done)));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) scratch_failed(directory_, "read", got < 0 ? errno : EIO);
    done += static_cast<std::size_t>(got);
  }
}

}  // namespace trous::detail
