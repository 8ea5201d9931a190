#include <trous/data/class_table.h>

#include "fuzz.h"

namespace trous::fuzz {

const char* const file_name = "classes.json";

std::vector<std::uint8_t> file_of(std::span<const std::uint8_t> input) {
  return {input.begin(), input.end()};
}

void read(const std::string& path) { read_class_table(path); }

}  // namespace trous::fuzz
