// What every file of results says of the machine, and what the machine was measured to do.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include <trous/core/dtype.h>

namespace trous::benchmarks {

/// Processor, cores, memory, system, compiler, build of trous, and the settings that threads look at.
nlohmann::json describe_machine();

/// The yardsticks: an instruction set's peak and the copy bandwidth, on `threads` threads and on one.
struct Calibration {
  std::string instruction_set;
  std::map<std::string, double> peak;  ///< operations per second, by "float32", "float64"
  nlohmann::json figures;              ///< all that was measured

  double peak_of(DType dtype) const { return peak.at(dtype == DType::float64 ? "float64" : "float32"); }
};

/// Measures, prints, and returns; `instruction_set` is the yardstick, the widest that there is where it is
/// empty. Each peak is the best of several bursts, and not lowered by other programs: a share of it flatters
/// nobody. Throws ArgumentError for an instruction set that this processor has not.
Calibration calibrate(int threads, bool quick, const std::string& instruction_set = {});

/// Writes `json` to `path`, at once or not at all. Throws FileError.
void write_json(const std::string& path, const nlohmann::json& json);

}  // namespace trous::benchmarks
