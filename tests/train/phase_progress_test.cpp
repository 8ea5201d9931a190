// The progress of phases, with a clock that the test moves.
#include <cstdlib>

#include <gtest/gtest.h>

#include <trous/train/phase_progress.h>

namespace trous {
namespace {

// What a phase writes, and a clock.
class Written {
 public:
  Written() { stream_ = open_memstream(&bytes_, &size_); }
  ~Written() {
    std::fclose(stream_);
    std::free(bytes_);
  }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;

  PhaseOutput output(bool terminal, bool quiet = false) {
    return {.stream = stream_, .quiet = quiet, .terminal = terminal, .utf8 = false, .clock = [this] {
              return now;
            }};
  }
  std::string text() {
    std::fflush(stream_);
    return {bytes_, size_};
  }

  double now = 1000;

 private:
  std::FILE* stream_ = nullptr;
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

// COLUMNS of the test's own for as long as it lives.
struct EightyColumns {
  EightyColumns() { setenv("COLUMNS", "80", 1); }
  ~EightyColumns() { unsetenv("COLUMNS"); }
};

TEST(PhaseLine, ShowsRateAndWhatRemains) {
  const PhaseState state{.what = "scoring", .items = "images", .done = 6, .total = 12, .seconds = 4};
  EXPECT_EQ(phase_line(state, 80, false),
            " scoring   6/12 images  ============------------   50%  eta 0:04  1.5/s");
  EXPECT_EQ(phase_line(state, 80, true),
            " scoring   6/12 images  ━━━━━━━━━━━━────────────   50%  eta 0:04  1.5/s");
  EXPECT_EQ(phase_line(state, 46, false), " scoring   6/12 images  ===---   50%  eta 0:04");
  EXPECT_EQ(phase_line(state, 37, false), " scoring   6/12 images  ===----   50%");
  EXPECT_EQ(phase_line(state, 20, false), " scoring   6/12 imag");
}

TEST(PhaseLine, HasNoRateBeforeAnItemIsDone) {
  const PhaseState state{.what = "reading", .items = "images", .done = 0, .total = 9, .seconds = 4};
  EXPECT_EQ(phase_line(state, 60, false), " reading  0/9 images  ------------------------    0%");
  const PhaseState fast{.what = "reading", .items = "images", .done = 900, .total = 900, .seconds = 4};
  EXPECT_EQ(phase_line(fast, 80, false),
            " reading  900/900 images  ========================  100%  eta 0:00  225/s");
}

TEST(PhaseProgress, ASlowPhaseHasALineOnATerminalThatIsTakenAway) {
  const EightyColumns columns;
  Written written;
  {
    PhaseProgress phase("reading", "images", written.output(true));
    phase.report(0, 12);
    written.now += 0.9;
    phase.report(3, 12);
    EXPECT_EQ(written.text(), "") << "nothing within a second";
    written.now += 0.1;
    phase.report(3, 12);
    const std::string first = " reading   3/12 images  ======------------------   25%  eta 0:03  3.0/s";
    EXPECT_EQ(written.text(), first);
    written.now += 0.05;
    phase.report(4, 12);
    EXPECT_EQ(written.text(), first) << "ten times a second at most";
    written.now += 0.95;
    phase.report(6, 12);
    EXPECT_EQ(written.text(),
              first + "\r\033[J reading   6/12 images  ============------------   50%  eta 0:02  3.0/s");
  }
  EXPECT_TRUE(written.text().ends_with("3.0/s\r\033[J")) << written.text();
}

TEST(PhaseProgress, AFastPhaseWritesNothing) {
  const EightyColumns columns;
  Written written;
  {
    PhaseProgress phase("reading", "images", written.output(true));
    for (int i = 0; i <= 12; ++i, written.now += 0.07) phase.report(i, 12);
  }
  EXPECT_EQ(written.text(), "");
}

TEST(PhaseProgress, ALogHasALineEveryTenSeconds) {
  Written written;
  {
    PhaseProgress phase("scoring", "images", written.output(false));
    for (int i = 0; i <= 25; ++i, written.now += 1) phase.report(i, 25);
  }
  EXPECT_EQ(written.text(),
            " scoring  10/25 images  =========---------------   40%  eta 0:15  1.0/s\n"
            " scoring  20/25 images  ===================-----   80%  eta 0:05  1.0/s\n");
}

TEST(PhaseProgress, AQuietPhaseWritesNothing) {
  Written written;
  {
    PhaseProgress phase("scoring", "images", written.output(true, true));
    for (int i = 0; i <= 25; ++i, written.now += 1) phase.report(i, 25);
  }
  EXPECT_EQ(written.text(), "");
}

}  // namespace
}  // namespace trous
