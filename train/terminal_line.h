// A line at the bottom of a terminal that is redrawn in place, and what the lines of all kinds of progress
// have in common.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace trous {

/// Returns the columns of the terminal behind stderr, from COLUMNS or the terminal itself; 80 if neither is
/// known.
int terminal_width();

/// Whether the locale in LC_ALL, LC_CTYPE or LANG, the first that is set, encodes characters as UTF-8.
bool speaks_utf8();

/// 75 seconds as 1:15, and 3675 as 1:01:15.
std::string clock_text(double seconds);

/// The parts of a line of progress.
struct LineParts {
  std::string head;                 ///< what is done, in ASCII
  double done;                      ///< the length of the bar, 0..1
  std::vector<std::string> fields;  ///< behind the bar, in ASCII
  std::vector<std::size_t> drops;   ///< the numbers of the fields in the order in which they are left out
};

/// The head, a bar and the fields in at most `width` columns: the bar shrinks first, then fields are left
/// out, then the bar, then the head is cut. `utf8` draws the bar with lines, otherwise with = and -.
std::string fitted_line(LineParts parts, int width, bool utf8);

/// The line of a terminal that is redrawn.
class TerminalLine {
 public:
  explicit TerminalLine(std::FILE* stream) : stream_(stream) {}

  /// Draws `line`, of at most terminal_width() - 1 columns, in place of what it drew before.
  void draw(const std::string& line);

  /// Takes the line away, also if the terminal became narrower since and has wrapped it.
  void erase();

 private:
  std::FILE* stream_;
  int drawn_ = 0;  // columns of the line on the terminal
};

}  // namespace trous
