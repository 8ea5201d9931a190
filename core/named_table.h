// A table of named choices to which a program may add rows of its own, before anything reads it.
#pragma once

#include <atomic>
#include <concepts>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <trous/core/choices.h>
#include <trous/core/error.h>

namespace trous {

/// Rows with a member `name`: those that come with trous, behind them those that were added. Rows are added
/// before the first is read, so that all readers, of any thread and at any time, see the same table.
template <class Row>
class NamedTable {
 public:
  /// what   a row in a word, for errors: "network"
  template <class Rows>
  NamedTable(std::string_view what, const Rows& rows)
      : what_(what), rows_(std::begin(rows), std::end(rows)) {}

  /// Adds a row, with a copy of its name. Other texts in it must live as long as the program, as literals do.
  /// Throws ArgumentError for a name that is taken or no is_plain_name, and once the table was read.
  void add(Row row) {
    const std::string name(row.name);
    if (const std::string fault = fault_of(name); !fault.empty())
      throw ArgumentError(text(what_, ": \"", name, "\" cannot be added. ", fault));
    if constexpr (std::same_as<decltype(row.name), std::string_view>) row.name = names_.emplace_back(name);
    rows_.push_back(std::move(row));
  }

  /// All rows. From now on none can be added.
  std::span<const Row> rows() {
    read_ = true;
    return rows_;
  }

 private:
  std::string fault_of(const std::string& name) const {
    if (find_row(rows_, name)) return text("There is a ", what_, " of this name. Choose another.");
    if (!is_plain_name(name)) return "Make the name of letters, digits and - _ + alone.";
    if (read_) return text("Names were looked up before. Add each ", what_, " first of all.");
    return {};
  }

  std::string_view what_;
  std::vector<Row> rows_;
  std::deque<std::string> names_;  // of added rows; they do not move
  std::atomic<bool> read_ = false;
};

}  // namespace trous
