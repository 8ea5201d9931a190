// The subcommands of the program `trous`; each file cli/<name>.cpp adds one.
#pragma once

namespace CLI {
class App;
}

namespace trous::cli {

/// What the program returns to the shell.
enum ExitCode { ok = 0, failed = 1, usage = 2, file = 3, diverged = 4 };

/// Adds `trous train`; its run leaves the exit code in `code`.
void add_train(CLI::App& app, int& code);

}  // namespace trous::cli
