#include <algorithm>
#include <chrono>
#include <cstdio>
#include <unistd.h>

#include <trous/train/progress.h>

namespace trous {
namespace {

constexpr std::size_t remembered_steps = 31;

std::string formatted(const char* format, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

}  // namespace

std::string progress_line(const ProgressState& s, int width, bool utf8) {
  const double done = static_cast<double>(s.step) / static_cast<double>(s.steps);
  const std::string steps = std::to_string(s.steps), step = std::to_string(s.step);
  const std::string gap(steps.size() - std::min(steps.size(), step.size()), ' ');
  const std::string head = ' ' + std::string(s.what) + "  " + gap + step + '/' + steps + "  ";
  return fitted_line(
      {.head = head,
       .done = done,
       .fields = {formatted("  %3.0f%%", 100 * done),
                  s.seconds_left < 0 ? std::string() : "  eta " + clock_text(s.seconds_left),
                  s.images_per_second <= 0 ? std::string() : formatted("  %.0f img/s", s.images_per_second),
                  formatted(s.loss != 0 && !(s.loss >= 1e-3 && s.loss < 1e4) ? "  loss %.2e" : "  loss %.4f",
                            s.loss),
                  formatted("  lr %.1e", s.learning_rate),
                  s.gradient_norm < 0 ? std::string() : formatted("  gnorm %.3g", s.gradient_norm)},
       .drops = {5, 4, 2, 3, 1, 0}},  // gradient's norm, learning rate, img/s, loss, ETA, percentage
      width, utf8);
}

Progress::Progress(std::int64_t images_per_step, bool quiet, std::string_view what)
    : images_per_step_(images_per_step),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) != 0),
      utf8_(speaks_utf8()),
      what_(what),
      line_(stderr),
      last_step_(Clock::now()) {}

double Progress::median_step_time() const {
  std::vector<double> sorted(times_.begin(), times_.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted.empty() ? 0 : sorted[sorted.size() / 2];
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
    line_.draw(progress_line(state, terminal_width() - 1, utf8_));
  } else if (const std::int64_t tenths = 10 * step / steps; tenths > tenths_) {
    tenths_ = tenths;
    std::fprintf(stderr, "%s\n", progress_line(state, 100, false).c_str());
  }
}

void Progress::clear() {
  line_.erase();
  first_ = true;
}

}  // namespace trous
