// The program `trous` as a function: a main() of ten lines adds networks, data sets, losses and tasks by
// name, and is then trous with all its commands for them.
#pragma once

#include <string>
#include <vector>

#include <trous/data/named_data_sets.h>
#include <trous/layers/named_networks.h>
#include <trous/train/loss.h>
#include <trous/train/task.h>

namespace trous {

/// What a program adds to trous. All names are known to every command, to config.json, to checkpoints and to
/// networks in JSON, beside those of trous.
///
///   int main(int argc, char** argv) {
///     return trous::run_program({.networks = {trous::NamedNetwork::of<MyNet>("my-net")}}, argc, argv);
///   }
struct Program {
  /// As its texts and the commands in them call it. Empty: the file name in argv[0].
  std::string name = {};
  std::vector<NamedNetwork> networks = {};   ///< for --model NAME and {"network": NAME}
  std::vector<NamedDataSet> data_sets = {};  ///< for --data NAME
  std::vector<NamedLoss> losses = {};        ///< for --loss NAME
  std::vector<Task> tasks = {};              ///< for --task NAME and NamedDataSet::task
};

/// Adds the names of `program`, then runs the command in argv and returns its exit code: 0 done, 1 failed,
/// 2 a fault in words or options, 3 in a file, 4 diverged, 130 stopped by a signal. Results go to stdout; an
/// error is a line on stderr, also for a name that cannot be added, as add_named_network says. Throws
/// nothing. Call it once in a process, before anything else looks up a name.
int run_program(const Program& program, int argc, char** argv);

}  // namespace trous
