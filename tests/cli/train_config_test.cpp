// The options of a run: the library's list with the program's own options in it.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <trous/cli/train_config.h>

namespace trous::cli {
namespace {

std::vector<std::string> names_of_all_options() {
  std::vector<std::string> names;
  const TrainConfig plain;
  TrainConfig::parts(
      plain, [&](const TrainOption& option, const auto&, const auto&) { names.emplace_back(option.name); });
  return names;
}

// The program's options stand behind options of the library. One whose neighbour is renamed would be lost.
TEST(TrainConfig, ListsTheProgramsOwnOptionsOnce) {
  const std::vector<std::string> names = names_of_all_options();
  for (const char* const own : {"data", "data_dir", "mask_threshold", "resize", "model", "out", "weights",
                                "weight_decay", "ignore_index", "augment", "freeze", "width", "kernel",
                                "norm", "activation", "threads", "pixel_baseline"})
    EXPECT_EQ(std::count(names.begin(), names.end(), own), 1) << own;
  const auto place = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) - names.begin();
  };
  EXPECT_EQ(place("width"), place("save_every") + 1);
  EXPECT_EQ(place("kernel"), place("save_every") + 2);
  EXPECT_EQ(place("norm"), place("save_every") + 3);
  EXPECT_EQ(place("activation"), place("save_every") + 4);
  EXPECT_EQ(place("threads"), place("seed") + 1);
}

TEST(TrainConfig, ListsTheLibrarysOptionsOnce) {
  const std::vector<std::string> names = names_of_all_options();
  const TrainOptions plain;
  TrainOptions::parts(plain, [&](const TrainOption& option, const auto&, const auto&) {
    const std::string name = option.name == "augmentation" ? "augment"
                             : option.name == "groups"     ? "freeze"
                                                           : std::string(option.name);
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  });
}

}  // namespace
}  // namespace trous::cli
