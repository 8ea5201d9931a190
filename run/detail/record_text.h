// What the readers of a run's files share: their texts, their lines, and the errors that name file and line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/detail/json.h>
#include <trous/data/file.h>

namespace trous::detail {

/// Throws FileError: `read_run: <place> <fact>. Write the file again.`
[[noreturn]] void refuse_record(const std::string& place, const std::string& fact);

bool exists(const std::string& path);

/// The finished lines of a log without their line breaks. Text after the last line break is left out: an
/// interrupted write has torn that line.
std::vector<std::string_view> finished_lines(std::string_view text);

/// The name that errors give the line with this index: "metrics.csv line 3" for 2.
std::string line_name(const std::string& path, std::size_t index);

/// Parses a JSON object of `file`; the text begins on line `first_line`, counted from 1. Throws FileError as
/// refuse_record does. The depth is limited to 32 levels, since functions that walk the value are recursive.
Json parse_object(std::string_view text, const std::string& file, std::int64_t first_line = 1);

/// The JSON object that is all of the file, of at most 64 MB. Throws as parse_object.
Json read_object(const std::string& path);

/// `value`, with errors as refuse_record throws them.
JsonPlace place_in(const std::string& file, const Json& value);

/// The JSON in a file. Throws FileError; where the text is no JSON, its last sentence is `remedy`, or a more
/// exact one that the parser has.
Json json_in_file(const std::string& path, const char* remedy, std::int64_t max_bytes = default_max_bytes);

/// What errors advise where a file that a run needs to go on is damaged.
inline constexpr const char* put_back = "Put the file of the run back.";

/// The JSON object in such a file. Throws FileError.
Json json_object_in(const std::string& path);

}  // namespace trous::detail
