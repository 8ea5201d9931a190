#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/augment.h>

#include "data/scratch.h"

namespace trous {
namespace {

std::string refusal(const Augmentation& augmentation) {
  return message_of<ArgumentError>([&] { check(augmentation); });
}

std::string refusal_of(const std::string& words) {
  return message_of<ArgumentError>([&] { parse_augmentation(words); });
}

TEST(AugmentOptions, SayWhatIsOutOfRange) {
  EXPECT_EQ(refusal({.scale = 0.5}),
            "augmentation: scale 0.5 is outside 1 to 100. 1.25 zooms by 0.8 to 1.25.");
  EXPECT_EQ(refusal({.rotate = 181}),
            "augmentation: rotate 181 is outside 0 to 180. 10 turns by -10 to 10 degrees.");
  EXPECT_EQ(refusal({.shift = -0.1}),
            "augmentation: shift -0.1 is outside 0 to 1. 0.1 moves by up to a tenth of height and width.");
  EXPECT_EQ(refusal({.brightness = 2}),
            "augmentation: brightness 2 is outside 0 to 1. 0.1 adds -0.1 to 0.1 to values of 0 to 1.");
  EXPECT_EQ(refusal({.contrast = 1.5}),
            "augmentation: contrast 1.5 is outside 0 to 1. 0.2 scales by 0.8 to 1.2 about the mean.");
  EXPECT_EQ(
      refusal({.noise = -1}),
      "augmentation: noise -1 is outside 0 to 1. 0.05 is a standard deviation beside values of 0 to 1.");
  EXPECT_EQ(refusal({.crop = Window{0, 64}}),
            "augmentation: crop 0x64 is no window. It is height x width, 1 to 32768 each.");
  EXPECT_THROW(check({.crop = Window{1, 32769}}), ArgumentError);
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    for (double Augmentation::*member :
         {&Augmentation::scale, &Augmentation::rotate, &Augmentation::shift, &Augmentation::brightness,
          &Augmentation::contrast, &Augmentation::noise}) {
      Augmentation augmentation;
      augmentation.*member = bad;
      EXPECT_THROW(check(augmentation), ArgumentError);
      EXPECT_THROW(to_text(augmentation), ArgumentError);
      EXPECT_THROW(draw_warp(augmentation, {4, 4, 1}, Key{1}), ArgumentError);
      EXPECT_THROW(augmented_shape({4, 4, 1}, augmentation), ArgumentError);
    }
  }
  check({.scale = 100,
         .rotate = 180,
         .shift = 1,
         .crop = Window{32768, 1},
         .brightness = 1,
         .contrast = 1,
         .noise = 1});
}

TEST(AugmentOptions, AreReadFromWords) {
  const Augmentation all{.flip_horizontal = true,
                         .flip_vertical = true,
                         .scale = 1.25,
                         .rotate = 10,
                         .shift = 0.1,
                         .crop = Window{48, 64},
                         .brightness = 0.1,
                         .contrast = 0.2,
                         .noise = 0.02};
  EXPECT_EQ(parse_augmentation("flip,flip-vertical,scale=1.25,rotate=10,shift=0.1,crop=48x64,brightness=0.1,"
                               "contrast=0.2,noise=0.02"),
            all);
  EXPECT_EQ(parse_augmentation("crop=48x64,noise=2e-2,contrast=.2,flip-vertical,brightness=0.1,shift=0.1,"
                               "rotate=10.0,scale=1.25,flip"),
            all);
  EXPECT_EQ(parse_augmentation("none"), Augmentation{});
  EXPECT_EQ(parse_augmentation("flip"), Augmentation{.flip_horizontal = true});
  EXPECT_EQ(parse_augmentation("scale=1"), Augmentation{});
}

TEST(AugmentOptions, TheirTextReadsBackExactly) {
  EXPECT_EQ(to_text({}), "none");
  EXPECT_EQ(to_text({.flip_vertical = true, .scale = 1.25, .crop = Window{48, 64}, .noise = 0.02}),
            "flip-vertical,scale=1.25,noise=0.02,crop=48x64");
  Random random(Key{7});
  for (int i = 0; i < 300; ++i) {
    Augmentation a{.flip_horizontal = random.below(2) == 1, .flip_vertical = random.below(2) == 1};
    if (random.below(2)) a.scale = random.uniform(1, 100);
    if (random.below(2)) a.rotate = random.uniform(0, 180);
    if (random.below(2)) a.shift = random.uniform();
    if (random.below(2)) a.crop = Window{1 + random.below(100), 1 + random.below(32768)};
    if (random.below(2)) a.brightness = random.uniform() * 1e-300;
    if (random.below(2)) a.contrast = random.uniform() * 1e-7;
    if (random.below(2)) a.noise = std::numeric_limits<double>::denorm_min();
    EXPECT_EQ(parse_augmentation(to_text(a)), a) << to_text(a);
  }
}

TEST(AugmentOptions, SayWhichWordIsWrong) {
  EXPECT_EQ(refusal_of("flip,zoom=2"),
            "augmentation: 'zoom=2' is no transform. There are none, flip, flip-vertical, scale=, rotate=, "
            "shift=, brightness=, contrast=, noise=, foreground= and crop=. Join them with commas, as in "
            "flip,scale=1.25,crop=48x64.");
  for (const char* words : {"", "flip,", ",flip", "none,flip", "flip, noise=0.1", "flip=1", "Flip", "=3"}) {
    EXPECT_NE(refusal_of(words).find("is no transform. There are none, flip"), std::string::npos) << words;
  }
  EXPECT_EQ(refusal_of("scale=big"),
            "augmentation: 'scale=big' has no value that can be read. Write it as in scale=1.5.");
  EXPECT_EQ(
      refusal_of("crop=48"),
      "augmentation: 'crop=48' has no value that can be read. Write it as in crop=48x64, height x width.");
  for (const char* words :
       {"scale", "scale=", "scale=1,5", "scale=1.5 ", "scale=+1.5", "scale=1e999", "noise=0x1", "crop",
        "crop=", "crop=x", "crop=3x", "crop=x3", "crop=3x4x5", "crop=3.0x4", "crop=99999999999999999999x1"}) {
    EXPECT_THROW(parse_augmentation(words), ArgumentError) << words;
  }
  EXPECT_EQ(refusal_of("flip,scale=2,flip"),
            "augmentation: 'flip' stands twice in 'flip,scale=2,flip'. Say each transform once.");
  EXPECT_THROW(parse_augmentation("scale=2,scale=3"), ArgumentError);
  EXPECT_EQ(refusal_of("scale=nan"),
            "augmentation: scale nan is outside 1 to 100. 1.25 zooms by 0.8 to 1.25.");
  EXPECT_EQ(refusal_of("crop=0x4"),
            "augmentation: crop 0x4 is no window. It is height x width, 1 to 32768 each.");
  EXPECT_EQ(refusal_of("foreground=0.5"),
            "augmentation: foreground 0.5 does nothing without a crop. Give both, as in "
            "crop=256x256,foreground=0.5.");
  EXPECT_EQ(to_text(parse_augmentation("crop=9x8,foreground=0.5")), "foreground=0.5,crop=9x8");
}

}  // namespace
}  // namespace trous
