// The program on a terminal of its own: nothing is wider than it, the progress line is redrawn in place.
#include <pty.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "cli/program.h"

namespace trous {
namespace {

// All that a terminal of so many columns is sent.
std::string on_terminal(const std::string& folder, const std::string& arguments, unsigned short columns,
                        bool no_color = false) {
  const winsize size{.ws_row = 40, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  const std::string line = "exec '" TROUS_PROGRAM "' " + arguments;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    unsetenv("COLUMNS");
    if (no_color) {
      setenv("NO_COLOR", "1", 1);
    } else {
      unsetenv("NO_COLOR");
    }
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    if (chdir(folder.c_str()) == 0) execl("/bin/sh", "sh", "-c", line.c_str(), static_cast<char*>(nullptr));
    _exit(99);
  }
  std::string all;
  char buffer[4096];
  for (ssize_t n; (n = ::read(terminal, buffer, sizeof buffer)) > 0;)
    all.append(buffer, static_cast<std::size_t>(n));
  int status = 0;
  waitpid(child, &status, 0);
  ::close(terminal);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << all;
  return all;
}

// Columns that a line takes: colours and continuation bytes take none.
std::size_t columns_of(const std::string& line) {
  const std::string bare = std::regex_replace(line, std::regex("\033\\[[0-9;]*[A-Za-z]"), "");
  return static_cast<std::size_t>(std::count_if(bare.begin(), bare.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80 && c != '\r';
  }));
}

using Terminal = SmallSet;

TEST_F(Terminal, NothingIsWiderThanIt) {
  for (const unsigned short columns : {60, 80, 120}) {
    const std::string name = "run" + std::to_string(columns);
    std::string all = on_terminal(scratch_.path(), short_run + "--pixel-baseline --out " + name, columns);
    all += on_terminal(scratch_.path(), "eval " + name, columns);
    all += on_terminal(scratch_.path(), "inspect " + name + " --height 32 --width 32", columns);
    all += on_terminal(scratch_.path(), "data set", columns);
    for (const std::string& line : lines_of(std::regex_replace(all, std::regex("\r(?!\n)"), "\n")))
      EXPECT_LE(columns_of(line), columns) << line;
    EXPECT_NE(all.find("\r\033[J"), std::string::npos) << "the progress line is taken away";
    EXPECT_NE(all.find("1x1 step"), std::string::npos);
    EXPECT_NE(all.find("\033[1;32mbest\033[0m"), std::string::npos) << "colours are on";
    EXPECT_EQ(all.find("kind") != std::string::npos, columns == 120) << "the table leaves out what it must";
  }
}

TEST_F(Terminal, NoColorIsHeeded) {
  train("run", "--quiet");
  EXPECT_NE(on_terminal(scratch_.path(), "eval run", 80).find("\033[38;2;"), std::string::npos);
  EXPECT_EQ(on_terminal(scratch_.path(), "eval run", 80, true).find('\033'), std::string::npos);
}

}  // namespace
}  // namespace trous
