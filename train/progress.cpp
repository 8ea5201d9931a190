#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iomanip>
#include <sstream>
#include <sys/ioctl.h>
#include <unistd.h>

#include <trous/train/progress.h>

namespace trous {
namespace {

constexpr int longest_bar = 24;
constexpr int shortest_bar = 6;
constexpr std::size_t remembered_steps = 31;

std::string formatted(const char* format, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

std::string bar(double done, int columns, bool utf8) {
  const int halves = static_cast<int>(done * 2 * columns);
  std::string line;
  for (int i = 0; i < columns; ++i) {
    const bool full = 2 * i + 2 <= halves, half = 2 * i + 1 == halves;
    line += utf8 ? (full ? "\u2501" : half ? "\u2578" : "\u2500") : (full ? "=" : "-");
  }
  return line;
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

}  // namespace

std::string clock_text(double seconds) {
  const long whole = std::lround(seconds);
  std::ostringstream stream;
  if (whole >= 3600) stream << whole / 3600 << ':' << std::setfill('0') << std::setw(2);
  stream << whole % 3600 / 60 << ':' << std::setfill('0') << std::setw(2) << whole % 60;
  return stream.str();
}

std::string progress_line(const ProgressState& s, int width, bool utf8) {
  const double done = static_cast<double>(s.step) / static_cast<double>(s.steps);
  const std::string steps = std::to_string(s.steps), step = std::to_string(s.step);
  const std::string gap(steps.size() - std::min(steps.size(), step.size()), ' ');
  const std::string head = ' ' + std::string(s.what) + "  " + gap + step + '/' + steps + "  ";
  std::array<std::string, 6> fields = {
      formatted("  %3.0f%%", 100 * done),
      s.seconds_left < 0 ? std::string() : "  eta " + clock_text(s.seconds_left),
      s.images_per_second <= 0 ? std::string() : formatted("  %.0f img/s", s.images_per_second),
      formatted(s.loss != 0 && !(s.loss >= 1e-3 && s.loss < 1e4) ? "  loss %.2e" : "  loss %.4f", s.loss),
      formatted("  lr %.1e", s.learning_rate),
      s.gradient_norm < 0 ? std::string() : formatted("  gnorm %.3g", s.gradient_norm),
  };
  const auto used = [&] {
    std::size_t length = head.size();
    for (const std::string& field : fields) length += field.size();
    return static_cast<int>(length);
  };
  for (const std::size_t least :
       {5, 4, 2, 3, 1, 0}) {  // gradient's norm, learning rate, img/s, loss, ETA, percentage
    if (used() + shortest_bar > width) fields[least].clear();
  }
  const int columns = std::clamp(width - used(), 0, longest_bar);
  std::string line = head + bar(done, columns, utf8);
  for (const std::string& field : fields) line += field;
  // Without room for even a short bar the head alone may still be too long; it is plain ASCII.
  return columns == 0 ? line.substr(0, static_cast<std::size_t>(std::max(width, 0))) : line;
}

int terminal_width() {
  if (const char* columns = std::getenv("COLUMNS")) {
    if (const int asked = std::atoi(columns); asked > 0) return asked;
  }
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

Progress::Progress(std::int64_t images_per_step, bool quiet, std::string_view what)
    : images_per_step_(images_per_step),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) != 0),
      utf8_(speaks_utf8()),
      what_(what),
      last_step_(Clock::now()) {}

double Progress::median_step_time() const {
  std::vector<double> sorted(times_.begin(), times_.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted.empty() ? 0 : sorted[sorted.size() / 2];
}

// A terminal that became narrower has wrapped the line.
void Progress::erase() {
  const int wrapped = drawn_ > 0 ? (drawn_ - 1) / terminal_width() : 0;
  if (wrapped > 0) std::fprintf(stderr, "\033[%dA", wrapped);
  if (drawn_ > 0) std::fputs("\r\033[J", stderr);
  drawn_ = 0;
}

void Progress::step(std::int64_t step, std::int64_t steps, double loss, double learning_rate,
                    double gradient_norm) {
  const Clock::time_point now = Clock::now();
  if (!first_) {
    times_.push_back(std::chrono::duration<double>(now - last_step_).count());
    if (times_.size() > remembered_steps) times_.pop_front();
  }
  first_ = false;
  last_step_ = now;
  if (quiet_) return;

  const double each = median_step_time();
  const ProgressState state{step,
                            steps,
                            each > 0 ? each * static_cast<double>(steps - step) : -1,
                            each > 0 ? static_cast<double>(images_per_step_) / each : 0,
                            loss,
                            learning_rate,
                            gradient_norm,
                            what_};
  if (terminal_) {
    if (now - last_drawn_ < std::chrono::milliseconds(100) && step < steps) return;
    last_drawn_ = now;
    erase();
    const int width = terminal_width() - 1;
    std::fputs(progress_line(state, width, utf8_).c_str(), stderr);
    std::fflush(stderr);
    drawn_ = std::max(width, 1);
  } else if (const std::int64_t tenths = 10 * step / steps; tenths > tenths_) {
    tenths_ = tenths;
    std::fprintf(stderr, "%s\n", progress_line(state, 100, false).c_str());
  }
}

void Progress::clear() {
  erase();
  std::fflush(stderr);
  first_ = true;
}

}  // namespace trous
