// Runs whose splits cannot be scored: the program tells it before training, chooses by what it has, and
// prints dashes where there is no score.
#include <cmath>

#include <gtest/gtest.h>

#include <trous/train/checkpoint.h>
#include <trous/train/evaluate.h>

#include "cli/program.h"

namespace trous {
namespace {

// Bright squares on grey. Training images have one each; those of the other splits have none.
Sample square(std::int64_t at, bool shown) {
  Sample sample{.image = Tensor::full({16, 16, 1}, DType::float32, 0.2 + 0.01 * static_cast<double>(at)),
                .target = Tensor::zeros({16, 16}, DType::int32)};
  if (!shown) return sample;
  const auto image = sample.image.mutable_values<float>();
  const auto mask = sample.target.mutable_values<std::int32_t>();
  for (std::size_t row = 4; row < 10; ++row) {
    for (std::size_t column = 0; column < 6; ++column) {
      const std::size_t pixel = row * 16 + column + static_cast<std::size_t>(at);
      image[pixel] = 0.9F;
      mask[pixel] = 1;
    }
  }
  return sample;
}

class Unscorable : public testing::Test {
 protected:
  Unscorable() {
    for (std::int64_t i = 0; i < 4; ++i) {
      const std::string stem = std::to_string(1000 + i);
      write_pair(scratch_ / "set/train", stem, square(2 * i, true));
      if (i >= 2) continue;
      write_pair(scratch_ / "set/validation", stem, square(2 * i + 1, false));
      write_pair(scratch_ / "set/test", stem, square(i + 4, false));
    }
    spill(scratch_ / "set/classes.json", bytes_of(R"(["background", "square"])"));
  }

  Finished run(const std::string& arguments) const { return trous_in(scratch_.path(), arguments); }
  Finished train(const std::string& more) const {
    const Finished done = run("train --data set --width 4 --batch 2 --validate-every 5 --seed 1 " + more);
    EXPECT_EQ(done.code, 0) << done.err;
    return done;
  }
  // The cells of metrics.csv by row and column, without the head.
  std::vector<std::vector<std::string>> metrics(const std::string& folder) const {
    std::vector<std::vector<std::string>> rows;
    for (const std::string& line : lines_of(slurp_text(scratch_ / folder + "/metrics.csv"))) {
      rows.emplace_back();
      std::istringstream cells(line);
      for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
    }
    rows.erase(rows.begin());
    return rows;
  }

  Scratch scratch_;
};

TEST_F(Unscorable, nnUNet_2530_WithoutForegroundInValidationTheLossChooses) {
  const Finished done = train("--steps 40 --out run --patience 4");
  EXPECT_TRUE(
      has_line(done.err,
               "train: no validation mask shows a foreground class that counts, so there is no IoU to "
               "choose the best weights by\\. The validation loss chooses them\\."))
      << done.err;
  EXPECT_TRUE(has_line(done.err,
                       "train: no test mask shows a foreground class that counts, so the test cannot score "
                       "them\\."))
      << done.err;
  EXPECT_TRUE(has_line(done.out,
                       "Training, scored on validation; the best weights are chosen by the validation loss"))
      << done.out;
  // The row that is marked last has the lowest loss of all.
  const auto rows = metrics("run");
  ASSERT_GE(rows.size(), 2u);
  std::size_t lowest = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (std::stod(rows[i][2]) < std::stod(rows[lowest][2])) lowest = i;
    EXPECT_EQ(rows[i][9], lowest == i ? "1" : "0") << i;
    EXPECT_TRUE(rows[i][4].empty() || rows[i][4] == "0")
        << "no foreground in truth: absent, or wrongly called";
  }
  EXPECT_GT(lowest, 0u) << "the first weights are not the best for ever";
  const std::string step = rows[lowest][0];
  EXPECT_TRUE(has_line(
      done.out, "Test: 2 images, scored once, weights of step " + step + ", chosen by the validation loss"))
      << done.out;
  const nlohmann::json results = json_in(scratch_ / "run/results.json");
  EXPECT_EQ(results["chosen_by"], "validation_loss");
  EXPECT_EQ(results["step"], std::stoi(step));
  // The weights are those: the loss of what was saved, computed here.
  const LoadedNetwork best = load_network(scratch_ / "run/best.safetensors");
  EXPECT_EQ(best.info.best_score, std::nullopt);
  EXPECT_EQ(best.info.best_loss, std::stod(rows[lowest][2]));
  const Finished inspected = run("inspect run --height 16 --width 16");
  EXPECT_TRUE(has_line(inspected.out, "  learned from set, step " + step +
                                          " of 40, seed 1; lowest validation loss [0-9.]+ at step " + step +
                                          ", as validation( |\n  )shows no foreground"))
      << inspected.out;
  const nlohmann::json described = json_lines(run("inspect run --json").out).at(0)["checkpoint"];
  EXPECT_EQ(described["chosen_by"], "validation_loss");
  EXPECT_EQ(described["best_score"], nullptr);
  EXPECT_EQ(described["best_loss"], std::stod(rows[lowest][2]));
  // And what goes on after a stop says the same.
  const nlohmann::json begin = json_lines(slurp_text(scratch_ / "run/events.jsonl")).at(0);
  EXPECT_EQ(begin["chosen_by"], "validation_loss");
}

TEST_F(Unscorable, MONAI_tutorials_1099_ScoresOfNothingAreDashesNullsAndEmptyFields) {
  // With the background ignored no pixel of validation and test counts.
  const Finished done = train("--steps 10 --out run --ignore-index 0");
  EXPECT_TRUE(
      has_line(done.err,
               "train: no pixel of the validation masks counts, so nothing can choose the best weights\\. "
               "The latest are taken\\."))
      << done.err;
  EXPECT_TRUE(has_line(done.out, "Training, scored on validation; the best weights are the latest"));
  EXPECT_TRUE(has_line(done.out, "     10 +[0-9.]+       -       -      - +[0-9:]+ +[0-9]+  best"))
      << done.out;
  EXPECT_TRUE(has_line(done.out, "Test: 2 images, scored once, weights of step 10, the latest")) << done.out;
  EXPECT_TRUE(has_line(done.out, "  all background +- +- +-")) << done.out;
  EXPECT_TRUE(has_line(done.out, "  no foreground class could be scored")) << done.out;
  for (const auto& row : metrics("run")) {
    for (const std::size_t absent : {2u, 3u, 4u, 5u}) EXPECT_EQ(row.at(absent), "");
    EXPECT_EQ(row.at(9), "1");
  }
  EXPECT_NE(
      slurp_text(scratch_ / "run/report.html").find("Nothing of the foreground could be scored on test"),
      std::string::npos);

  const Finished eval = run("eval run --per-image images.csv");
  ASSERT_EQ(eval.code, 0) << eval.err;
  EXPECT_TRUE(has_line(eval.out, "  background +- +- +- +- +0  ignored")) << eval.out;
  EXPECT_TRUE(has_line(eval.out, "  square +- +- +- +- +0")) << eval.out;
  for (const char* what : {"mIoU of the foreground", "mIoU with the background", "pixel accuracy",
                           "mean class accuracy", "mean Dice of the foreground"})
    EXPECT_TRUE(has_line(eval.out, std::string("  ") + what + " +-")) << eval.out;
  EXPECT_EQ(slurp_text(scratch_ / "images.csv"),
            "image,foreground_mean_iou,mean_iou,pixel_accuracy\ntest/images/1000.png,,,\ntest/images/"
            "1001.png,,,\n");
  const nlohmann::json scores = json_lines(run("eval run --json").out).at(0)["scores"];
  for (const char* key : {"mean_iou", "foreground_mean_iou", "pixel_accuracy"})
    EXPECT_EQ(scores[key], nullptr);
  EXPECT_EQ(run("eval run --quiet").out, "-\n");

  const Finished gate = run("eval run --quiet --min-miou 0");
  EXPECT_EQ(gate.code, 1);
  EXPECT_EQ(gate.err,
            "eval: nothing of the foreground could be scored for --min-miou 0: no pixel that counts is of a "
            "foreground class, in truth or prediction.\n");
  const Finished events = run("train --data set --steps 2 --batch 2 --ignore-index 0 --json --out other");
  const auto lines = json_lines(events.out);
  const auto of = [&](const char* event) {
    for (const auto& line : lines) {
      if (line["event"] == event) return line;
    }
    return nlohmann::json();
  };
  EXPECT_EQ(of("criterion")["chosen_by"], "latest");
  EXPECT_EQ(of("validation")["validation_loss"], nullptr);
  EXPECT_EQ(of("validation")["foreground_mean_iou"], nullptr);
  EXPECT_EQ(of("result")["chosen_by"], "latest");
}

}  // namespace
}  // namespace trous
