// The names of the classes of a folder of masks, and the colours that stand for them in RGB masks: what a
// file classes.json says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/data/palette.h>

namespace trous {

struct ClassEntry {
  std::string name;            ///< may be empty where the entry is ignored
  std::optional<Color> color;  ///< all entries have one, or none has
  bool ignore = false;         ///< its pixels are unknown; it is no class
};

struct ClassTable {
  std::vector<ClassEntry> entries;  ///< 1 to 255; entry k is what number k means in a mask

  bool has_colors() const { return !entries.empty() && entries.front().color.has_value(); }

  /// The names of the entries that are classes, in their order: class number c is classes()[c].
  std::vector<std::string> classes() const;

  /// For each of the 256 numbers of a mask its class, `unknown_label` for ignored entries and for 255, and
  /// -1 for numbers that mean nothing.
  std::vector<std::int32_t> labels() const;
};

/// Reads a JSON list with one entry for each class, in the order of their numbers:
///
///   ["background", "boot"]
///   [{"name": "background", "color": [0, 0, 0]}, {"name": "boot", "color": "#ff0000"},
///    {"name": "unsure", "color": "#ffffff", "ignore": true}]
///
/// Throws FileError, with the entry's place in the list, counted from 0, if the file is no such list, has
/// more than 1 MiB, no class or more than 255 entries, a name or a colour twice, or colours for some
/// entries only.
ClassTable read_class_table(const std::string& path);

/// #ff8000
std::string hexadecimal(const Color& color);

}  // namespace trous
