#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <iomanip>
#include <sstream>
#include <sys/ioctl.h>
#include <unistd.h>

#include <trous/train/terminal_line.h>

namespace trous {
namespace {

constexpr int longest_bar = 24;
constexpr int shortest_bar = 6;

std::string bar(double done, int columns, bool utf8) {
  const int halves = static_cast<int>(done * 2 * columns);
  std::string line;
  for (int i = 0; i < columns; ++i) {
    const bool full = 2 * i + 2 <= halves, half = 2 * i + 1 == halves;
    line += utf8 ? (full ? "\u2501" : half ? "\u2578" : "\u2500") : (full ? "=" : "-");
  }
  return line;
}

}  // namespace

int terminal_width() {
  if (const char* columns = std::getenv("COLUMNS")) {
    if (const int asked = std::atoi(columns); asked > 0) return asked;
  }
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const char* value = std::getenv(name); value && *value) {
      std::string locale(value);
      for (char& c : locale) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    }
  }
  return false;
}

std::string clock_text(double seconds) {
  const long whole = std::lround(seconds);
  std::ostringstream stream;
  if (whole >= 3600) stream << whole / 3600 << ':' << std::setfill('0') << std::setw(2);
  stream << whole % 3600 / 60 << ':' << std::setfill('0') << std::setw(2) << whole % 60;
  return stream.str();
}

std::string fitted_line(LineParts parts, int width, bool utf8) {
  const auto used = [&] {
    std::size_t length = parts.head.size();
    for (const std::string& field : parts.fields) length += field.size();
    return static_cast<int>(length);
  };
  for (const std::size_t least : parts.drops) {
    if (used() + shortest_bar > width) parts.fields[least].clear();
  }
  const int columns = std::clamp(width - used(), 0, longest_bar);
  std::string line = parts.head + bar(parts.done, columns, utf8);
  for (const std::string& field : parts.fields) line += field;
  // Without room for even a short bar the head alone may still be too long; it is plain ASCII.
  return columns == 0 ? line.substr(0, static_cast<std::size_t>(std::max(width, 0))) : line;
}

void TerminalLine::draw(const std::string& line) {
  erase();
  std::fputs(line.c_str(), stream_);
  std::fflush(stream_);
  drawn_ = std::max(terminal_width() - 1, 1);
}

void TerminalLine::erase() {
  const int wrapped = drawn_ > 0 ? (drawn_ - 1) / terminal_width() : 0;
  if (wrapped > 0) std::fprintf(stream_, "\033[%dA", wrapped);
  if (drawn_ > 0) std::fputs("\r\033[J", stream_);
  std::fflush(stream_);
  drawn_ = 0;
}

}  // namespace trous
