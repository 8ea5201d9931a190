#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>

#include <trous/cli/environment.h>
#include <trous/cli/output.h>
#include <trous/core/build_info.h>
#include <trous/core/detail/json.h>
#include <trous/core/parallel.h>
#include <trous/data/digest.h>
#include <trous/ops/kernel_set.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
  }
  return "unknown";
}

// What differs from an empty command line, as a shell takes it.
std::string command_of(const TrainConfig& config) {
  const Json now = to_json(config), plain = to_json(TrainConfig());
  std::string line = "trous train";
  for (const auto& [name, value] : now.items()) {
    if (value == plain[name]) continue;
    if (value.is_boolean()) {
      line += ' ' + flag_of(name);
      continue;
    }
    const std::string word = value.is_string() ? value.get<std::string>() : detail::dump_json(value);
    line += ' ' + flag_of(name) + ' ' + shell_word(word);
  }
  return line;
}

}  // namespace

Json files_of(const Splits& data) {
  Json files = Json::array();
  for (const std::string& path : data.files) {
    files.push_back(
        {{"path", path}, {"bytes", std::filesystem::file_size(path)}, {"sha256", sha256_of_file(path)}});
  }
  return files;
}

Json environment(const TrainConfig& config, const Splits& data) {
  const BuildInfo build = build_info();
  return {{"command", command_of(config)},
          {config_format_key, 2},
          {"trous", build.version},
          {"commit", build.commit},
          {"compiler", build.compiler},
          {"build_type", build.build_type},
          {"libraries", TROUS_LIBRARIES},
          {"kernels", kernels()},
          {"cpu", cpu_name()},
          {"threads", threads()},
          {"seed", std::to_string(config.training.seed)},
          {"started", time_now()},
          {"directory", fs::current_path().string()},
          {"data", data.train.source},
          {"files", files_of(data)}};
}

std::string kernels() {
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

std::int64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{1024} * usage.ru_maxrss;
}

}  // namespace trous::cli
