// Options that do not go together: one table of all options that would do nothing, or not what they say,
// beside others.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace trous::cli {

/// What a subcommand was asked for: the value of each option by its flag, such as "--loss", and of each
/// positional by its name, such as "RUN".
class Asked {
 public:
  /// The words of the command line, and the defaults of the options that were not said.
  explicit Asked(const CLI::App& command);
  Asked() = default;

  const std::string& command() const { return command_; }
  /// Empty where there is neither a word nor a default; "true" for a flag that was said.
  const std::string& value(std::string_view option) const;
  /// Whether the option stands on the command line.
  bool said(std::string_view option) const { return said_.contains(option); }
  /// Whether somebody wants it: on the command line, or in a file of options.
  bool meant(std::string_view option) const { return said(option) || meant_.contains(option); }

  /// What the option has come to be, by a file or by the data set.
  void set(const std::string& option, const std::string& value) { values_[option] = value; }
  void mean(const std::string& option) { meant_.insert(option); }

 private:
  std::string command_;
  std::map<std::string, std::string, std::less<>> values_;
  std::set<std::string, std::less<>> said_, meant_;
};

/// Throws ArgumentError for the first option that is meant and would do nothing beside the others. An option
/// may always say what is so anyway, as `--class-weights none` does with a loss that has none. Numbers of
/// steps that are not known yet, empty or 0, refuse nothing.
void check_pairs(const Asked& asked);

}  // namespace trous::cli
