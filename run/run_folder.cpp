#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/run/run_folder.h>

namespace trous {
namespace {

namespace fs = std::filesystem;

constexpr const char* metrics_name = "metrics.csv";
constexpr const char* events_name = "events.jsonl";
constexpr const char* marker = "config.json";  // what every run has, and is locked by

[[noreturn]] void cannot_be_made(const std::string& path, const std::string& why) {
  throw FileError(text(path, ": the folder cannot be made, ", why, ". Choose another --out."));
}

void check_target(const std::string& path, bool replace) {
  std::error_code failure;
  if (!fs::exists(fs::symlink_status(path, failure))) return;
  if (fs::equivalent(path, ".", failure)) cannot_be_made(path, "it is the folder this program works in");
  if (fs::is_directory(path, failure) && fs::is_empty(path, failure)) return;
  if (is_run_folder(path)) {
    if (replace) return;
    throw FileError(text(path,
                         ": a run is there. Give --resume to go on with it, --force to replace it, or "
                         "another --out."));
  }
  throw FileError(text(path, ": it exists and is no run, so it is not overwritten. Choose another --out."));
}

void sync_directory(const std::string& path) {
  const int opened = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return;
  ::fsync(opened);
  ::close(opened);
}

// Renames `fresh` to `named`. Where a run is there, both change names in one step, so that at every moment
// one of them has the name; the old one is then removed.
void put_in_place(const fs::path& fresh, const fs::path& named, bool occupied) {
  fs::path old = fresh;  // what the old run is called from then on
  std::error_code failure;
  if (!occupied) {
    fs::rename(fresh, named);
  } else if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, named.c_str(), RENAME_EXCHANGE) != 0) {
    old += "-old";  // the file system cannot exchange
    fs::rename(named, old);
    fs::rename(fresh, named, failure);
    if (failure) {
      fs::rename(old, named);
      throw fs::filesystem_error("rename", failure);
    }
  }
  sync_directory(named.parent_path().string());
  if (occupied) fs::remove_all(old, failure);
}

// Removes the temporary files of a write that was killed.
void remove_temporaries(const std::string& folder) {
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    if (entry.path().filename().string().starts_with(".trous-")) fs::remove(entry.path(), failure);
  }
}

void rewrite(const std::string& path, const std::string& before, const std::string& after) {
  if (after != before) write_text(path, after);
}

void cut_metrics(const std::string& path, const std::string& header, std::int64_t step) {
  const std::string contents = read_text(path);
  const std::optional<std::string> until = metrics_until(contents, header, step);
  if (!until) {
    throw FileError(text(path, ": its first line is not ", header,
                         ", so no rows can be added. Put the file back, or begin another run."));
  }
  rewrite(path, contents, *until);
}

// Returns the seconds that the run had taken at the cut.
double cut_events(const std::string& path, std::int64_t step) {
  const std::string contents = read_text(path);
  const EventsUntil until = events_until(contents, step);
  rewrite(path, contents, until.contents);
  return until.elapsed;
}

int open_to_append(const std::string& path) {
  const int opened = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (opened < 0) throw FileError(text(path, ": it cannot be written, ", std::strerror(errno), '.'));
  return opened;
}

void append(int log, const std::string& path, const std::string& line) {
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t wrote = ::write(log, line.data() + done, line.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      throw FileError(text(path, ": it cannot be written, ", std::strerror(errno),
                           ". Make room, then go on with --resume."));
    }
    done += static_cast<std::size_t>(wrote);
  }
}

}  // namespace

bool is_run_folder(const std::string& path) {
  std::error_code failure;
  return fs::is_regular_file(fs::path(path) / marker, failure) &&
         fs::is_regular_file(fs::path(path) / events_name, failure);
}

void RunFolder::check_free(const std::string& path, bool replace) { check_target(path, replace); }

RunFolder RunFolder::create(const std::string& path, const std::map<std::string, std::string>& files,
                            const std::vector<std::string>& score_names, bool replace) {
  check_target(path, replace);
  const bool occupied = is_run_folder(path);
  std::optional<RunFolder> old;
  if (occupied) old.emplace(RunFolder(path));  // throws where a process is at it, and keeps others away
  const fs::path target = fs::absolute(path).lexically_normal();
  const fs::path named = target.has_filename() ? target : target.parent_path();
  const fs::path parent = named.parent_path();
  const std::string fresh = (parent / text(".trous-", getpid(), "-", named.filename().string())).string();
  std::error_code failure;
  fs::create_directories(parent, failure);
  if (failure) cannot_be_made(path, failure.message());
  fs::remove_all(fresh, failure);
  fs::create_directories(fs::path(fresh) / "samples", failure);
  if (failure) cannot_be_made(path, failure.message());
  try {
    for (const auto& [name, contents] : files) write_text(text(fresh, '/', name), contents);
    write_text(fresh + '/' + metrics_name, metrics_header(score_names) + '\n');
    write_text(fresh + '/' + events_name, "");
    RunFolder folder(fresh);  // its lock is of the file, whatever name the folder has
    put_in_place(fresh, named, occupied);
    folder.path_ = path;
    folder.open_logs();
    return folder;
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(fresh, failure);
    cannot_be_made(path, error.code().message());
  } catch (...) {
    fs::remove_all(fresh, failure);
    throw;
  }
}

RunFolder RunFolder::reopen(const std::string& path, std::int64_t step,
                            const std::vector<std::string>& score_names) {
  if (!is_run_folder(path)) {
    throw FileError(text(path, ": no run is there. Begin one with trous train --out ", path, '.'));
  }
  RunFolder folder(path);
  std::error_code failure;
  fs::create_directories(folder.file("samples"), failure);  // a run whose pictures were thrown away goes on
  if (failure) cannot_be_made(folder.file("samples"), failure.message());
  remove_temporaries(path);
  remove_temporaries(folder.file("samples"));
  cut_metrics(folder.file(metrics_name), metrics_header(score_names), step);
  folder.seconds_before_ = cut_events(folder.file(events_name), step);
  folder.open_logs();
  return folder;
}

RunFolder::RunFolder(std::string path) : path_(std::move(path)) {
  lock_ = ::open(file(marker).c_str(), O_RDONLY | O_CLOEXEC);
  if (lock_ < 0) throw FileError(text(file(marker), ": it cannot be read, ", std::strerror(errno), '.'));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    ::close(lock_);
    if (code != EWOULDBLOCK)
      throw FileError(text(path_, ": it cannot be locked, ", std::strerror(code), '.'));
    throw FileError(text(path_, ": another process is at this run. Wait for it, or stop it."));
  }
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      metrics_(std::exchange(other.metrics_, -1)),
      events_(std::exchange(other.events_, -1)),
      seconds_before_(other.seconds_before_) {}

RunFolder::~RunFolder() {
  for (const int opened : {lock_, metrics_, events_}) {
    if (opened >= 0) ::close(opened);
  }
}

void RunFolder::open_logs() {
  metrics_ = open_to_append(file(metrics_name));
  events_ = open_to_append(file(events_name));
}

std::string RunFolder::file(std::string_view name) const { return (fs::path(path_) / name).string(); }

void RunFolder::log(const MetricsRow& row) { append(metrics_, file(metrics_name), to_csv(row)); }

void RunFolder::log(const StepRecord& record) { append(events_, file(events_name), to_json_line(record)); }

void RunFolder::log(const EventRecord& record) { append(events_, file(events_name), to_json_line(record)); }

void RunFolder::flush() {
  if (::fsync(metrics_) == 0 && ::fsync(events_) == 0) return;
  throw FileError(text(path_, ": its logs cannot be written, ", std::strerror(errno),
                       ". Make room, then go on with --resume."));
}

}  // namespace trous
