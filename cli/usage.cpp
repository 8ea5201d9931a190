#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <trous/cli/program_name.h>
#include <trous/cli/usage.h>
#include <trous/core/choices.h>
#include <trous/core/suggestion.h>

namespace trous::cli {
namespace {

const CLI::App& chosen(const CLI::App& app) {
  return app.get_subcommands().empty() ? app : *app.get_subcommands().front();
}

// The words that a misspelt word may have meant: subcommands, and the options of the one that was chosen.
std::vector<std::string> known_words(const CLI::App& app) {
  std::vector<std::string> words;
  const auto add_options = [&](const CLI::App& from) {
    for (const CLI::Option* option : from.get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    }
  };
  add_options(app);
  for (const CLI::App* sub : app.get_subcommands({})) words.push_back(sub->get_name());
  for (const CLI::App* sub : app.get_subcommands()) add_options(*sub);
  return words;
}

// The first unused word that can only be a slip: an option, or a word in the place of a subcommand.
std::string slip(const CLI::App& app) {
  for (const std::string& word : app.remaining(true)) {
    if ((word.starts_with('-') && word != "--") || app.get_subcommands().empty())
      return word.substr(0, word.find('='));
  }
  return {};
}

std::string list_of_subcommands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* const sub : app.get_subcommands({})) names.push_back(sub->get_name());
  return listed({names.begin(), names.end()});
}

std::string missing(const CLI::App& app, const std::string& what) {
  const std::string name = what.substr(0, what.find(' '));
  for (const CLI::Option* option : chosen(app).get_options()) {
    if (option->get_name(name.starts_with("--") ? false : true) == name)
      return name + " is missing: " + option->get_description();
  }
  return "say what to do: " + list_of_subcommands(app);
}

std::string sentence(std::string words) {
  if (words.empty() || std::string(".?!").find(words.back()) == std::string::npos) words += '.';
  return words;
}

}  // namespace

std::string in_our_words(const CLI::App& app, const CLI::ParseError& error) {
  const std::string what = error.what();
  const std::string name = what.substr(0, what.find(':'));
  switch (static_cast<CLI::ExitCodes>(error.get_exit_code())) {
    case CLI::ExitCodes::ExtrasError:
    case CLI::ExitCodes::RequiredError:
      // A missing --out may be there, misspelt: then the misspelt word is the better message.
      if (const std::string word = slip(app); !word.empty()) {
        return word + (word.starts_with('-') ? " is not an option." : " is not a subcommand.") +
               suggestion(word, known_words(app));
      }
      if (dynamic_cast<const CLI::RequiredError*>(&error)) return sentence(missing(app, what));
      for (const std::string& word : app.remaining(true)) {
        if (word != "--") return '"' + word + "\" is one word too many.";
      }
      return sentence(what);
    case CLI::ExitCodes::ArgumentMismatch:
      return name + " needs a value.";
    case CLI::ExitCodes::ConversionError:  // only flags with a value are left: --quiet=no
      if (const auto from = what.find("--"); from != std::string::npos)
        return what.substr(from, what.find(' ', from) - from) + " takes no value.";
      return sentence(what);
    default:
      return sentence(what);
  }
}

std::string where_to_read_on(const CLI::App& app) {
  const std::string name = chosen(app).get_parent() ? ' ' + chosen(app).get_name() : std::string();
  return "See " + program_name() + name + " --help.";
}

}  // namespace trous::cli
