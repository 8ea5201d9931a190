// The program in a process of its own, so that signals reach it and nothing else.
#pragma once

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <wordexp.h>

#include "cli/program.h"

namespace trous {

class Process {
 public:
  Process(const std::string& folder, const std::string& arguments, std::string output)
      : output_(std::move(output)) {
    // Without a shell on the way: sh -c handles SIGINT itself until it is replaced.
    const std::string line = "'" TROUS_PROGRAM "' " + arguments;
    wordexp_t words{};
    if (wordexp(line.c_str(), &words, WRDE_NOCMD) != 0) throw std::invalid_argument(line);
    child_ = fork();
    if (child_ == 0) {
      const int err = ::open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
      const int null = ::open("/dev/null", O_RDWR);
      dup2(null, STDIN_FILENO);
      dup2(null, STDOUT_FILENO);
      dup2(err, STDERR_FILENO);
      if (chdir(folder.c_str()) == 0) execv(words.we_wordv[0], words.we_wordv);
      _exit(99);
    }
    wordfree(&words);
  }
  ~Process() {
    if (child_ > 0) {
      kill(child_, SIGKILL);
      wait();
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) const { kill(child_, signal); }

  /// Waits, at most a minute, until the program handles `signal` itself.
  bool comes_to_handle(int signal) const {
    for (int i = 0; i < 6000; ++i) {
      std::ifstream status("/proc/" + std::to_string(child_) + "/status");
      for (std::string line; std::getline(status, line);) {
        if (line.starts_with("SigCgt:") &&
            (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0)
          return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  Finished wait() {
    int status = 0;
    waitpid(child_, &status, 0);
    child_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, "", slurp_text(output_)};
  }

 private:
  pid_t child_;
  std::string output_;
};

}  // namespace trous
