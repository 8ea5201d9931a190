#include <cmath>
#include <cstdlib>
#include <optional>
#include <unistd.h>

#include <trous/cli/options.h>
#include <trous/core/choices.h>
#include <trous/core/error.h>

namespace trous::cli {
namespace {

// The text of a word that is not accepted, or nothing.
template <class Accepts>
CLI::Validator accepting(Accepts accepts, const std::string& otherwise) {
  return {[accepts, otherwise](const std::string& word) {
            return accepts(word) ? std::string() : text(word, " is ", otherwise);
          },
          ""};
}

template <class Number, class Range>
CLI::Validator inside(const Range& range) {
  return accepting(
      [range](const std::string& word) {
        const auto value = parsed_number<Number>(word);
        return value && range.contains(*value);
      },
      outside(range));
}

}  // namespace

CLI::Validator in_range(const WholeRange& range) { return inside<std::int64_t>(range); }
CLI::Validator in_range(const NumberRange& range) { return inside<double>(range); }
CLI::Validator in_range(const PositiveRange& range) { return inside<double>(range); }

CLI::Validator whole(std::int64_t low, std::int64_t high) { return in_range(WholeRange{low, high}); }
CLI::Validator number(double low, double high) { return in_range(NumberRange{low, high}); }
CLI::Validator above_zero() { return in_range(PositiveRange()); }

CLI::Validator share() {
  return accepting(
      [](const std::string& word) {
        const auto value = parsed_number<double>(word);
        return value && *value >= 0 && *value <= 1;
      },
      "not a number from 0 to 1");
}

CLI::Validator not_empty() {
  return {
      [](const std::string& word) { return word.empty() ? std::string("the name is empty") : std::string(); },
      ""};
}

CLI::Validator one_of(std::vector<std::string_view> words) {
  const std::string list = listed(words);
  return {[words, list](const std::string& word) {
            const bool known = std::find(words.begin(), words.end(), word) != words.end();
            return known ? std::string() : text('"', word, "\" is not known. Choose ", list);
          },
          ""};
}

void add_network_size(CLI::App& command, std::int64_t& channels, std::int64_t& classes) {
  const auto add = [&](const char* option, std::int64_t& size, const char* what) {
    command.add_option(option, size, what)->check(whole(1, 4096))->capture_default_str();
  };
  add("--channels", channels, "channels of the images, for a network given by name");
  add("--classes", classes, "number of classes, for a network given by name");
}

void add_output_style(CLI::App& command, OutputStyle& style) {
  command.add_flag("-q,--quiet", style.quiet, "print the result alone: no progress, no tables");
  command.add_flag("--json", style.json, "print one JSON object per line on stdout");
  command.add_option("--color", style.color, "auto, always or never; NO_COLOR is respected")
      ->check(one_of({"auto", "always", "never"}))
      ->capture_default_str();
}

bool colored(const OutputStyle& style) {
  if (style.color != "auto") return style.color == "always";
  const char* const forbidden = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && !(forbidden && *forbidden) &&
         !(terminal && std::string_view(terminal) == "dumb");
}

}  // namespace trous::cli
