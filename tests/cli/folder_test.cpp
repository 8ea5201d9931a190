// A user's own images: `trous train --data DIR --out RUN` and nothing else to say.
#include <gtest/gtest.h>

#include <trous/data/fashion.h>

#include "cli/program.h"

namespace trous {
namespace {

// The garments as a folder, or nothing where their package is not installed.
bool write_garments(const std::string& folder, std::int64_t count) {
  const FashionOptions options;
  if (!std::filesystem::exists(options.directory)) return false;
  const Splits splits = fashion(options);
  write_folder(folder, splits.train, count);
  write_classes(folder, splits.train);
  return true;
}

TEST(Folder, TrainsOnGarmentsFromPngFiles) {
  const Scratch scratch;
  if (!write_garments(scratch / "garments", 40))
    GTEST_SKIP() << "dataset-fashion-mnist is not installed: scripts/install-dependencies data";
  const Finished run = trous_in(scratch.path(), "train --data garments --out run --steps 2");
  ASSERT_EQ(run.code, 0) << run.err;
  expect_plain(run.out);
  EXPECT_TRUE(has_line(run.out, "trous [0-9.]+  train small-dilated on garments: 2 steps of 8 images, .*"))
      << run.out;
  EXPECT_TRUE(has_line(run.out, "data    28 train, 6 validation, 6 test images of 64x84x1")) << run.out;
  EXPECT_TRUE(has_line(run.out, "        pixels: background [0-9.]+ %, T-shirt [0-9.]+ %, .*")) << run.out;
  EXPECT_TRUE(std::filesystem::exists(scratch / "run/report.html"));
  const Finished eval = trous_in(scratch.path(), "eval run --quiet");
  EXPECT_TRUE(std::regex_match(eval.out, std::regex("0\\.[0-9]{4}\n"))) << eval.out << eval.err;
}

TEST(Folder, TrainsWithNoOtherWord_slow) {
  const Scratch scratch;
  const Splits set = shapes({.size = 16, .train = 30});
  write_folder(scratch / "mine", set.train, 30);
  const Finished run = trous_in(scratch.path(), "train --data mine --out run");
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_TRUE(
      has_line(run.out, "trous [0-9.]+  train small-dilated on mine: 800 steps of 8 images, seed 0, .*"))
      << run.out;
  EXPECT_TRUE(has_line(run.out, "    800 .*")) << run.out;
  EXPECT_EQ(lines_of(run.err).size(), 10u) << "a line for each tenth\n" << run.err;
}

TEST(Folder, TenFaultsAreNamedInOneGoAndNothingIsMade) {
  const Scratch scratch;
  const Dataset set = shapes({.size = 16, .train = 40}).train;
  write_folder(scratch / "mine", set, 12);
  write_classes(scratch / "mine", set);
  std::string expected =
      "folder: mine has 10 faults, so nothing was read from it. Mend them and start again:";
  for (std::string fault : plant_ten_faults(scratch / "mine", set)) {
    for (std::size_t at; (at = fault.find(scratch.path() + '/')) != std::string::npos;)
      fault.erase(at, scratch.path().size() + 1);
    expected += "\n  " + fault;
  }
  for (const char* words : {"train --data mine --out run", "data mine", "data mine --export copy"}) {
    const Finished run = trous_in(scratch.path(), words);
    EXPECT_EQ(run.code, 3) << words;
    EXPECT_EQ(run.out, "") << words;
    EXPECT_EQ(run.err, expected + '\n') << words;
    EXPECT_EQ(scratch.files(), 1u) << words;
  }
}

}  // namespace
}  // namespace trous
