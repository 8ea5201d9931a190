#include <chrono>
#include <unistd.h>
#include <utility>

#include <trous/train/phase_progress.h>

namespace trous {
namespace {

// Seconds: before the first line and between two lines.
constexpr double first_on_terminal = 1, between_on_terminal = 0.1;
constexpr double between_in_log = 10;

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string rate_text(double per_second) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, per_second < 10 ? "  %.1f/s" : "  %.0f/s", per_second);
  return buffer;
}

}  // namespace

std::string phase_line(const PhaseState& s, int width, bool utf8) {
  const double share = s.total > 0 ? static_cast<double>(s.done) / static_cast<double>(s.total) : 1;
  const std::string total = std::to_string(s.total), done = std::to_string(s.done);
  const std::string head = ' ' + s.what + "  " + std::string(total.size() - done.size(), ' ') + done + '/' +
                           total + ' ' + s.items + "  ";
  char percentage[64];
  std::snprintf(percentage, sizeof percentage, "  %3.0f%%", 100 * share);
  std::vector<std::string> fields{percentage, "", ""};
  if (s.done > 0 && s.seconds > 0) {
    const double per_second = static_cast<double>(s.done) / s.seconds;
    fields[1] = "  eta " + clock_text(static_cast<double>(s.total - s.done) / per_second);
    fields[2] = rate_text(per_second);
  }
  return fitted_line({.head = head, .done = share, .fields = std::move(fields), .drops = {2, 1, 0}}, width,
                     utf8);
}

PhaseOutput phase_output_to_stderr(bool quiet) {
  return {.stream = stderr,
          .quiet = quiet,
          .terminal = isatty(STDERR_FILENO) != 0,
          .utf8 = speaks_utf8(),
          .clock = steady_seconds};
}

PhaseProgress::PhaseProgress(std::string what, std::string items, PhaseOutput output)
    : state_{std::move(what), std::move(items), 0, 0, 0},
      output_(std::move(output)),
      line_(output_.stream),
      begun_(output_.clock ? output_.clock() : (output_.clock = steady_seconds)()),
      next_(begun_ + (output_.terminal ? first_on_terminal : between_in_log)) {}

void PhaseProgress::report(std::int64_t done, std::int64_t total) {
  if (output_.quiet) return;
  const double now = output_.clock();
  if (now < next_) return;
  state_.done = done;
  state_.total = total;
  state_.seconds = now - begun_;
  next_ = now + (output_.terminal ? between_on_terminal : between_in_log);
  if (output_.terminal) {
    line_.draw(phase_line(state_, terminal_width() - 1, output_.utf8));
  } else {
    std::fprintf(output_.stream, "%s\n", phase_line(state_, 100, false).c_str());
  }
}

}  // namespace trous
