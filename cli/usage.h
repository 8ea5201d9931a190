// What a command line that cannot be taken is answered with.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace trous::cli {

/// What was wrong, in a sentence: a slip with what it may have meant, a word too many or too few, a value
/// that is not allowed.
std::string in_our_words(const CLI::App& app, const CLI::ParseError& error);

/// Where to read on: " --help" of the subcommand that was chosen, or of the program.
std::string where_to_read_on(const CLI::App& app);

}  // namespace trous::cli
