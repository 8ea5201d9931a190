// Parses, runs one subcommand, and turns every error into one line and an exit code.
#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <trous/cli/commands.h>
#include <trous/cli/interrupt.h>
#include <trous/cli/program_name.h>
#include <trous/cli/train_config.h>
#include <trous/cli/usage.h>
#include <trous/core/build_info.h>
#include <trous/core/error.h>
#include <trous/ops/kernel_set.h>
#include <trous/program/program.h>
#include <trous/run/environment.h>

namespace trous {
namespace {

using cli::ExitCode;
using cli::program_name;

std::string version_text() {
  std::ostringstream text;
  if (program_name() != cli::own_program) text << program_name() << ", made with ";
  text << build_info() << "\n" TROUS_LIBRARIES "\nkernels: " << kernels_in_use();
  return text.str();
}

// A sentence with options that reduce the memory of the command that ran.
std::string memory_remedy(const CLI::App& app) {
  const auto ran = app.get_subcommands();
  const std::string command = ran.empty() ? "" : ran.front()->get_name();
  if (command == "train" || command == "profile") return " Lower --batch or --width.";
  if (command == "eval") return " Lower --batch.";
  return "";
}

constexpr std::array commands{cli::add_train, cli::add_eval,    cli::add_predict, cli::add_inspect,
                              cli::add_check, cli::add_profile, cli::add_report,  cli::add_data};

// Throws ArgumentError, naming the data set, where it names a task or a network that is not there.
void check_names_in(const NamedDataSet& data_set) {
  try {
    if (!data_set.task.empty()) named_task(data_set.task);
    cli::check_model(std::string(data_set.recipe.model));
  } catch (const ArgumentError& error) {
    throw ArgumentError(text("data set: \"", data_set.name, "\" cannot be added. ", error.what()));
  }
}

void add_names(const Program& program) {
  for (const NamedNetwork& network : program.networks) add_named_network(network);
  for (const NamedDataSet& data_set : program.data_sets) add_named_data_set(data_set);
  for (const NamedLoss& loss : program.losses) add_named_loss(loss);
  for (const Task& task : program.tasks) add_named_task(task);
  for (const NamedDataSet& data_set : program.data_sets) check_names_in(data_set);
}

// Runs the command in `words`, and prints the error if it fails.
ExitCode run(const Program& program, std::vector<std::string> words) {
  CLI::App app("Trains small convolutional networks whose every gradient is checked.", program_name());
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  ExitCode code = ExitCode::ok;
  try {
    add_names(program);
    for (const auto add : commands) add(app, code);
    kernel_set();                              // throws for a value of TROUS_KERNELS that names no set
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    app.parse(words);
    return code;
  } catch (const CLI::Success& success) {  // --help and --version
    app.exit(success);
    return ExitCode::ok;
  } catch (const CLI::ParseError& error) {
    std::cerr << program_name() << ": " << cli::in_our_words(app, error) << '\n'
              << cli::where_to_read_on(app) << '\n';
    return ExitCode::usage;
  } catch (const cli::Interrupted& end) {
    std::cerr << end.what() << '\n';
    return ExitCode::stopped_by_signal;
  } catch (const FileError& error) {
    std::cerr << error.what() << '\n';
    return ExitCode::file;
  } catch (const std::filesystem::filesystem_error& error) {
    std::cerr << error.path1().string() << ": " << error.code().message() << ". Choose another path.\n";
    return ExitCode::file;
  } catch (const ArgumentError& error) {
    std::cerr << error.what() << '\n';
    return ExitCode::usage;
  } catch (const std::bad_alloc&) {
    std::cerr << program_name() << ": there is not enough memory." << memory_remedy(app) << '\n';
    return ExitCode::failed;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return ExitCode::failed;
  } catch (
      const std::exception& error) {  // a library's, which its caller should have turned into one of ours
    if (!cli::recorded_program().empty()) {
      std::cerr << program_name() << ": an error that is none of trous's: " << error.what()
                << ". It comes from the code of this program, or from a library.\n";
      return ExitCode::failed;
    }
    std::cerr << program_name() << ": an error of a library was not expected here. It says: " << error.what()
              << ". Please report it with the command.\n";
    return ExitCode::failed;
  }
}

}  // namespace

int run_program(const Program& program, int argc, char** argv) {
  const std::string called = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : cli::own_program;
  cli::set_program_name(program.name.empty() ? called : program.name,
                        !program.networks.empty() || !program.data_sets.empty() || !program.losses.empty() ||
                            !program.tasks.empty());
  return static_cast<int>(run(program, {argv + std::min(argc, 1), argv + argc}));
}

}  // namespace trous
