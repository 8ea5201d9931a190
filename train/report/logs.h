// The logs of a run as lines, and metrics.csv as rows; what the readers of a run folder share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trous/data/file.h>
#include <trous/train/run_record.h>

namespace trous::report {

/// Throws FileError: `read_run: <place> <fact>. Write the file again.`
[[noreturn]] void refuse(const std::string& place, const std::string& fact);

bool exists(const std::string& path);

std::string read_text(const std::string& path, std::int64_t max_bytes = default_max_bytes);

/// The finished lines of a log; what follows the last newline was torn by an interrupted write.
std::vector<std::string_view> finished_lines(std::string_view text);

/// What errors call the line with this index.
std::string line_name(const std::string& path, std::size_t index);

/// The rows of metrics.csv; none if the file is not there.
std::vector<MetricsRow> read_metrics(const std::string& path);

}  // namespace trous::report
