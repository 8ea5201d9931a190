// The one place where JSON text becomes values and values become text. No exception of nlohmann/json leaves
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <trous/core/error.h>

namespace trous::detail {

using Json = nlohmann::ordered_json;  // keys stay in the order of the text

/// The result of parse_json: a value, or the reason why the text has none.
struct ParsedJson {
  Json value = nullptr;
  std::string fault = {};   ///< empty if `value` holds; else a clause about the text: "is no JSON ..."
  std::string remedy = {};  ///< a sentence; empty where only the caller knows what the text should be
  std::size_t byte = 0;     ///< where the text is no JSON, counted from 1; 0 for other faults
};

inline constexpr int max_json_depth = 64;

/// Parses all of `text`. Faults are: text that is no JSON, a key that occurs twice in one object, more than
/// `max_depth` levels, and numbers that JSON allows but neither 64 bits nor a double hold (2^64, 1e999).
ParsedJson parse_json(std::string_view text, int max_depth = max_json_depth);

/// `value` as text. Strings that are not UTF-8, such as names of files, are written escaped: caf\xe9.png.
std::string dump_json(const Json& value, int indent = -1);

/// As dump_json, for text that is read back. Throws ArgumentError naming the string if one is not UTF-8.
std::string dump_strict_json(std::string_view op, const Json& value, int indent = -1);

/// The number, or null where it is absent.
Json or_null(const std::optional<double>& value);

/// A value in a parsed text and where it stands, so that errors name the place. The value outlives it. All
/// members throw FileError: "<source> has null at scores[2], where a number belongs. <remedy>"
class JsonPlace {
 public:
  /// `source` is what errors begin with, for example "read_run: results.json".
  JsonPlace(const Json& value, std::string source, std::string remedy, std::string path = {});

  /// Whether there is such a member and it is not null.
  bool has(const std::string& key) const;
  /// Whether the value is this string.
  bool is(std::string_view word) const { return *value_ == word; }
  JsonPlace operator[](const std::string& key) const;
  std::vector<JsonPlace> items() const;

  /// A number. JSON cannot spell NaN and infinity, so null is read as NaN, and strings such as "nan", "inf",
  /// "-inf" or "0.5" as the number that they spell.
  double number() const;
  /// A whole number from 0 to 2^53.
  std::int64_t whole() const;
  /// A whole number of 64 bits, with a sign.
  std::int64_t integer() const;
  std::string string() const;
  std::vector<std::int64_t> wholes() const;
  std::vector<std::string> strings() const;

  /// Returns parse(string). Where `parse` throws ArgumentError, fails: the string is no `what`.
  template <class Parse>
  auto parsed_by(Parse parse, const char* what) const {
    const std::string word = string();
    try {
      return parse(word);
    } catch (const ArgumentError&) {
      fail(text("with \"", word.substr(0, 40), "\", which is no ", what));
    }
  }

  /// Throws: "<source> has <path> <fact>. <remedy>"
  [[noreturn]] void fail(const std::string& fact) const;

 private:
  [[noreturn]] void wanted(const char* what) const;

  const Json* value_;
  std::string source_, remedy_, path_;
};

}  // namespace trous::detail
