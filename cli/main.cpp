// The program `trous`: parses, runs one subcommand, and turns every error into one line and an exit code.
#include <algorithm>
#include <iostream>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <trous/cli/commands.h>
#include <trous/cli/train_config.h>
#include <trous/core/build_info.h>
#include <trous/core/error.h>
#include <trous/core/suggestion.h>

namespace {

// What could have been meant: subcommands and the options of the one that was chosen.
std::vector<std::string> known_words(const CLI::App& app) {
  std::vector<std::string> words;
  const auto add_options = [&](const CLI::App& from) {
    for (const CLI::Option* option : from.get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    }
  };
  add_options(app);
  for (const CLI::App* sub : app.get_subcommands({})) words.push_back(sub->get_name());
  for (const CLI::App* chosen : app.get_subcommands()) add_options(*chosen);
  return words;
}

// The first word that nothing took and that can only be a slip: an option, or what stands for a subcommand.
std::string slip(const CLI::App& app) {
  for (const std::string& word : app.remaining(true)) {
    if (word.starts_with('-') || app.get_subcommands().empty()) return word.substr(0, word.find('='));
  }
  return {};
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  // A missing --out may be there, misspelt: the slip says more.
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  const bool unfinished = code == CLI::ExitCodes::ExtrasError || code == CLI::ExitCodes::RequiredError;
  const std::string word = unfinished ? slip(app) : std::string();
  std::cerr << "trous: ";
  if (word.empty()) {
    std::cerr << error.what() << '.';
  } else {
    std::cerr << word << (word.starts_with('-') ? " is not an option." : " is not a subcommand.");
    std::cerr << trous::suggestion(word, known_words(app));
  }
  std::cerr << "\nSee trous --help, or trous train --help.\n";
  return trous::cli::usage;
}

std::string version_text() {
  std::ostringstream text;
  text << trous::build_info() << "\n" TROUS_LIBRARIES "\nkernels: reference";
  return text.str();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains small convolutional networks whose every gradient is checked.", "trous");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  int code = trous::cli::ok;
  for (const auto add : {trous::cli::add_train, trous::cli::add_eval, trous::cli::add_predict,
                         trous::cli::add_inspect, trous::cli::add_report, trous::cli::add_data})
    add(app, code);
  try {
    std::vector<std::string> words = trous::cli::with_config({argv + 1, argv + argc});
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    app.parse(words);
    return code;
  } catch (const CLI::Success& success) {  // --help and --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  } catch (const trous::FileError& error) {
    std::cerr << error.what() << '\n';
    return trous::cli::file;
  } catch (const trous::ArgumentError& error) {
    std::cerr << error.what() << '\n';
    return trous::cli::usage;
  } catch (const std::bad_alloc&) {
    std::cerr << "trous: there is not enough memory. Lower --batch or --width.\n";
    return trous::cli::failed;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return trous::cli::failed;
  }
}
