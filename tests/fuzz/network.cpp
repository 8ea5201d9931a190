#include <trous/data/file.h>
#include <trous/layers/from_json.h>

#include "fuzz.h"

namespace trous::fuzz {

const char* const file_name = "network.json";

std::vector<std::uint8_t> file_of(std::span<const std::uint8_t> input) {
  return {input.begin(), input.end()};
}

void read(const std::string& path) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  const std::string description(bytes.begin(), bytes.end());
  network_from_json(resolved_description(description));
}

}  // namespace trous::fuzz
