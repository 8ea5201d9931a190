#include "both_ways.h"
#include "fuzz.h"
#include "png_file.h"

namespace trous::fuzz {

const char* const file_name = "input.png";

std::vector<std::uint8_t> file_of(std::span<const std::uint8_t> input) { return with_checksums(input); }

void read(const std::string& path) { read_both_ways(path); }

}  // namespace trous::fuzz
