#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <new>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <zlib.h>

#include <trous/core/error.h>
#include <trous/data/file.h>

namespace trous {
namespace {

std::string system_message(int code) { return std::generic_category().message(code); }

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

[[noreturn]] void not_written(const std::string& path, const char* call, int code) {
  throw FileError(text("write_file: ", path, " was not written. ", call, " says: ", system_message(code),
                       ". Make room or choose another path; a file that was there is unchanged."));
}

// The directory of `path`, to be flushed when the file is in it.
int open_directory(const std::string& path) {
  const int directory = open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) not_written(path, "open of its directory", errno);
  return directory;
}

// Throws if `path` is no regular file: a rename would put a file in the place of a device or a pipe.
void check_replaceable(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    throw FileError(text("write_file: ", path,
                         " is no regular file. It is a directory, a device or a pipe. Give the path of a "
                         "file."));
  }
}

// A name beside `path` that no other process or thread uses, short since `path` may be as long as names
// get. The mode is what the umask leaves of 0666, as for any new file.
std::string open_temporary(const std::string& path, int& descriptor) {
  check_replaceable(path);
  static std::atomic<unsigned> counter{0};
  for (;;) {
    std::string name = text(directory_of(path), "/.trous-", getpid(), "-", counter++);
    descriptor = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return name;
    if (errno != EEXIST) not_written(path, "open", errno);
  }
}

// The zeros with which tapes and block devices fill up; gzip too ignores them behind a member.
bool only_zeros(std::span<const std::uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// Throws unless another gzip member begins at `at`, behind one that ended there.
void expect_member(std::span<const std::uint8_t> bytes, std::size_t at, const std::string& name) {
  const std::span<const std::uint8_t> rest = bytes.subspan(at);
  if (rest[0] == 0x1f && (rest.size() == 1 || rest[1] == 0x8b)) return;
  throw FileError(text("gunzip: ", name, " has ", rest.size(), rest.size() == 1 ? " byte" : " bytes",
                       " behind its last gzip member, from byte ", at, " on. They start with ",
                       first_bytes(rest),
                       ", and are neither another member nor zeros. Fetch the file again."));
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  // Non-blocking: opening a pipe that nobody writes to would wait for ever.
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) {
    throw FileError(text("read_file: ", path, " cannot be opened. The system says: ", system_message(errno),
                         ". Give the path of a readable file."));
  }
  struct stat status;
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor_);
    throw FileError(text("read_file: ", path,
                         " is no regular file. It is a directory, a device or a pipe. Give the path of a "
                         "file."));
  }
  bytes_ = status.st_size;
}

InputFile::~InputFile() { close(descriptor_); }

void InputFile::read(std::int64_t offset, std::span<std::uint8_t> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        pread(descriptor_, out.data() + done, std::min<std::size_t>(out.size() - done, 1 << 30),
              static_cast<off_t>(offset + static_cast<std::int64_t>(done)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      throw FileError(text("read_file: ", path_, " cannot be read at byte ", offset,
                           ". The system says: ", system_message(errno), ". Check the disk."));
    }
    if (got == 0) {
      throw FileError(text("read_file: ", path_, " ends at byte ", offset + static_cast<std::int64_t>(done),
                           ", but ", out.size(), " bytes from byte ", offset,
                           " on were asked for. Fetch or write the file again."));
    }
    done += static_cast<std::size_t>(got);
  }
}

std::vector<std::uint8_t> read_file(const std::string& path, std::int64_t max_bytes) {
  const InputFile file(path);
  if (file.bytes() > max_bytes) {
    throw FileError(text("read_file: ", path, " has ", file.bytes(), " bytes, more than the limit of ",
                         max_bytes, ". Raise max_bytes if the file is meant to be that large."));
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.bytes()));
  file.read(0, bytes);
  return bytes;
}

std::vector<std::uint8_t> read_gzip_file(const std::string& path, std::int64_t max_bytes) {
  return gunzip(read_file(path), path, max_bytes);
}

std::vector<std::uint8_t> gunzip(std::span<const std::uint8_t> compressed, const std::string& name,
                                 std::int64_t max_bytes) {
  if (compressed.size() < 2 || compressed[0] != 0x1f || compressed[1] != 0x8b) {
    throw FileError(text("gunzip: ", name, " is no gzip file. It starts with ", first_bytes(compressed),
                         " instead of 1f 8b. Read it with read_file."));
  }
  struct Stream : z_stream {
    Stream() : z_stream{} {
      if (inflateInit2(this, 15 + 16) != Z_OK) throw std::bad_alloc();  // 15: any window; 16: gzip only
    }
    ~Stream() { inflateEnd(this); }
  } stream;
  const auto limit = static_cast<std::size_t>(max_bytes);
  const auto too_large = [&] {
    throw FileError(text("gunzip: ", name, " decompresses to more than the limit of ", max_bytes, " bytes. ",
                         compressed.size(),
                         " compressed bytes were given. Raise max_bytes if it is meant to "
                         "be that large."));
  };
  std::vector<std::uint8_t> out;
  std::size_t read = 0, filled = 0;
  for (;;) {
    if (filled == out.size()) {
      if (filled > limit) too_large();
      out.resize(std::min(std::max<std::size_t>(2 * filled, 1 << 12), limit + 1));
    }
    // zlib counts in 32 bits, so both ends are handed over in slices.
    const std::size_t slice_in = std::min<std::size_t>(compressed.size() - read, 1 << 30);
    const std::size_t slice_out = std::min<std::size_t>(out.size() - filled, 1 << 30);
    stream.next_in = const_cast<Bytef*>(compressed.data() + read);
    stream.avail_in = static_cast<uInt>(slice_in);
    stream.next_out = out.data() + filled;
    stream.avail_out = static_cast<uInt>(slice_out);
    const int status = inflate(&stream, Z_NO_FLUSH);
    read += slice_in - stream.avail_in;
    filled += slice_out - stream.avail_out;
    if (status == Z_STREAM_END) {
      if (only_zeros(compressed.subspan(read))) break;
      expect_member(compressed, read, name);
      inflateReset(&stream);
    } else if (status == Z_BUF_ERROR && read == compressed.size()) {
      throw FileError(text("gunzip: ", name, " is truncated. Its ", compressed.size(),
                           " bytes end inside a gzip member, after ", filled,
                           " decompressed bytes. Fetch the file again."));
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      throw FileError(text("gunzip: ", name, " is damaged at byte ", read, " of ", compressed.size(),
                           ". zlib says: ", stream.msg ? stream.msg : "a preset dictionary is needed",
                           ". Fetch the file again."));
    }
  }
  if (filled > limit) too_large();
  out.resize(filled);
  return out;
}

struct OutputFile::State {
  struct Descriptor {
    int value;
    explicit Descriptor(int opened) : value(opened) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
      if (value >= 0) close(value);
    }
  };

  // A temporary that is removed unless it was renamed.
  struct Temporary {
    std::string name;
    bool renamed = false;
    ~Temporary() {
      if (!renamed) unlink(name.c_str());
    }
  };

  explicit State(const std::string& path)
      : directory(open_directory(path)), temporary{open_temporary(path, opened)}, file(opened) {}

  int opened = -1;
  Descriptor directory;
  Temporary temporary;
  Descriptor file;
};

OutputFile::OutputFile(const std::string& path) : path_(path), state_(std::make_unique<State>(path)) {}

OutputFile::~OutputFile() = default;

void OutputFile::fail(const char* call, int code) {
  state_.reset();
  not_written(path_, call, code);
}

void OutputFile::put(std::int64_t offset, std::span<const std::uint8_t> bytes) {
  if (!state_) {
    throw Error(text("write_file: ", path_,
                     " is closed. It was finished, or a write to it failed. Open another OutputFile."));
  }
  while (!bytes.empty()) {
    const ssize_t written =
        pwrite(state_->file.value, bytes.data(), std::min<std::size_t>(bytes.size(), 1 << 30), offset);
    if (written < 0 && errno != EINTR) fail("write", errno);
    if (written <= 0) continue;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += written;
  }
}

void OutputFile::write(std::span<const std::uint8_t> bytes) {
  put(bytes_, bytes);
  bytes_ += std::ssize(bytes);
}

void OutputFile::write_at(std::int64_t offset, std::span<const std::uint8_t> bytes) {
  if (offset < 0 || offset > bytes_ || std::ssize(bytes) > bytes_ - offset) {
    throw ArgumentError(text("write_file: ", bytes.size(), " bytes from byte ", offset, " on are not in ",
                             path_, ", which has ", bytes_, " so far. Append the last ones with write."));
  }
  put(offset, bytes);
}

void OutputFile::finish() {
  put(bytes_, {});
  if (fsync(state_->file.value) != 0) fail("fsync", errno);
  if (rename(state_->temporary.name.c_str(), path_.c_str()) != 0) fail("rename", errno);
  state_->temporary.renamed = true;
  const std::unique_ptr<State> finished = std::move(state_);
  // EINVAL: a file system whose directories cannot be flushed, and need not be.
  if (fsync(finished->directory.value) != 0 && errno != EINVAL) {
    throw FileError(text("write_file: ", path_,
                         " was written, but its directory was not flushed. The system "
                         "says: ",
                         system_message(errno), ". Check the disk before relying on the file."));
  }
}

void write_file(const std::string& path, std::span<const std::span<const std::uint8_t>> pieces) {
  OutputFile file(path);
  for (const std::span<const std::uint8_t> piece : pieces) file.write(piece);
  file.finish();
}

void write_file(const std::string& path, std::span<const std::uint8_t> bytes) {
  write_file(path, std::span<const std::span<const std::uint8_t>>(&bytes, 1));
}

std::string read_text(const std::string& path, std::int64_t max_bytes) {
  const std::vector<std::uint8_t> bytes = read_file(path, max_bytes);
  return {bytes.begin(), bytes.end()};
}

void write_text(const std::string& path, std::string_view text) {
  write_file(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

std::string first_bytes(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return "nothing";
  std::string result;
  for (const std::uint8_t byte : bytes.first(std::min<std::size_t>(bytes.size(), 8))) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    result += (result.empty() ? "" : " ") + std::string(digits);
  }
  return result;
}

}  // namespace trous
