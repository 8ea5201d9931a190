// trous predict of classes, numbers and images: its files against the network, run here, and plain loops.
#include <cmath>

#include <gtest/gtest.h>

#include <trous/autograd/recording.h>
#include <trous/data/csv.h>
#include <trous/data/npy.h>
#include <trous/layers/from_json.h>
#include <trous/layers/network.h>
#include <trous/layers/pass.h>
#include <trous/train/checkpoint.h>

#include "cli/process.h"
#include "cli/task_folders.h"

namespace trous {
namespace {

class PredictTasks : public TaskFolders {
 protected:
  // What the network of a run gives for a grey image of 8 bits.
  Tensor output_for(const std::string& run, const std::string& image) const {
    const Recording scope(Recording::nothing);
    const LoadedNetwork trained = load_network(scratch_ / run + "/best.safetensors");
    const Tensor stored = read_png(scratch_ / image);
    std::vector<float> pixels;
    for (const std::uint8_t value : stored.values<std::uint8_t>())
      pixels.push_back(static_cast<float>(value) / 255);
    const Tensor input({1, stored.shape()[0], stored.shape()[1], 1}, pixels);
    return evaluate(trained.net, Variable(input)).value();
  }

  void expect_refused(const std::string& arguments, int code, const std::string& err) const {
    const std::vector<std::string> before = files_below(scratch_.path());
    const Finished done = run(arguments);
    EXPECT_EQ(done.code, code) << arguments;
    EXPECT_EQ(done.err, err) << arguments;
    EXPECT_EQ(done.out, "") << arguments;
    EXPECT_EQ(files_below(scratch_.path()), before) << arguments;
  }
};

TEST_F(PredictTasks, ClassesAreTheLikeliestWithTheirShares_slow) {
  std::filesystem::rename(scratch_ / "classes/low", scratch_ / "classes/low, \"flat\"");
  ASSERT_EQ(train("classes", "run").code, 0);
  write_at(scratch_ / "more/wide.png", striped(50, 9));
  const Finished done = run("predict run table/images/101.png more --out out --probs");
  ASSERT_EQ(done.code, 0) << done.err;
  const auto rows = read_csv(scratch_ / "out/predictions.csv");
  const std::vector<std::string> classes{"low, \"flat\"", "tall"};
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].cells,
            (std::vector<std::string>{"image", "class", "probability", "low, \"flat\"", "tall"}));
  const std::string images[]{"table/images/101.png", "more/wide.png"};
  std::string printed;
  const auto events = json_lines(run("predict run table/images/101.png more --out json --probs --json").out);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::vector<float> logits = output_for("run", images[i]).to_vector<float>();
    ASSERT_EQ(logits.size(), 2U);
    const std::size_t likeliest = logits[1] > logits[0] ? 1 : 0;
    double shares[2];
    for (std::size_t c = 0; c < 2; ++c) {
      double total = 0;
      for (const float other : logits)
        total += std::exp(static_cast<double>(other) - static_cast<double>(logits[c]));
      shares[c] = 1 / total;
    }
    const std::vector<std::string>& cells = rows[i + 1].cells;
    ASSERT_EQ(cells.size(), 5U);
    EXPECT_EQ(cells[0], images[i]);
    EXPECT_EQ(cells[1], classes[likeliest]);
    EXPECT_EQ(cells[2], cells[3 + likeliest]);
    for (std::size_t c = 0; c < 2; ++c) {
      EXPECT_FLOAT_EQ(std::stof(cells[3 + c]), static_cast<float>(shares[c]));
      EXPECT_DOUBLE_EQ(events[i]["probabilities"][classes[c]].get<double>(), shares[c]);
    }
    EXPECT_EQ(events[i]["event"], "prediction");
    EXPECT_EQ(events[i]["image"], images[i]);
    EXPECT_EQ(events[i]["class"], classes[likeliest]);
    char share[16];
    std::snprintf(share, sizeof share, "%.4f", shares[likeliest]);
    printed += images[i] + ": " + classes[likeliest] + ", probability " + share + '\n';
  }
  EXPECT_EQ(done.out, printed + "out/predictions.csv\n");
  EXPECT_EQ(slurp(scratch_ / "json/predictions.csv"), slurp(scratch_ / "out/predictions.csv"));
  ASSERT_EQ(run("predict run more --out short --quiet").code, 0);
  EXPECT_EQ(lines_of(slurp_text(scratch_ / "short/predictions.csv"))[0], "image,class,probability");
}

TEST_F(PredictTasks, NumbersHaveTheNamesOfTheirColumns_slow) {
  ASSERT_EQ(train("table", "run").code, 0);
  const Finished done = run("predict run table/images/103.png --out out");
  ASSERT_EQ(done.code, 0) << done.err;
  const float number = output_for("run", "table/images/103.png").item<float>();
  const auto rows = read_csv(scratch_ / "out/predictions.csv");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].cells, (std::vector<std::string>{"image", "rows"}));
  EXPECT_EQ(rows[1].cells[0], "table/images/103.png");
  EXPECT_EQ(std::stof(rows[1].cells[1]), number);
  EXPECT_EQ(done.out, "table/images/103.png: rows " + rows[1].cells[1] + "\nout/predictions.csv\n");
  // A checkpoint of an earlier version knows no names.
  SafetensorsFile file = read_safetensors(scratch_ / "run/best.safetensors");
  nlohmann::json about = nlohmann::json::parse(file.metadata.at("trous"));
  EXPECT_EQ(about["number_names"], nlohmann::json({"rows"}));
  EXPECT_EQ(about["image_size"], nlohmann::json({16, 16}));
  about.erase("number_names");
  about.erase("image_size");
  file.metadata["trous"] = about.dump();
  write_safetensors(scratch_ / "old.safetensors", file);
  ASSERT_EQ(run("predict old.safetensors table/images/103.png --out old --quiet").code, 0);
  EXPECT_EQ(slurp_text(scratch_ / "old/predictions.csv"),
            "image,number 1\ntable/images/103.png," + rows[1].cells[1] + '\n');
  // Numbers of other names are no test of what was learned, and are not scored.
  std::filesystem::copy(scratch_ / "table", scratch_ / "other", std::filesystem::copy_options::recursive);
  spill(scratch_ / "other/labels.csv", bytes_of(std::regex_replace(slurp_text(scratch_ / "table/labels.csv"),
                                                                   std::regex("rows"), "height")));
  expect_refused(
      "eval run --data other", 2,
      "eval: labels.csv of other is not what the run has read. Does it still say the same of the "
      "images?\neval: the network has learned the numbers rows, and those of other are height. Give --data "
      "whose labels.csv has the columns of the training.\n");
}

TEST_F(PredictTasks, ImagesAreTheOutputClippedAndExact_slow) {
  // Targets of 16 bits, whose white is that of 12.
  for (std::int64_t i = 0; i < 24; ++i) {
    Tensor deep = Tensor::uninitialized({16, 16, 1}, DType::int32);
    std::int32_t number = 0;
    for (std::int32_t& value : deep.mutable_values<std::int32_t>())
      value = number = (number * 51 + 77 + static_cast<std::int32_t>(i)) % 4000;
    write_png(scratch_ / "pairs/targets/" + std::to_string(100 + i) + ".png", deep);
  }
  for (const std::string white : {"4095", "255"}) {
    if (white == "255") {
      for (std::int64_t i = 0; i < 24; ++i)
        write_png(scratch_ / "pairs/targets/" + std::to_string(100 + i) + ".png", striped(i + 1000, 5));
    }
    const std::string name = "run" + white;
    ASSERT_EQ(train("pairs", name).code, 0);
    EXPECT_EQ(std::to_string(load_network(scratch_ / name + "/best.safetensors").info.target_white), white);
    const Finished done = run("predict " + name + " pairs/images/105.png --npy --out out" + white);
    ASSERT_EQ(done.code, 0) << done.err;
    const std::string out = scratch_ / "out" + white;
    EXPECT_EQ(done.out, "out" + white + "/105.png\n");
    const Tensor output = output_for(name, "pairs/images/105.png"), exact = read_npy(out + "/105.npy");
    EXPECT_EQ(exact.shape(), Shape({16, 16, 1}));
    EXPECT_EQ(exact.to_vector<float>(), output.to_vector<float>());
    const Tensor picture = read_png(out + "/105.png");
    ASSERT_EQ(picture.dtype(), white == "255" ? DType::uint8 : DType::int32);
    const std::vector<double> stored = picture.cast(DType::float64).to_vector<double>();
    const std::vector<float> values = output.to_vector<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double share = std::min(1.0, std::max(0.0, static_cast<double>(values[i])));
      ASSERT_EQ(stored[i], std::floor(share * std::stod(white) + 0.5)) << i;
    }
  }
  // eval reads the targets in the unit of the training, although these are darker.
  Tensor dark = Tensor::full({16, 16, 1}, DType::int32, 900);
  for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "pairs/targets"))
    write_png(entry.path().string(), dark);
  const Finished scored = run("eval run4095 --data pairs --split-anew --json --predictions samples");
  ASSERT_EQ(scored.code, 0) << scored.err;
  EXPECT_EQ(read_npy(scratch_ / "samples/truth_000000.npy").to_vector<float>()[7], 900.0F / 4095);
}

TEST_F(PredictTasks, TilesOfImagesGiveTheWholeImage_slow) {
  ASSERT_EQ(train("pairs", "run").code, 0);
  Tensor large = Tensor::uninitialized({150, 230, 1}, DType::uint8);
  std::uint32_t state = 7;
  for (std::uint8_t& value : large.mutable_values<std::uint8_t>()) {
    state = state * 1664525 + 1013904223;
    value = static_cast<std::uint8_t>(state >> 24);
  }
  write_at(scratch_ / "large/a.png", large);
  ASSERT_EQ(run("predict run large --npy --tile 0 --out whole --quiet").code, 0);
  const Finished tiles = run("predict run large --npy --tile 120 --out tiles --quiet");
  EXPECT_EQ(tiles.err, "");
  // Tiles that would be blended are not taken.
  const Finished small = run("predict run large --npy --tile 50 --out small --quiet");
  EXPECT_EQ(small.err,
            "large/a.png: it is taken whole, since tiles of at most 50x50 pixels would not give the result "
            "of the whole image. Tiles of 89 pixels a side give it.\n");
  for (const std::string folder : {"tiles", "small"}) {
    for (const std::string file : {"/a.png", "/a.npy"})
      EXPECT_EQ(slurp(scratch_ / folder + file), slurp(scratch_ / "whole" + file)) << folder << file;
  }
  // Of an image that is read smaller, the prediction has the size of the file.
  ASSERT_EQ(train("pairs", "small_run", "--resize 8").code, 0);
  const Finished resized = run("predict small_run large --npy --out resized");
  EXPECT_EQ(resized.err,
            "large/a.png: it was read with 8 pixels on the longest side, as in the training. The image has "
            "the size of the file.\n");
  EXPECT_EQ(read_npy(scratch_ / "resized/a.npy").shape(), Shape({150, 230, 1}));
}

TEST_F(PredictTasks, ANetworkOfOneSizeTakesNoOther_slow) {
  spill(scratch_ / "net.json", bytes_of(R"({"layers": [{"flatten": {}}, )"
                                        R"({"dense": {"in_features": 256, "out_features": 2}}]})"));
  const std::string words = "train --data classes --model net.json --steps 2 --batch 4 --quiet --out run";
  const Finished trained = run(words);
  ASSERT_EQ(trained.code, 0) << trained.err;
  write_at(scratch_ / "odd/a.png", Tensor::full({15, 17, 1}, DType::uint8, 9));
  const Finished done = run("predict run odd/a.png table/images/100.png --out out --quiet");
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err,
            "odd/a.png is left out. predict: the network does not take 17x15 pixels. It learned from images "
            "of 16x16 (width x height). Resize or crop the image to them.\n"
            "predict: 1 of 2 images was left out.\n");
  EXPECT_EQ(read_csv(scratch_ / "out/predictions.csv").size(), 2U);
  const Finished none = run("predict run odd/a.png --out none --quiet");
  EXPECT_EQ(none.code, 3);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "none"));
}

TEST_F(PredictTasks, WhatMeansNothingForTheTaskIsRefused_slow) {
  for (const char* folder : {"classes", "table", "pairs"})
    ASSERT_EQ(train(folder, std::string(folder) + "_run").code, 0);
  const auto refused = [&](const std::string& run, const std::string& option, const std::string& kinds,
                           const std::string& learned) {
    expect_refused("predict " + run + " table/images --out out " + option, 2,
                   "predict: " + option.substr(0, option.find(' ')) + " is for " + kinds + ", and " + run +
                       "/best.safetensors has learned " + learned + ". Leave it out.\n");
  };
  refused("classes_run", "--overlay", "masks", "labels");
  refused("classes_run", "--tta", "masks", "labels");
  refused("classes_run", "--tile 64", "masks and images", "labels");
  refused("classes_run", "--npy", "images", "labels");
  refused("table_run", "--probs", "masks and labels", "numbers");
  refused("table_run", "--overlap 3", "masks and images", "numbers");
  refused("pairs_run", "--probs", "masks and labels", "images");
  refused("pairs_run", "--tta", "masks", "images");
  // Tasks and outputs that no file is made of.
  const auto save_as = [&](const std::string& task, int channels, const std::string& name) {
    const std::string network =
        R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": )" + std::to_string(channels) + "}}]}";
    AnyLayer net = network_from_json(network);
    initialize(net, Key{5});
    save(net, scratch_ / name, to_metadata({.network = network, .task = task}));
  };
  save_as("counting", 1, "count.safetensors");
  expect_refused("predict count.safetensors table/images --out out", 3,
                 "count.safetensors: it has learned the task counting, and trous knows segmentation, "
                 "classification and regression. Give it to a program that adds this task.\n");
  save_as("regression", 2, "two.safetensors");
  expect_refused("predict two.safetensors table/images/100.png --out out", 3,
                 "table/images/100.png is left out. predict: the network gives 2 numbers for each pixel, and "
                 "a picture has 1 or 3. Load it with load_network in a program of your own.\npredict: 1 of 1 "
                 "image was left out.\n");
  make_directories(scratch_ / "out");
  spill(scratch_ / "out/predictions.csv", bytes_of("precious"));
  expect_refused("predict table_run table/images --out out", 3,
                 "out/predictions.csv: it exists. Give --force to replace it, or another --out.\n");
  EXPECT_EQ(run("predict table_run table/images --out out --force --quiet").code, 0);
  EXPECT_EQ(read_csv(scratch_ / "out/predictions.csv").size(), 25U);
}

TEST_F(PredictTasks, AnInterruptedTableIsNotWritten_slow) {
  ASSERT_EQ(train("classes", "run").code, 0);
  Scratch many;
  write_png(many / "0.png", Tensor::full({400, 400, 1}, DType::uint8, 9));
  for (int i = 1; i < 5000; ++i)
    std::filesystem::create_hard_link(many / "0.png", many / std::to_string(i) + ".png");
  const Scratch errors;
  Process process(scratch_.path(), "predict run '" + many.path() + "' --out out", errors / "err");
  ASSERT_TRUE(process.comes_to_handle(SIGINT));
  process.send(SIGINT);
  const Finished end = process.wait();
  EXPECT_EQ(end.code, 130) << end.err;
  EXPECT_TRUE(std::regex_search(
      end.err,
      std::regex("predict: interrupted in .*\\.png, and out/predictions\\.csv was not written\\.\n")))
      << end.err;
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "out"));
}

}  // namespace
}  // namespace trous
