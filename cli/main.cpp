// The program `trous`: parses, runs one subcommand, and turns every error into one line and an exit code.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <trous/cli/commands.h>
#include <trous/cli/interrupt.h>
#include <trous/cli/usage.h>
#include <trous/core/build_info.h>
#include <trous/core/error.h>
#include <trous/ops/kernel_set.h>
#include <trous/run/environment.h>

using trous::cli::ExitCode;

namespace {

std::string version_text() {
  std::ostringstream text;
  text << trous::build_info() << "\n" TROUS_LIBRARIES "\nkernels: " << trous::kernels_in_use();
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

// Runs the command on the command line, and prints the error if it fails.
ExitCode run_program(int argc, char** argv) {
  CLI::App app("Trains small convolutional networks whose every gradient is checked.", "trous");
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  ExitCode code = ExitCode::ok;
  for (const auto add :
       {trous::cli::add_train, trous::cli::add_eval, trous::cli::add_predict, trous::cli::add_inspect,
        trous::cli::add_check, trous::cli::add_profile, trous::cli::add_report, trous::cli::add_data})
    add(app, code);
  try {
    trous::kernel_set();  // throws for a value of TROUS_KERNELS that names no set
    std::vector<std::string> words(argv + 1, argv + argc);
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    app.parse(words);
    return code;
  } catch (const CLI::Success& success) {  // --help and --version
    app.exit(success);
    return ExitCode::ok;
  } catch (const CLI::ParseError& error) {
    std::cerr << "trous: " << trous::cli::in_our_words(app, error) << '\n'
              << trous::cli::where_to_read_on(app) << '\n';
    return ExitCode::usage;
  } catch (const trous::cli::Interrupted& end) {
    std::cerr << end.what() << '\n';
    return ExitCode::stopped_by_signal;
  } catch (const trous::FileError& error) {
    std::cerr << error.what() << '\n';
    return ExitCode::file;
  } catch (const std::filesystem::filesystem_error& error) {
    std::cerr << error.path1().string() << ": " << error.code().message() << ". Choose another path.\n";
    return ExitCode::file;
  } catch (const trous::ArgumentError& error) {
    std::cerr << error.what() << '\n';
    return ExitCode::usage;
  } catch (const std::bad_alloc&) {
    std::cerr << "trous: there is not enough memory." << memory_remedy(app) << '\n';
    return ExitCode::failed;
  } catch (const trous::Error& error) {
    std::cerr << error.what() << '\n';
    return ExitCode::failed;
  } catch (
      const std::exception& error) {  // a library's, which its caller should have turned into one of ours
    std::cerr << "trous: an error of a library was not expected here. It says: " << error.what()
              << ". Please report it with the command.\n";
    return ExitCode::failed;
  }
}

}  // namespace

int main(int argc, char** argv) { return static_cast<int>(run_program(argc, argv)); }
