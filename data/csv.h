// Comma-separated values: tables in text files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trous {

/// A line of a table, or several where a cell in quotes has line ends in it.
struct CsvRow {
  std::int64_t line = 0;  ///< in the file, counted from 1, where the row begins
  std::vector<std::string> cells;
};

/// The rows of a table: cells with commas between them, a line each. A cell in double quotes may hold commas,
/// line ends and, doubled, quotes. A line ends in CR LF, LF or CR; empty lines are skipped, and so is a byte
/// order mark at the beginning. Spaces belong to their cell. Rows may have different numbers of cells.
///
/// Throws FileError with `name` and the line if the text is not UTF-8, a quote is not closed, or there are
/// quotes in a cell that does not begin with one. Source: RFC 4180, with the header a row like the others.
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name);

/// As parse_csv, of a file. Throws FileError if it cannot be read or has more than 64 MiB.
std::vector<CsvRow> read_csv(const std::string& path);

/// Text as a cell of a table: in quotes, its own doubled, where it has a comma, a quote or a line end, else
/// as it is. parse_csv reads it back. Source: RFC 4180.
std::string csv_cell(std::string_view text);

}  // namespace trous
