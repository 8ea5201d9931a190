// The line that shows how far training is, compared whole at every kind of width.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/train/progress.h>

namespace trous {
namespace {

constexpr ProgressState state{.step = 118,
                              .steps = 400,
                              .seconds_left = 41.2,
                              .images_per_second = 96.4,
                              .loss = 0.31274,
                              .learning_rate = 1.51e-3};

TEST(ProgressLine, FitsAWideTerminal) {
  // 118 of 400 is 29.5 %: of 24 columns 7.08 are done, 14 halves.
  EXPECT_EQ(progress_line(state, 120, true),
            " step  118/400  ━━━━━━━─────────────────   30%  eta 0:41  96 img/s  loss 0.3127  lr 1.5e-03");
  EXPECT_EQ(progress_line(state, 120, false),
            " step  118/400  =======-----------------   30%  eta 0:41  96 img/s  loss 0.3127  lr 1.5e-03");
}

TEST(ProgressLine, ShrinksTheBarAndThenDropsWhatMattersLeast) {
  // 29.5 % of 13 columns: 7.67 halves.
  EXPECT_EQ(progress_line(state, 80, true),
            " step  118/400  ━━━╸─────────   30%  eta 0:41  96 img/s  loss 0.3127  lr 1.5e-03");
  EXPECT_EQ(progress_line(state, 70, true),
            " step  118/400  ━━━━───────────   30%  eta 0:41  96 img/s  loss 0.3127");
  // 29.5 % of 15 columns: 8.84 halves.
  EXPECT_EQ(progress_line(state, 60, true), " step  118/400  ━━━━───────────   30%  eta 0:41  loss 0.3127");
  EXPECT_EQ(progress_line(state, 60, false), " step  118/400  ====-----------   30%  eta 0:41  loss 0.3127");
  EXPECT_EQ(progress_line(state, 40, false), " step  118/400  ==------   30%  eta 0:41");
  EXPECT_EQ(progress_line(state, 30, false), " step  118/400  ==------   30%");
  EXPECT_EQ(progress_line(state, 20, true), " step  118/400  ━───");
  EXPECT_EQ(progress_line(state, 20, false), " step  118/400  =---");
  EXPECT_EQ(progress_line(state, 5, true), " step");
  EXPECT_EQ(progress_line(state, 5, false), " step");
  EXPECT_EQ(progress_line(state, 0, true), "");
  EXPECT_EQ(progress_line(state, -3, false), "");
}

// In the order that the header gives: bar, gradient norm, learning rate, img/s, loss, ETA, percentage.
TEST(ProgressLine, TheGradientNormIsTheFirstFieldToGo) {
  ProgressState known = state;
  known.gradient_norm = 1.2378;
  EXPECT_EQ(progress_line(known, 120, false),
            " step  118/400  =======-----------------   30%  eta 0:41  96 img/s  loss 0.3127  lr 1.5e-03  "
            "gnorm 1.24");
  EXPECT_EQ(progress_line(known, 87, false),
            " step  118/400  ==------   30%  eta 0:41  96 img/s  loss 0.3127  lr 1.5e-03  gnorm 1.24");
  // The bar would have less than 6 columns.
  EXPECT_EQ(progress_line(known, 84, false), progress_line(state, 84, false));
  for (int width = 0; width <= 84; ++width)
    EXPECT_EQ(progress_line(known, width, true), progress_line(state, width, true)) << width;
  known.gradient_norm = 0;
  EXPECT_TRUE(progress_line(known, 120, false).ends_with("  gnorm 0"));
  known.gradient_norm = 123456;
  EXPECT_TRUE(progress_line(known, 120, false).ends_with("  gnorm 1.23e+05"));
}

// Columns: every byte but the second and third of a three-byte glyph.
int columns(const std::string& line) {
  int count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

TEST(ProgressLine, NeverExceedsItsWidthAndNeverLeavesTheFirstColumnsEmpty) {
  for (const std::int64_t step : {std::int64_t{1}, std::int64_t{777}, std::int64_t{1000000}}) {
    const ProgressState long_run{step, 1000000, 123456, 12345, 1e-7, 1};
    for (int width = 0; width <= 140; ++width) {
      EXPECT_LE(columns(progress_line(long_run, width, true)), width);
      EXPECT_EQ(columns(progress_line(long_run, width, true)),
                columns(progress_line(long_run, width, false)));
    }
  }
}

TEST(ProgressLine, TheBarIsEmptyHalfAndFullWhereItShouldBe) {
  const auto bar_of = [](std::int64_t step) {
    return progress_line({step, 48, -1, 0, 1, 1}, 120, true).substr(14, 24 * 3);
  };
  std::string empty, full;
  for (int i = 0; i < 24; ++i) {
    empty += "─";
    full += "━";
  }
  EXPECT_EQ(bar_of(0), empty);
  EXPECT_EQ(bar_of(48), full);
  EXPECT_EQ(bar_of(1), "╸" + empty.substr(3));
  EXPECT_EQ(bar_of(2), "━" + empty.substr(3));
  EXPECT_EQ(bar_of(47), full.substr(3) + "╸");
}

TEST(ProgressLine, LeavesOutWhatIsNotKnownYet) {
  EXPECT_EQ(progress_line({1, 2, -1, 0, 1.5, 0.002}, 120, false),
            " step  1/2  ============------------   50%  loss 1.5000  lr 2.0e-03");
}

TEST(ProgressLine, SaysWhatItCounts) {
  EXPECT_EQ(progress_line({1, 2, -1, 0, 1.5, 0.002, -1, "1x1 step"}, 120, false),
            " 1x1 step  1/2  ============------------   50%  loss 1.5000  lr 2.0e-03");
}

TEST(ProgressLine, StepsStandInLine) {
  const auto head = [](std::int64_t step) {
    return progress_line({step, 4000, -1, 0, 1, 1}, 120, false).substr(0, 18);
  };
  EXPECT_EQ(head(7), " step     7/4000  ");
  EXPECT_EQ(head(4000), " step  4000/4000  ");
}

TEST(ProgressLine, LossesOfAnySizeStayShort) {
  const auto loss = [](double value) {
    const std::string line = progress_line({1, 2, -1, 0, value, 1}, 120, false);
    const std::size_t from = line.find("loss ") + 5;
    return line.substr(from, line.find("  lr") - from);
  };
  EXPECT_EQ(loss(0), "0.0000");
  EXPECT_EQ(loss(1e-3), "0.0010");
  EXPECT_EQ(loss(4.56e-5), "4.56e-05");
  EXPECT_EQ(loss(9999.4), "9999.4000");
  EXPECT_EQ(loss(1.234e30), "1.23e+30");
  EXPECT_EQ(loss(std::nan("")), "nan");
  EXPECT_EQ(loss(std::numeric_limits<double>::infinity()), "inf");
}

TEST(ClockText, ShowsHoursOnlyWhereThereAreAny) {
  EXPECT_EQ(clock_text(0), "0:00");
  EXPECT_EQ(clock_text(0.4), "0:00");
  EXPECT_EQ(clock_text(9.5), "0:10");
  EXPECT_EQ(clock_text(59.6), "1:00");
  EXPECT_EQ(clock_text(75), "1:15");
  EXPECT_EQ(clock_text(3599), "59:59");
  EXPECT_EQ(clock_text(3600), "1:00:00");
  EXPECT_EQ(clock_text(3675), "1:01:15");
  EXPECT_EQ(clock_text(360000), "100:00:00");
}

}  // namespace
}  // namespace trous
