// Values of a run's JSON files, with their places, so that an error names the file and the field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace trous::report {

using nlohmann::ordered_json;

/// The largest whole number that a double holds with all smaller ones.
inline constexpr std::int64_t max_whole = std::int64_t{1} << 53;

/// Parses an object from `file`, whose text begins on line `first_line`. Depth is limited, since what is
/// nested is later walked by recursion. Throws FileError.
ordered_json parse_object(std::string_view text, const std::string& file, std::int64_t first_line);

/// A value and where it stands. The document outlives it. What is not as asked for is a FileError.
class Place {
 public:
  Place(const ordered_json& value, std::string file, std::string path = "")
      : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

  bool has(const std::string& key) const { return value_->contains(key) && !value_->at(key).is_null(); }

  Place operator[](const std::string& key) const;
  std::vector<Place> items() const;

  /// null is NaN, which JSON cannot spell; so are the strings by which from_chars knows NaN and infinity.
  double number() const;
  std::int64_t whole() const;  ///< of 0 to max_whole
  std::string string() const;
  std::vector<std::int64_t> wholes() const;
  std::vector<std::string> strings() const;

  [[noreturn]] void fail(const std::string& fact) const;

 private:
  template <class T>
  std::vector<T> list(T (Place::*one)() const) const;
  [[noreturn]] void wanted(const char* what) const;

  const ordered_json* value_;
  std::string file_, path_;
};

}  // namespace trous::report
