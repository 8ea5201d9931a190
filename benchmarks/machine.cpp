#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/utsname.h>
#include <thread>
#include <vector>

#include <trous/benchmarks/calibrate.h>
#include <trous/benchmarks/machine.h>
#include <trous/core/build_info.h>
#include <trous/core/error.h>

namespace trous::benchmarks {
namespace {

using Json = nlohmann::json;

// The first "key : value" of a file in /proc.
std::string proc_value(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (!line.starts_with(key) || colon == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "unknown";
}

// The peaks of one instruction set and type, each the best of all bursts so far.
struct Peaks {
  std::string set;
  DType dtype;
  Peak all{}, one{};

  std::string type() const { return dtype == DType::float32 ? "float32" : "float64"; }
  double yardstick() const { return std::max(all.by_wall, all.by_cpu); }
  bool disturbed() const { return all.by_wall < 0.9 * yardstick(); }

  void burst(int threads) {
    const auto keep = [](Peak& best, const Peak& peak) {
      best = {std::max(best.by_wall, peak.by_wall), std::max(best.by_cpu, peak.by_cpu)};
    };
    keep(all, fma_peak(set, dtype, threads, 0.02));
    keep(one, fma_peak(set, dtype, 1, 0.02));
  }
};

// A burst of each in turn, so that what slows the machine for a while hits no single one; more rounds where
// it did.
std::vector<Peaks> best_peaks(int threads, bool quick) {
  std::vector<Peaks> peaks;
  for (const std::string& set : fma_instruction_sets()) {
    for (const DType dtype : {DType::float32, DType::float64}) peaks.push_back({.set = set, .dtype = dtype});
  }
  const int least = quick ? 5 : 9, most = quick ? 10 : 45;
  for (int round = 0; round < most; ++round) {
    if (round >= least && std::ranges::none_of(peaks, &Peaks::disturbed)) break;
    for (Peaks& one : peaks) one.burst(threads);
  }
  return peaks;
}

}  // namespace

nlohmann::json describe_machine() {
  Json json;
  json["processor"] = proc_value("/proc/cpuinfo", "model name");
  json["family"] = proc_value("/proc/cpuinfo", "cpu family");
  json["model"] = proc_value("/proc/cpuinfo", "model\t");
  json["megahertz"] = proc_value("/proc/cpuinfo", "cpu MHz");
  json["cache"] = proc_value("/proc/cpuinfo", "cache size");
  json["hypervisor"] = proc_value("/proc/cpuinfo", "flags").find(" hypervisor") != std::string::npos;
  json["cores"] = std::thread::hardware_concurrency();
  json["memory"] = proc_value("/proc/meminfo", "MemTotal");
  utsname system{};
  uname(&system);
  json["system"] = text(system.sysname, ' ', system.release, ' ', system.machine);
  json["trous"] = text(build_info());
  double load = 0;
  if (getloadavg(&load, 1) == 1) json["load"] = load;
  for (const char* name : {"OMP_PROC_BIND", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "TROUS_KERNELS"}) {
    const char* value = std::getenv(name);
    json["environment"][name] = value ? value : "";
  }
  return json;
}

Calibration calibrate(int threads, bool quick, const std::string& instruction_set) {
  Calibration result;
  const auto sets = fma_instruction_sets();
  result.instruction_set = instruction_set.empty() ? sets.front() : instruction_set;
  if (std::find(sets.begin(), sets.end(), result.instruction_set) == sets.end())
    throw ArgumentError(text("calibrate: this processor has no ", instruction_set, '.'));
  for (const Peaks& p : best_peaks(threads, quick)) {
    result.figures["fma"][p.set][p.type()] = {{"all", p.yardstick()},
                                              {"all_by_wall", p.all.by_wall},
                                              {"one", std::max(p.one.by_wall, p.one.by_cpu)}};
    std::printf("peak  %-8s %s  %7.1f GFLOP/s on %d threads, %7.1f on one", p.set.c_str(), p.type().c_str(),
                p.yardstick() / 1e9, threads, p.one.by_wall / 1e9);
    if (p.disturbed()) std::printf("  (DISTURBED: %.1f by the clock)", p.all.by_wall / 1e9);
    std::printf("\n");
  }
  const double copy = copy_bandwidth(threads, quick ? 5 : 9), copy_one = copy_bandwidth(1, quick ? 5 : 9);
  result.figures["copy"] = {{"all", copy}, {"one", copy_one}};
  result.figures["threads"] = threads;
  result.figures["instruction_set"] = result.instruction_set;
  std::printf("copy  %.1f GB/s read and written on %d threads, %.1f on one\n\n", copy / 1e9, threads,
              copy_one / 1e9);
  std::fflush(stdout);
  return result;
}

void write_json(const std::string& path, const nlohmann::json& json) {
  const std::string part = path + ".part";
  std::ofstream file(part);
  file << json.dump(1) << '\n';
  file.close();
  if (!file)
    throw FileError(text(path, ": it cannot be written. Give --out a file in a folder that exists."));
  std::filesystem::rename(part, path);
}

}  // namespace trous::benchmarks
