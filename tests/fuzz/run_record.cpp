// The first byte of an input says which file of a run's folder the rest is; the others are sound.
#include <array>
#include <filesystem>
#include <fstream>

#include <trous/run/data_record.h>
#include <trous/run/environment.h>
#include <trous/run/run_record.h>

#include "fuzz.h"

namespace trous::fuzz {
namespace {

struct RunFile {
  char letter;
  const char *name, *sound;
};

constexpr std::array files{
    RunFile{'c', "config.json", "{}"}, RunFile{'v', "environment.json", "{}"},
    RunFile{'m', "metrics.csv", ""},   RunFile{'e', "events.jsonl", ""},
    RunFile{'r', "results.json", ""},  RunFile{'s', "split.json", ""},
};

}  // namespace

const char* const file_name = "input";

std::vector<std::uint8_t> file_of(std::span<const std::uint8_t> input) {
  return {input.begin(), input.end()};
}

void read(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(input), {}};
  const std::string folder = std::filesystem::path(path).parent_path().string();
  for (const RunFile& file : files) {
    const bool is_input = !all.empty() && all[0] == file.letter;
    const std::string contents = is_input ? all.substr(1) : file.sound;
    const std::string name = folder + "/" + file.name;
    std::filesystem::remove(name);
    if (is_input || !contents.empty()) std::ofstream(name, std::ios::binary) << contents;
  }
  if (all.starts_with('v')) read_environment(folder + "/environment.json");
  if (all.starts_with('s')) read_split(folder + "/split.json");
  read_run(folder);
}

}  // namespace trous::fuzz
