// The table of options that have no effect, or not their usual one, beside other options.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace trous::cli {

/// The options of one subcommand: the value of each by its flag, such as "--loss", and of each
/// positional by its name, such as "RUN".
class GivenOptions {
 public:
  /// Reads the command line; an option that is not on it has its default.
  explicit GivenOptions(const CLI::App& command);
  GivenOptions() = default;

  const std::string& command() const { return command_; }
  /// Empty where there is neither a word nor a default; "true" for a flag that was said.
  const std::string& value(std::string_view option) const;
  /// Whether the option is on the command line.
  bool on_command_line(std::string_view option) const { return on_command_line_.contains(option); }
  /// Whether a user chose its value, on the command line or in a file of options.
  bool given(std::string_view option) const { return on_command_line(option) || in_file_.contains(option); }

  /// Replaces the value, by one from a file or one that suits the data set.
  void set(const std::string& option, const std::string& value) { values_[option] = value; }
  void mark_given(const std::string& option) { in_file_.insert(option); }

 private:
  std::string command_;
  std::map<std::string, std::string, std::less<>> values_;
  std::set<std::string, std::less<>> on_command_line_, in_file_;
};

/// Throws ArgumentError for the first option that is given and has no effect beside the others. A value that
/// is in effect anyway is always allowed, such as `--class-weights none` with a loss that has none. Numbers
/// of steps that are not known yet, empty or 0, are not checked.
void check_pairs(const GivenOptions& options);

}  // namespace trous::cli
