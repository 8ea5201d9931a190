#include <trous/data/idx.h>

#include "fuzz.h"

namespace trous::fuzz {

const char* const file_name = "input.idx";

std::vector<std::uint8_t> file_of(std::span<const std::uint8_t> input) {
  return {input.begin(), input.end()};
}

void read(const std::string& path) { read_idx(path); }

}  // namespace trous::fuzz
