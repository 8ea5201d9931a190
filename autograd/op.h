// The description of an op on the tape: its kind, attributes and name.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <trous/core/pixels.h>

namespace trous {

using Attribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, HeightWidth>;

/// Ordered keys and values, with one formatter for all ops: `rate 2x2 SAME`. An empty key prints its
/// value alone.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<std::string, Attribute>> entries) : entries_(entries) {}

  /// Puts `value` behind the others.
  void add(std::string key, Attribute value) { entries_.emplace_back(std::move(key), std::move(value)); }

  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  /// The value under `key`, or null.
  const Attribute* find(std::string_view key) const;

 private:
  std::vector<std::pair<std::string, Attribute>> entries_;
};

std::ostream& operator<<(std::ostream& stream, const Attributes& attributes);

/// An op as recorded: its kind, its attributes, the name of the result if the caller gave one, and how the op
/// maps pixels. Kind and attributes are for readers; programs derive receptive fields and costs from
/// `pixels`.
struct Op {
  std::string kind;
  Attributes attributes = {};
  std::string name = {};
  Pixels pixels = {};
};

/// Prints scale (by 2) "name"; empty attributes and an empty name are left out.
std::ostream& operator<<(std::ostream& stream, const Op& op);

}  // namespace trous
