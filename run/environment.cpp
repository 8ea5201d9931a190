#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <trous/core/build_info.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/digest.h>
#include <trous/ops/kernel_set.h>
#include <trous/run/detail/record_text.h>
#include <trous/run/environment.h>

namespace trous {
namespace {

using detail::Json, detail::JsonPlace;

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
  }
  return "unknown";
}

}  // namespace

std::vector<FileDigest> digests_of(const std::vector<std::string>& paths, const OnProgress& on_progress) {
  ProgressCount progress(on_progress, std::ssize(paths));
  std::vector<FileDigest> files;
  for (const std::string& path : paths) {
    std::string digest = sha256_of_file(path);
    std::error_code failure;
    const std::uintmax_t bytes = std::filesystem::file_size(path, failure);
    if (failure) throw FileError(text(path, ": it cannot be read, ", failure.message(), '.'));
    files.push_back({.path = path, .bytes = static_cast<std::int64_t>(bytes), .sha256 = std::move(digest)});
    progress.add_one();
  }
  return files;
}

Environment current_environment() {
  const BuildInfo& build = build_info();
  return {.command = "",
          .version = std::string(build.version),
          .commit = std::string(build.commit),
          .compiler = std::string(build.compiler),
          .build_type = std::string(build.build_type),
          .libraries = "",
          .kernels = kernels_in_use(),
          .cpu = cpu_name(),
          .threads = threads(),
          .seed = "",
          .started = time_now(),
          .directory = std::filesystem::current_path().string(),
          .data = ""};
}

std::string to_json(const Environment& e) {
  Json json{{"command", e.command},
            {"config_format", e.config_format},
            {"trous", e.version},
            {"commit", e.commit},
            {"compiler", e.compiler},
            {"build_type", e.build_type},
            {"libraries", e.libraries},
            {"kernels", e.kernels},
            {"cpu", e.cpu},
            {"threads", e.threads},
            {"seed", e.seed},
            {"started", e.started},
            {"directory", e.directory},
            {"data", e.data}};
  if (!e.program.empty()) json["program"] = e.program;
  if (e.predicted_bytes) json["predicted_bytes"] = *e.predicted_bytes;
  if (e.report_bytes) json["report_bytes"] = *e.report_bytes;
  if (e.available_bytes) json["available_bytes"] = *e.available_bytes;
  if (e.files) {
    json["files"] = Json::array();
    for (const FileDigest& file : *e.files)
      json["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  }
  return detail::dump_json(json, 2) + '\n';
}

Environment read_environment(const std::string& path) {
  const Json json = detail::json_object_in(path);
  const JsonPlace all(json, path + ": it", detail::put_back);
  const auto string = [&](const char* key) { return all.has(key) ? all[key].string() : std::string(); };
  Environment e{.command = string("command"),
                .config_format = all.has("config_format") ? all["config_format"].whole() : 1,
                .version = string("trous"),
                .commit = string("commit"),
                .compiler = string("compiler"),
                .build_type = string("build_type"),
                .libraries = string("libraries"),
                .kernels = string("kernels"),
                .cpu = string("cpu"),
                .threads = all.has("threads") ? all["threads"].whole() : 0,
                .seed = string("seed"),
                .started = string("started"),
                .directory = string("directory"),
                .data = string("data")};
  e.program = string("program");
  if (all.has("predicted_bytes")) e.predicted_bytes = all["predicted_bytes"].whole();
  if (all.has("report_bytes")) e.report_bytes = all["report_bytes"].whole();
  if (all.has("available_bytes")) e.available_bytes = all["available_bytes"].whole();
  if (!all.has("files")) return e;
  e.files.emplace();
  for (const JsonPlace& file : all["files"].items()) {
    e.files->push_back(
        {.path = file["path"].string(), .bytes = file["bytes"].whole(), .sha256 = file["sha256"].string()});
  }
  return e;
}

ConfigOrigin read_config_origin(const std::string& path) {
  const Json json = detail::json_in_file(path, detail::put_back);
  ConfigOrigin origin;
  if (!json.is_object()) return origin;
  if (!json.contains("config_format")) origin.format = 1;
  if (json.contains("directory") && json["directory"].is_string())
    origin.directory = json["directory"].get<std::string>();
  if (json.contains("program") && json["program"].is_string())
    origin.program = json["program"].get<std::string>();
  return origin;
}

std::string kernels_in_use() {
  return std::string(name(kernel_set())) + (kernel_set() == KernelSet::fast ? ", " + simd_target() : "");
}

std::string time_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char buffer[32];
  const std::size_t length = std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {buffer, length};
}

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t all = 0, resident = 0;
  return statm >> all >> resident ? resident * sysconf(_SC_PAGESIZE) : 0;
}

std::int64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{1024} * usage.ru_maxrss;
}

}  // namespace trous
