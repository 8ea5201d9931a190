// The table of classes in a file classes.json: their names, and the colours or numbers that stand for them in
// masks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/data/palette.h>

namespace trous {

/// The numbers `first` to `last` of a mask, both included.
struct MaskNumbers {
  std::uint8_t first, last;
};

/// One entry of a table of classes.
struct ClassEntry {
  std::string name;                         ///< may be empty where the entry is ignored
  std::optional<Color> color;               ///< all entries have one, or none has
  std::optional<MaskNumbers> numbers = {};  ///< all entries have one, or none has
  bool ignore = false;                      ///< its pixels are unknown; it is no class
};

/// The classes of a folder of masks.
struct ClassTable {
  std::vector<ClassEntry> entries;  ///< 1 to 255
  bool shades = false;  ///< numbers are brightness, 0 black to 255 white, whatever the bits of a file

  bool has_colors() const { return !entries.empty() && entries.front().color.has_value(); }
  bool has_numbers() const { return !entries.empty() && entries.front().numbers.has_value(); }

  /// The names of the entries that are classes, in their order: class number c is classes()[c].
  std::vector<std::string> classes() const;

  /// For each of the 256 numbers of a mask the place of the entry that it belongs to: that of its range, or
  /// the number itself where entries have none. `unknown_label` for a 255 that no range holds, and -1 for
  /// other numbers that mean nothing.
  std::vector<std::int32_t> places() const;

  /// The class of each place, `unknown_label` for ignored entries and for place 255, and -1 beyond the table.
  std::vector<std::int32_t> labels() const;
};

/// Two classes of grey masks: numbers below `threshold` are the first, from it on the second. Throws
/// ArgumentError unless 1 <= threshold <= 255.
ClassTable black_and_white(std::int64_t threshold, const std::string& below = "background",
                           const std::string& above = "foreground");

/// Reads a JSON list with one entry for each class, in the order of their numbers:
///
///   ["background", "boot"]
///   [{"name": "background", "color": [0, 0, 0]}, {"name": "boot", "color": "#ff0000"},
///    {"name": "unsure", "color": "#ffffff", "ignore": true}]
///   [{"name": "background", "numbers": [0, 127]}, {"name": "boot", "numbers": [128, 254]},
///    {"numbers": 255, "ignore": true}]
///
/// A colour is what masks show for the class, in RGB or in their palette. Without "numbers" entry k stands
/// for number k, and 255 means unknown.
///
/// Throws FileError, with the entry's place in the list, counted from 0, if the file is no such list, has
/// more than 1 MiB, no class or more than 255 entries, a name, a colour or a number twice, or colours or
/// numbers for some entries only.
ClassTable read_class_table(const std::string& path);

/// Returns the colour as #ff8000.
std::string hexadecimal(const Color& color);

}  // namespace trous
