#include <algorithm>
#include <cstdio>
#include <fstream>

#include <trous/benchmarks/machine.h>
#include <trous/benchmarks/reference_net.h>
#include <trous/benchmarks/step_runner.h>
#include <trous/benchmarks/timing.h>
#include <trous/core/error.h>

namespace trous::benchmarks {
namespace {

using Json = nlohmann::json;

// A line of /proc/self/status, in bytes.
double status_bytes(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ':')) return 1024 * std::stod(line.substr(key.size() + 1));
  }
  throw FileError(text("/proc/self/status: there is no ", key, ". Memory is measured on Linux only."));
}

// Lets the high-water mark start anew, so that what came before the first step does not count.
void forget_high_water() { std::ofstream("/proc/self/clear_refs") << 5; }

}  // namespace

StepOptions read_step_options(int count, char** words) {
  StepOptions options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (i + 1 == count) throw ArgumentError(text("unknown option '", word, "', or it needs a value."));
    const std::string value = words[++i];
    if (word == "--net") {
      options.net = value;
    } else if (word == "--steps") {
      options.steps = std::stoi(value);
    } else if (word == "--warmup") {
      options.warmup = std::stoi(value);
    } else if (word == "--threads") {
      options.threads = std::stoi(value);
    } else if (word == "--batch") {
      options.batch = std::stoll(value);
    } else if (word == "--size") {
      options.size = std::stoll(value);
    } else if (word == "--layout" && (value == "NHWC" || value == "NCHW")) {
      options.channels_last = value == "NHWC";
    } else if (word == "--out") {
      options.out = value;
    } else if (word == "--profile") {
      options.profile = value;
    } else {
      throw ArgumentError(text("unknown option '", word, ' ', value, "'."));
    }
  }
  return options;
}

void time_steps(const std::string& name, const StepOptions& options, const StepFunctions& functions) {
  Json result{{"name", name},
              {"net", options.net},
              {"threads", options.threads},
              {"batch", options.batch},
              {"size", options.size},
              {"warmup", options.warmup},
              {"seconds", Json::array()},
              {"losses", Json::array()}};
  Timing timing;
  double cpu = 0, wall = 0, before = 0;
  for (int step = 0; step < options.warmup + options.steps; ++step) {
    functions.prepare(static_cast<std::uint64_t>(step));
    if (step == 0) {
      forget_high_water();
      before = status_bytes("VmRSS");
    }
    const double cpu_begin = cpu_seconds(), begin = wall_seconds();
    const double loss = functions.run();
    const double took = wall_seconds() - begin;
    result["losses"].push_back(loss);
    if (step < options.warmup) continue;
    cpu += cpu_seconds() - cpu_begin;
    wall += took;
    timing.seconds.push_back(took);
  }
  const double added = status_bytes("VmHWM") - before;
  result["seconds"] = timing.seconds;
  result["cpu_per_wall"] = cpu / wall;
  result["resident_before"] = before;
  result["memory_added"] = added;
  // Counted for the reference net only.
  const double operations =
      options.net == "reference" ? reference_operations(options.batch, options.size) : 0;
  result["operations"] = operations;
  result["machine"] = describe_machine();
  std::printf("%s, %-15s %d threads, %2lld x %3lld: %8.1f ms median, %8.1f best, c/w %.2f, ",
              options.net.c_str(), name.c_str(), options.threads, static_cast<long long>(options.batch),
              static_cast<long long>(options.size), timing.median() * 1e3, timing.best() * 1e3, cpu / wall);
  if (operations > 0) std::printf("%5.1f GFLOP/s, ", operations / timing.median() / 1e9);
  std::printf("%5.1f MB added to %.0f, loss %.6f\n", added / 1e6, before / 1e6,
              result["losses"].front().get<double>());
  std::fflush(stdout);
  if (!options.out.empty()) write_json(options.out, result);
}

}  // namespace trous::benchmarks
