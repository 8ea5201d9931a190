#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <trous/core/error.h>
#include <trous/run/detail/record_text.h>

namespace trous::detail {
namespace {

constexpr std::int64_t max_json_bytes = std::int64_t{1} << 26;
constexpr int max_depth = 32;

}  // namespace

void refuse_record(const std::string& place, const std::string& fact) {
  throw FileError(text("read_run: ", place, ' ', fact, ". Write the file again."));
}

bool exists(const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path, none);
}

std::vector<std::string_view> finished_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string line_name(const std::string& path, std::size_t index) {
  return path + " line " + std::to_string(index + 1);
}

Json parse_object(std::string_view text, const std::string& file, std::int64_t first_line) {
  ParsedJson parsed = parse_json(text, max_depth);
  if (parsed.byte > 0) {
    const std::size_t end = std::min(parsed.byte - 1, text.size());
    const auto breaks = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    refuse_record(file + " line " + std::to_string(first_line + breaks), "is no JSON");
  }
  if (!parsed.fault.empty()) refuse_record(file, parsed.fault);
  if (!parsed.value.is_object())
    refuse_record(file + " line " + std::to_string(first_line), "holds no JSON object");
  return std::move(parsed.value);
}

Json read_object(const std::string& path) { return parse_object(read_text(path, max_json_bytes), path); }

JsonPlace place_in(const std::string& file, const Json& value) {
  return {value, "read_run: " + file, "Write the file again."};
}

Json json_in_file(const std::string& path, const char* remedy, std::int64_t max_bytes) {
  ParsedJson parsed = parse_json(read_text(path, max_bytes));
  if (parsed.fault.empty()) return std::move(parsed.value);
  throw FileError(text(path, ": it ", parsed.fault, ". ", parsed.remedy.empty() ? remedy : parsed.remedy));
}

Json json_object_in(const std::string& path) {
  Json value = json_in_file(path, put_back);
  if (!value.is_object()) throw FileError(text(path, ": it is no JSON object. ", put_back));
  return value;
}

}  // namespace trous::detail
