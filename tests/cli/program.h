// Runs the real program as a user would, from a shell, in a folder of its own.
#pragma once

#include <cstdlib>
#include <string>
#include <sys/wait.h>

#include "data/scratch.h"

namespace trous {

struct Finished {
  int code;         ///< what the program returned; -1 where a signal ended it
  std::string out;  ///< all of stdout
  std::string err;  ///< all of stderr
};

/// Runs `trous <arguments>` in `folder`, both outputs redirected to files elsewhere. The shell splits
/// `arguments`.
inline Finished trous_in(const std::string& folder, const std::string& arguments) {
  const Scratch outputs;
  const std::string command = "cd '" + folder + "' && '" TROUS_PROGRAM "' " + arguments + " > '" +
                              outputs.path() + "/out' 2> '" + outputs.path() + "/err' < /dev/null";
  const int status = std::system(command.c_str());
  const Bytes out = slurp(outputs / "out"), err = slurp(outputs / "err");
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, {out.begin(), out.end()}, {err.begin(), err.end()}};
}

}  // namespace trous
