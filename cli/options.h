// Checks of options, whose texts name the allowed values, and the options of output that all subcommands
// share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <trous/core/range.h>

namespace trous::cli {

/// A whole number from `low` to `high`.
CLI::Validator whole(std::int64_t low, std::int64_t high);
/// A number in [low, high).
CLI::Validator number(double low, double high);
CLI::Validator above_zero();
/// A number in a range of the library.
CLI::Validator in_range(const WholeRange& range);
CLI::Validator in_range(const NumberRange& range);
CLI::Validator in_range(const PositiveRange& range);
/// A number from 0 to 1, both allowed.
CLI::Validator share();
CLI::Validator not_empty();
/// One of `words`.
CLI::Validator one_of(std::vector<std::string_view> words);
/// Any text that `parse(text)` accepts. The text of its exception, without "op: ", is the reason of a
/// refusal.
template <class Parse>
CLI::Validator parsed_by(Parse parse) {
  return {[parse](const std::string& word) {
            try {
              parse(word);
              return std::string();
            } catch (const std::exception& error) {
              const std::string_view why = error.what();
              return std::string(why.substr(why.find(": ") + 2));
            }
          },
          ""};
}

/// Adds --channels and --classes of a network by name.
void add_network_size(CLI::App& command, std::int64_t& channels, std::int64_t& classes);

/// The output of a command.
struct OutputStyle {
  bool quiet = false;  ///< no progress, no tables on the way
  bool json = false;   ///< one JSON object per line on stdout and nothing else there
  std::string color = "auto";

  bool prints_text() const { return !quiet && !json; }
};

/// Adds --quiet, --json and --color.
void add_output_style(CLI::App& command, OutputStyle& style);

/// Whether stdout shows colours: as --color says, and with auto where it is a terminal, NO_COLOR is not set
/// and TERM is not dumb.
bool colored(const OutputStyle& style);

}  // namespace trous::cli
