// What every file of results says of the machine, and what the machine was measured to do.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace trous::benchmarks {

/// Processor, cores, memory, system, compiler, build of trous, and the settings that threads look at.
nlohmann::json describe_machine();

/// The peaks of all instruction sets and the copy bandwidth, on `threads` threads and on one.
struct Calibration {
  std::string instruction_set;  ///< whose peak is the yardstick
  nlohmann::json figures;
};

/// Measures, prints, and returns; `instruction_set` is the yardstick, the widest that there is where it is
/// empty. Each peak is the best of several bursts, and not lowered by other programs. Throws ArgumentError
/// for an instruction set that this processor has not.
Calibration calibrate(int threads, bool quick, const std::string& instruction_set = {});

/// Writes `json` to `path`, at once or not at all. Throws FileError.
void write_json(const std::string& path, const nlohmann::json& json);

}  // namespace trous::benchmarks
