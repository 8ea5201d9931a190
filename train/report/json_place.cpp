#include <algorithm>
#include <limits>
#include <optional>

#include <trous/train/report/json_place.h>
#include <trous/train/report/logs.h>

namespace trous::report {
namespace {

constexpr int max_depth = 32;

}  // namespace

ordered_json parse_object(std::string_view text, const std::string& file, std::int64_t first_line) {
  const auto line = [&](std::size_t byte) {
    const std::size_t end = std::min(byte, text.size());
    return std::to_string(first_line +
                          std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
  };
  const auto shallow = [&](int depth, ordered_json::parse_event_t, const ordered_json&) {
    if (depth > max_depth) refuse(file, "nests deeper than " + std::to_string(max_depth) + " levels");
    return true;
  };
  try {
    ordered_json result = ordered_json::parse(text.begin(), text.end(), shallow);
    if (!result.is_object()) refuse(file + " line " + line(0), "holds no JSON object");
    return result;
  } catch (const ordered_json::parse_error& error) {
    refuse(file + " line " + line(error.byte ? error.byte - 1 : 0), "is no JSON");
  } catch (const ordered_json::exception&) {  // a number beyond all bounds
    refuse(file, "holds a number that no double holds");
  }
}

Place Place::operator[](const std::string& key) const {
  const std::string path = (path_.empty() ? "" : path_ + ".") + key;
  if (!value_->is_object() || !value_->contains(key)) refuse(file_, "has no " + path);
  return {value_->at(key), file_, path};
}

std::vector<Place> Place::items() const {
  if (!value_->is_array()) wanted("a list");
  std::vector<Place> result;
  for (const ordered_json& item : *value_) {
    result.emplace_back(item, file_, path_ + "[" + std::to_string(result.size()) + "]");
  }
  return result;
}

double Place::number() const {
  if (value_->is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (value_->is_number()) return value_->get<double>();
  if (value_->is_string()) {
    if (const auto number = parsed<double>(value_->get_ref<const std::string&>())) return *number;
  }
  wanted("a number");
}

std::int64_t Place::whole() const {
  if (!value_->is_number_unsigned() || value_->get<std::uint64_t>() > std::uint64_t{max_whole}) {
    wanted("a whole number from 0 to 2^53");
  }
  return value_->get<std::int64_t>();
}

std::string Place::string() const {
  if (!value_->is_string()) wanted("a string");
  return value_->get<std::string>();
}

template <class T>
std::vector<T> Place::list(T (Place::*one)() const) const {
  std::vector<T> result;
  for (const Place& item : items()) result.push_back((item.*one)());
  return result;
}

std::vector<std::int64_t> Place::wholes() const { return list(&Place::whole); }
std::vector<std::string> Place::strings() const { return list(&Place::string); }

void Place::fail(const std::string& fact) const { refuse(file_, "has " + path_ + ' ' + fact); }

void Place::wanted(const char* what) const {
  refuse(file_, "has " + std::string(value_->type_name()) + " at " + path_ + ", where " + what + " belongs");
}

}  // namespace trous::report
