// What a fuzz target is made of: each file beside this one defines one, and main.cpp runs it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace trous::fuzz {

/// The name that the input's file has, since some readers look at it.
extern const char* const file_name;

/// What stands in the file for the bytes that the fuzzer makes up: the same bytes, or something made of them
/// that gets further, such as a PNG file with right checksums.
std::vector<std::uint8_t> file_of(std::span<const std::uint8_t> input);

/// Reads the file with one reader of trous. May throw FileError and ArgumentError, nothing else.
void read(const std::string& path);

}  // namespace trous::fuzz
