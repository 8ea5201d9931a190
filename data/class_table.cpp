#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>

#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/data/class_table.h>
#include <trous/data/file.h>

namespace trous {
namespace {

using json = detail::Json;

constexpr std::size_t max_entries = 255;  // numbers 0 to 254; 255 is unknown_label

// A value from the file for an error: at most 80 bytes of it.
std::string shown(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 80);
}

class TableReader {
 public:
  explicit TableReader(const std::string& path) : path_(path) {}

  ClassTable read() {
    const std::vector<std::uint8_t> bytes = read_file(path_, 1 << 20);
    const auto [list, fault, remedy, byte] =
        detail::parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!fault.empty()) fail(fault, remedy.empty() ? example : remedy);
    if (!list.is_array()) fail(text("is ", list.type_name(), ", not a list"), example);
    if (list.empty() || list.size() > max_entries) {
      fail(text("has ", list.size(), " entries"),
           "1 to 255 are possible, since 255 means unknown in masks. Merge classes.");
    }
    ClassTable table;
    for (const json& value : list) {
      table.entries.push_back(entry(value));
      ++at_;
    }
    check(table);
    return table;
  }

 private:
  static constexpr const char* example = R"(Write a list such as ["background", "boot"].)";

  [[noreturn]] void fail(const std::string& fact, const std::string& remedy) const {
    throw FileError(text("read_class_table: ", path_, " ", fact, ". ", remedy));
  }

  ClassEntry entry(const json& value) const {
    ClassEntry result;
    if (value.is_string()) {
      result.name = value.get<std::string>();
    } else if (value.is_object()) {
      for (const auto& [key, field] : value.items()) read_field(key, field, result);
    } else {
      fail(text("has ", shown(value), " at ", at_),
           R"(An entry is a name or an object: {"name": "boot", "color": "#ff0000"}.)");
    }
    if (result.name.empty() && !result.ignore) {
      fail(text("has no name at ", at_), R"(Give each class a name: {"name": "boot"}.)");
    }
    return result;
  }

  void read_field(const std::string& key, const json& field, ClassEntry& entry) const {
    if (key == "name" && field.is_string()) {
      entry.name = field.get<std::string>();
    } else if (key == "ignore" && field.is_boolean()) {
      entry.ignore = field.get<bool>();
    } else if (key == "color") {
      entry.color = color(field);
    } else if (key == "numbers") {
      entry.numbers = numbers(field);
    } else {
      fail(text("has ", shown(key), ": ", shown(field), " at ", at_),
           R"(An entry has a "name" (text), a "color", "numbers" and "ignore" (true or false).)");
    }
  }

  MaskNumbers numbers(const json& field) const {
    const auto good = [](const json& number) {
      return number.is_number_unsigned() && number.get<std::uint64_t>() <= 255;
    };
    if (good(field)) return {field.get<std::uint8_t>(), field.get<std::uint8_t>()};
    if (field.is_array() && field.size() == 2 && good(field[0]) && good(field[1]) && field[0] <= field[1])
      return {field[0].get<std::uint8_t>(), field[1].get<std::uint8_t>()};
    fail(text("has the numbers ", shown(field), " at ", at_),
         "Numbers are one of 0 to 255, such as 7, or the first and the last of a range, such as [128, 255].");
  }

  Color color(const json& field) const {
    std::array<std::uint8_t, 3> channels{};
    bool good = false;
    if (field.is_array() && field.size() == 3) {
      good = true;
      for (std::size_t i = 0; i < 3; ++i) {
        good = good && field[i].is_number_unsigned() && field[i].get<std::uint64_t>() <= 255;
        if (good) channels[i] = field[i].get<std::uint8_t>();
      }
    } else if (field.is_string()) {
      const auto& digits = field.get_ref<const std::string&>();
      good = digits.size() == 7 && digits[0] == '#';
      for (std::size_t i = 0; good && i < 3; ++i) {
        const char* from = digits.data() + 1 + 2 * i;
        const auto [end, code] = std::from_chars(from, from + 2, channels[i], 16);
        good = code == std::errc() && end == from + 2;
      }
    }
    if (!good) {
      fail(text("has the colour ", shown(field), " at ", at_), R"(A colour is "#ff8000" or [255, 128, 0].)");
    }
    return {channels[0], channels[1], channels[2]};
  }

  void check(const ClassTable& table) const {
    std::map<std::string, std::size_t> names, colors;
    std::map<int, std::size_t> owners;
    for (std::size_t i = 0; i < table.entries.size(); ++i) {
      const ClassEntry& entry = table.entries[i];
      if (entry.color.has_value() != table.has_colors()) {
        fail(text("has ", table.has_colors() ? "no colour" : "a colour", " at ", i, ", unlike at 0"),
             "Give all entries a colour, for RGB masks, or none.");
      }
      if (entry.numbers.has_value() != table.has_numbers()) {
        fail(text("has ", table.has_numbers() ? "no numbers" : "numbers", " at ", i, ", unlike at 0"),
             "Give all entries numbers, or none: then the first is 0, the next 1, and so on.");
      }
      if (!entry.name.empty() && !names.try_emplace(entry.name, i).second) {
        fail(text("has the name ", shown(entry.name), " at ", names[entry.name], " and at ", i),
             "Names differ; give one of them another.");
      }
      for (int number = entry.numbers ? entry.numbers->first : 1;
           number <= (entry.numbers ? entry.numbers->last : 0); ++number) {
        if (const auto [known, fresh] = owners.try_emplace(number, i); !fresh) {
          fail(text("has the number ", number, " at ", known->second, " and at ", i),
               "A number belongs to one class; let the ranges end before each other.");
        }
      }
      if (!entry.color) continue;
      if (const std::string color = hexadecimal(*entry.color); !colors.try_emplace(color, i).second) {
        fail(text("has the colour ", color, " at ", colors[color], " and at ", i),
             "Colours differ; to ignore one, list it once, with \"ignore\": true.");
      }
    }
    if (table.classes().empty()) fail("ignores all its entries", "Leave at least two that are learnt.");
  }

  std::string path_;
  std::size_t at_ = 0;  // the entry being read
};

}  // namespace

std::vector<std::string> ClassTable::classes() const {
  std::vector<std::string> result;
  for (const ClassEntry& entry : entries) {
    if (!entry.ignore) result.push_back(entry.name);
  }
  return result;
}

std::vector<std::int32_t> ClassTable::places() const {
  std::vector<std::int32_t> result(256, -1);
  result[unknown_label] = unknown_label;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto place = static_cast<std::int32_t>(i);
    if (const auto& range = entries[i].numbers) {
      std::fill(result.begin() + range->first, result.begin() + range->last + 1, place);
    } else {
      result[i] = place;
    }
  }
  return result;
}

std::vector<std::int32_t> ClassTable::labels() const {
  std::vector<std::int32_t> result(256, -1);
  std::int32_t next = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    result[i] = entries[i].ignore ? std::int32_t{unknown_label} : next++;
  }
  result[unknown_label] = unknown_label;
  return result;
}

ClassTable black_and_white(std::int64_t threshold, const std::string& below, const std::string& above) {
  if (threshold < 1 || threshold > 255) {
    throw ArgumentError(text("black_and_white: threshold ", threshold,
                             " is not in 1 to 255. 128 is the middle between black, 0, and white, 255."));
  }
  const auto first = static_cast<std::uint8_t>(threshold);
  const MaskNumbers dark{0, static_cast<std::uint8_t>(threshold - 1)}, bright{first, 255};
  return {.entries = {{.name = below, .color = {}, .numbers = dark},
                      {.name = above, .color = {}, .numbers = bright}},
          .shades = true};
}

ClassTable read_class_table(const std::string& path) { return TableReader(path).read(); }

std::string hexadecimal(const Color& color) {
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "#%02x%02x%02x", color.red, color.green, color.blue);
  return digits.data();
}

}  // namespace trous
