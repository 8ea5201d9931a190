#include <trous/cli/train_config.h>

#include "fuzz.h"

namespace trous::fuzz {

const char* const file_name = "config.json";

std::vector<std::uint8_t> file_of(std::span<const std::uint8_t> input) {
  return {input.begin(), input.end()};
}

void read(const std::string& path) { cli::read_config(path); }

}  // namespace trous::fuzz
