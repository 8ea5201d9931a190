// Tables of named choices, one row each: names, help texts and error texts are made from the rows.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace trous {

/// Lists names as in a sentence, "a, b or c". `last` stands before the last one.
std::string listed(const std::vector<std::string_view>& names, std::string_view last = " or ");

/// The names of a table in its order. A table is a range of rows that have a member `name`.
template <class Rows>
std::vector<std::string_view> names_in(const Rows& rows) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
}

/// Finds the row called `name`; nullptr if there is none.
template <class Rows>
auto find_row(const Rows& rows, std::string_view name) -> decltype(std::data(rows)) {
  const auto found =
      std::find_if(std::begin(rows), std::end(rows), [&](const auto& row) { return row.name == name; });
  return found == std::end(rows) ? nullptr : &*found;
}

/// Whether a name is made of letters, digits and - _ + alone, of one at least, and does not begin like an
/// option.
bool is_plain_name(std::string_view name);

/// Throws ArgumentError: `what: "name" is not known. Choose a, b or c.`
[[noreturn]] void refuse_name(std::string_view what, std::string_view name,
                              const std::vector<std::string_view>& names);

/// Returns the row called `name`. If there is none, throws as refuse_name, with `what` before the colon.
template <class Rows>
const auto& row_named(std::string_view what, const Rows& rows, std::string_view name) {
  const auto* const row = find_row(rows, name);
  if (!row) refuse_name(what, name, names_in(rows));
  return *row;
}

}  // namespace trous
