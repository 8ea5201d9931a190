// Messages for a command line that cannot be parsed.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace trous::cli {

/// Describes the error in a sentence: a misspelt word with a suggestion, a word too many or too few, a value
/// that is not allowed.
std::string in_our_words(const CLI::App& app, const CLI::ParseError& error);

/// Returns the sentence that points to the --help of the subcommand that was chosen, or of the program.
std::string where_to_read_on(const CLI::App& app);

}  // namespace trous::cli
