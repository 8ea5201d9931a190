// The subcommands of the program `trous`; each file cli/<name>.cpp adds one.
#pragma once

namespace CLI {
class App;
}

namespace trous::cli {

/// The exit codes of the program.
enum class ExitCode { ok = 0, failed = 1, usage = 2, file = 3, diverged = 4, stopped_by_signal = 130 };

/// Adds the subcommand `trous train`, and so on. The command that runs stores its exit code in `code`.
void add_train(CLI::App& app, ExitCode& code);
void add_eval(CLI::App& app, ExitCode& code);
void add_predict(CLI::App& app, ExitCode& code);
void add_inspect(CLI::App& app, ExitCode& code);
void add_profile(CLI::App& app, ExitCode& code);
void add_check(CLI::App& app, ExitCode& code);
void add_report(CLI::App& app, ExitCode& code);
void add_data(CLI::App& app, ExitCode& code);

}  // namespace trous::cli
