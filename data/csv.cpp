#include <algorithm>
#include <utility>

#include <trous/core/error.h>
#include <trous/core/utf8.h>
#include <trous/data/csv.h>
#include <trous/data/file.h>

namespace trous {
namespace {

constexpr std::int64_t max_csv_bytes = std::int64_t{1} << 26;

class CsvParser {
 public:
  CsvParser(std::string_view table, const std::string& name) : rest_(table), name_(name) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
    check_characters();
  }

  std::vector<CsvRow> run() {
    std::vector<CsvRow> rows;
    while (!rest_.empty()) {
      if (take_line_end()) continue;
      CsvRow row{.line = line_, .cells = {cell()}};
      while (take(',')) row.cells.push_back(cell());
      take_line_end();
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  [[noreturn]] void fail(std::int64_t line, const char* fact, const char* remedy) const {
    throw FileError(text("read_csv: ", name_, ", line ", line, ", ", fact, ". ", remedy));
  }

  void check_characters() const {
    std::int64_t line = 1;
    for (std::string_view rest = rest_; !rest.empty();) {
      const std::size_t bytes = utf8_character_bytes(rest);
      if (bytes == 0) fail(line, "is not UTF-8", "Save the table with this encoding.");
      line += rest.front() == '\n';
      rest.remove_prefix(bytes);
    }
  }

  bool take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_line_end() {
    const bool carriage_return = take('\r');
    if (!take('\n') && !carriage_return) return false;
    ++line_;
    return true;
  }

  std::string cell() {
    if (take('"')) return quoted_cell();
    const std::size_t length = std::min(rest_.find_first_of(",\r\n"), rest_.size());
    std::string result(rest_.substr(0, length));
    if (result.find('"') != std::string::npos)
      fail(line_, "has a quote inside a cell", "Put the whole cell in quotes, and double those in it.");
    rest_.remove_prefix(length);
    return result;
  }

  std::string quoted_cell() {
    const std::int64_t begin = line_;
    std::string result;
    for (;;) {
      const std::size_t length = rest_.find('"');
      if (length == std::string_view::npos)
        fail(begin, "has a quote that is not closed", "Add the quote that ends the cell.");
      const std::string_view piece = rest_.substr(0, length);
      line_ += std::count(piece.begin(), piece.end(), '\n');
      result += piece;
      rest_.remove_prefix(length + 1);
      if (!take('"')) break;
      result += '"';
    }
    if (!rest_.empty() && std::string_view(",\r\n").find(rest_.front()) == std::string_view::npos)
      fail(line_, "has text behind a cell in quotes", "Put a comma between them, or double the quotes.");
    return result;
  }

  std::string_view rest_;
  const std::string& name_;
  std::int64_t line_ = 1;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& name) {
  return CsvParser(text, name).run();
}

std::vector<CsvRow> read_csv(const std::string& path) {
  return parse_csv(read_text(path, max_csv_bytes), path);
}

std::string csv_cell(std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(cell);
  std::string quoted = "\"";
  for (const char character : cell) quoted.append(character == '"' ? 2 : 1, character);
  quoted += '"';
  return quoted;
}

}  // namespace trous
