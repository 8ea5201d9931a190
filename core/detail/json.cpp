#include <cstddef>
#include <limits>
#include <set>
#include <utility>

#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/core/utf8.h>

namespace trous::detail {
namespace {

constexpr std::int64_t max_whole = std::int64_t{1} << 53;
constexpr std::size_t max_shown = 40;

std::string shortened(const std::string& word) {
  return word.size() <= max_shown ? word : word.substr(0, max_shown) + "...";
}

// Builds a document from the events of nlohmann's parser. Its own builder keeps the last of two equal keys in
// silence, rounds whole numbers beyond 64 bits, and throws exceptions.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(int max_depth) : max_depth_(static_cast<std::size_t>(max_depth)) {}

  ParsedJson take() && { return std::move(result_); }

  bool null() override { return put(nullptr) != nullptr; }
  bool boolean(bool value) override { return put(value) != nullptr; }
  bool number_integer(std::int64_t value) override { return put(value) != nullptr; }
  bool number_unsigned(std::uint64_t value) override { return put(value) != nullptr; }
  bool string(std::string& value) override { return put(std::move(value)) != nullptr; }
  bool binary(Json::binary_t&) override { return refuse("has binary data", ""); }

  bool number_float(double value, const std::string& digits) override {
    if (digits.find_first_of(".eE") == std::string::npos)
      return refuse(text("has the number ", shortened(digits), ", which 64 bits do not hold"),
                    "Give a smaller one.");
    return put(value) != nullptr;
  }

  bool key(std::string& name) override {
    if (!keys_.back().insert(name).second)
      return refuse(text("has the key ", dump_json(shortened(name)), " twice in one object"), "Keep one.");
    key_ = std::move(name);
    return true;
  }

  bool start_object(std::size_t) override {
    keys_.emplace_back();
    return open(Json::object());
  }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override {
    keys_.pop_back();
    return end_array();
  }
  bool end_array() override {
    open_.pop_back();
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    constexpr int number_overflow = 406;
    if (error.id == number_overflow)
      return refuse(text("has the number ", shortened(token), ", which no double holds"),
                    "Give a smaller one.");
    result_.byte = position;
    return refuse(text("is no JSON from byte ", position, " on"), "");
  }

 private:
  bool refuse(std::string fault, std::string remedy) {
    result_.fault = std::move(fault);
    result_.remedy = std::move(remedy);
    return false;
  }

  // Puts a value where the text has it and returns its place.
  Json* put(Json value) {
    if (open_.empty()) {
      result_.value = std::move(value);
      return &result_.value;
    }
    if (open_.back()->is_array()) {
      auto& list = open_.back()->get_ref<Json::array_t&>();
      list.push_back(std::move(value));
      return &list.back();
    }
    // A key is looked for among its predecessors in `keys_`, not once more here, which would be a loop.
    auto& members = open_.back()->get_ref<Json::object_t&>();
    static_cast<Json::object_t::Container&>(members).emplace_back(std::move(key_), std::move(value));
    return &members.back().second;
  }

  bool open(Json value) {
    if (open_.size() >= max_depth_)
      return refuse(text("is more than ", max_depth_, " levels deep"), "Nest less.");
    open_.push_back(put(std::move(value)));
    return true;
  }

  std::size_t max_depth_;
  ParsedJson result_;
  std::vector<Json*> open_;                  // objects and lists that have begun, the outermost first
  std::vector<std::set<std::string>> keys_;  // of the objects among them
  std::string key_;
};

void escape_strings(Json& value) {
  if (value.is_string()) {
    auto& word = value.get_ref<std::string&>();
    if (!is_utf8(word)) word = escaped_bytes(word);
  } else if (value.is_object()) {
    Json whole = Json::object();
    for (auto& [key, member] : value.items()) {
      escape_strings(member);
      whole[is_utf8(key) ? key : escaped_bytes(key)] = std::move(member);
    }
    value = std::move(whole);
  } else if (value.is_array()) {
    for (Json& item : value) escape_strings(item);
  }
}

const std::string* find_not_utf8(const Json& value) {
  if (value.is_string()) {
    const auto& word = value.get_ref<const std::string&>();
    return is_utf8(word) ? nullptr : &word;
  }
  if (value.is_object()) {
    for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
      if (!is_utf8(key)) return &key;
      if (const std::string* const found = find_not_utf8(member)) return found;
    }
  } else if (value.is_array()) {
    for (const Json& item : value) {
      if (const std::string* const found = find_not_utf8(item)) return found;
    }
  }
  return nullptr;
}

}  // namespace

ParsedJson parse_json(std::string_view text, int max_depth) {
  Builder builder(max_depth);
  const bool sound = Json::sax_parse(text.begin(), text.end(), &builder);
  ParsedJson result = std::move(builder).take();
  if (!sound) result.value = nullptr;
  return result;
}

std::string dump_json(const Json& value, int indent) {
  if (!find_not_utf8(value)) return value.dump(indent);
  Json copy = value;
  escape_strings(copy);
  return copy.dump(indent);
}

std::string dump_strict_json(std::string_view op, const Json& value, int indent) {
  if (const std::string* const found = find_not_utf8(value)) {
    throw ArgumentError(
        text(op, ": \"", escaped_bytes(*found), "\" is not UTF-8, as all text in JSON is. Rename it."));
  }
  return value.dump(indent);
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

JsonPlace::JsonPlace(const Json& value, std::string source, std::string remedy, std::string path)
    : value_(&value), source_(std::move(source)), remedy_(std::move(remedy)), path_(std::move(path)) {}

bool JsonPlace::has(const std::string& key) const {
  return value_->is_object() && value_->contains(key) && !value_->at(key).is_null();
}

JsonPlace JsonPlace::operator[](const std::string& key) const {
  const std::string path = (path_.empty() ? "" : path_ + ".") + key;
  if (!value_->is_object() || !value_->contains(key))
    throw FileError(text(source_, " has no ", path, ". ", remedy_));
  return {value_->at(key), source_, remedy_, path};
}

std::vector<JsonPlace> JsonPlace::items() const {
  if (!value_->is_array()) wanted("a list");
  std::vector<JsonPlace> result;
  for (const Json& item : *value_)
    result.emplace_back(item, source_, remedy_, path_ + "[" + std::to_string(result.size()) + "]");
  return result;
}

double JsonPlace::number() const {
  if (value_->is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (value_->is_number()) return value_->get<double>();
  if (value_->is_string()) {
    const auto& word = value_->get_ref<const std::string&>();
    if (const std::optional<double> number = parsed_number<double>(word)) return *number;
  }
  wanted("a number");
}

std::int64_t JsonPlace::whole() const {
  if (!value_->is_number_unsigned() || value_->get<std::uint64_t>() > std::uint64_t{max_whole})
    wanted("a whole number from 0 to 2^53");
  return value_->get<std::int64_t>();
}

std::int64_t JsonPlace::integer() const {
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  if (!value_->is_number_integer() ||
      (value_->is_number_unsigned() && value_->get<std::uint64_t>() > largest))
    wanted("a whole number of 64 bits");
  return value_->get<std::int64_t>();
}

std::string JsonPlace::string() const {
  if (!value_->is_string()) wanted("a string");
  return value_->get<std::string>();
}

std::vector<std::int64_t> JsonPlace::wholes() const {
  std::vector<std::int64_t> result;
  for (const JsonPlace& item : items()) result.push_back(item.whole());
  return result;
}

std::vector<std::string> JsonPlace::strings() const {
  std::vector<std::string> result;
  for (const JsonPlace& item : items()) result.push_back(item.string());
  return result;
}

void JsonPlace::fail(const std::string& fact) const {
  throw FileError(text(source_, " has ", path_, ' ', fact, ". ", remedy_));
}

void JsonPlace::wanted(const char* what) const {
  throw FileError(text(source_, " has ", value_->type_name(), path_.empty() ? "" : " at ", path_, ", where ",
                       what, " belongs. ", remedy_));
}

}  // namespace trous::detail
