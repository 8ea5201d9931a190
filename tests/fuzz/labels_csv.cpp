#include <trous/data/csv.h>

#include "fuzz.h"

namespace trous::fuzz {

const char* const file_name = "labels.csv";

std::vector<std::uint8_t> file_of(std::span<const std::uint8_t> input) {
  return {input.begin(), input.end()};
}

void read(const std::string& path) { read_csv(path); }

}  // namespace trous::fuzz
