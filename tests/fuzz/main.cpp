// Gives each input of libFuzzer to the reader of this target as a file in memory. A reader may refuse a file
// by a FileError or an ArgumentError; any other exception ends the process, which libFuzzer reports,
// std::bad_alloc too: readers judge sizes before they allocate.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <trous/core/error.h>

#include "fuzz.h"

namespace {

// A folder in memory, removed at exit.
const std::string& folder() {
  static const std::string path = [] {
    std::string pattern = "/dev/shm/trous-fuzz-XXXXXX";
    if (!mkdtemp(pattern.data())) {
      std::perror("no folder can be made in /dev/shm");
      std::exit(1);
    }
    return pattern;
  }();
  static const int removed_at_exit = std::atexit([] { std::filesystem::remove_all(path); });
  (void)removed_at_exit;
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = folder() + "/" + trous::fuzz::file_name;
  const std::vector<std::uint8_t> bytes = trous::fuzz::file_of({data, size});
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  try {
    trous::fuzz::read(path);
  } catch (const trous::FileError&) {
  } catch (const trous::ArgumentError&) {
  }
  return 0;
}
