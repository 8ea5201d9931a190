#include <trous/core/error.h>
#include <trous/data/mask.h>

#include "fuzz.h"
#include "png_file.h"

namespace trous::fuzz {

const char* const file_name = "input.png";

std::vector<std::uint8_t> file_of(std::span<const std::uint8_t> input) { return with_checksums(input); }

// As numbers of any kind, as numbers of a table, and as colours of one.
void read(const std::string& path) {
  const ClassTable names{{{.name = "background"}, {.name = "boot"}}};
  const ClassTable colors{
      {{.name = "background", .color = Color{0, 0, 0}}, {.name = "boot", .color = Color{255, 0, 0}}}};
  for (const ClassTable* table : {static_cast<const ClassTable*>(nullptr), &names, &colors}) {
    try {
      mask_kind(path);
      read_mask(path, table);
    } catch (const FileError&) {  // the others may take it
    }
  }
}

}  // namespace trous::fuzz
