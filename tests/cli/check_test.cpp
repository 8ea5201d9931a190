// trous check: what it prints, what it returns, and what it refuses. (Vectors: vectors_test.cpp.)
#include <cli/program.h>
#include <gtest/gtest.h>

#include <trous/layers/from_json.h>
#include <trous/layers/network.h>
#include <trous/train/checkpoint.h>

#include "cli/named_lists.h"

namespace trous {
namespace {

const char* const layers = R"({"layers": [{"atrous_conv2d": {"in_channels": 1, "out_channels": 2, "rate": 2}},
                                          "relu", {"conv2d": {"out_channels": 1, "kernel": 1}}]})";

TEST(Check, PassesANetworkByName) {
  const Scratch folder;
  const Finished run = trous_in(folder.path(), "check small-dilated");
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(run.err, "");
  expect_plain(run.out);
  EXPECT_TRUE(has_line(run.out,
                       "trous [0-9.]+  check small-dilated: 2 images 8x8x1, training, orders 1 to 1, "
                       "float64, seed 0"))
      << run.out;
  EXPECT_TRUE(has_line(run.out, "  atrous_conv2d \\(5\\) +20 +[0-9.e-]+  PASS")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  context.0.conv.filters +2 +[0-9.e-]+  PASS")) << run.out;
  EXPECT_TRUE(has_line(run.out, "PASS  33 ops and 26 weights, every gradient right to [0-9.e-]+, [0-9.]+ s"))
      << run.out;
  EXPECT_TRUE(files_below(folder.path()).empty());
}

TEST(Check, ALinePerOpWhereAsked) {
  const Scratch folder;
  spill(folder / "net.json", bytes_of(layers));
  const Finished run =
      trous_in(folder.path(), "check net.json --all-ops --order 2 --batch 1 --height 6 --width 7");
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_TRUE(has_line(
      run.out, "trous [0-9.]+  check net.json: 1 image 6x7x1, training, orders 1 to 2, float64, seed 0"))
      << run.out;
  EXPECT_TRUE(has_line(run.out, "  %[0-9]+ atrous_conv2d  0 +[0-9]+ +[0-9.e-]+  PASS")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  %[0-9]+ relu +[0-9]+ +[0-9.e-]+  PASS")) << run.out;
}

TEST(Check, JsonHasEveryRow) {
  const Scratch folder;
  spill(folder / "net.json", bytes_of(layers));
  const std::vector<nlohmann::json> lines = json_lines(trous_in(folder.path(), "check net.json --json").out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["event"], "check");
  EXPECT_EQ(lines[0]["verdict"], "PASS");
  EXPECT_EQ(lines[0]["images"], nlohmann::json({2, 8, 8, 1}));
  EXPECT_EQ(lines[0]["weights"].size(), 5U);
  EXPECT_EQ(lines[0]["weights"][4]["weight"], "images");
  EXPECT_EQ(lines[0]["ops"][0]["op"], "atrous_conv2d");
  EXPECT_EQ(lines[0]["ops"][0]["layer"], "0");
  EXPECT_LT(lines[0]["error"].get<double>(), 1e-5);
}

// A checkpoint is checked at its own weights, not at first values.
TEST(Check, ACheckpointAtItsWeights) {
  const Scratch folder;
  const std::string description =
      network_description("small-dilated", {.in_channels = 2, .classes = 3, .width = 3});
  AnyLayer net = network_from_json(description);
  initialize(net, Key{5});
  save(net, folder / "net.safetensors",
       to_metadata({.network = resolved_description(description), .classes = {"a", "b", "c"}}));
  const Finished run = trous_in(folder.path(), "check net.safetensors --quiet");
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_TRUE(has_line(run.out, "PASS  33 ops and 26 weights, every gradient right to [0-9.e-]+, [0-9.]+ s"))
      << run.out;
  EXPECT_EQ(lines_of(run.out).size(), 1U);
}

// One value a channel is no batch to take statistics of: evaluation needs none, and training says so before
// it begins. Sizes at which a batch of one has statistics are found.
TEST(Check, ABatchOfOneThatTrainingCannotTakeIsSaid) {
  const Scratch folder;
  spill(
      folder / "pooled.json",
      bytes_of(R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 2}}, {"residual": [)"
               R"({"average_pool2d": {"window": 8}}, "batch_norm", {"resize_bilinear": {"scale": 8}}]}]})"));
  EXPECT_EQ(trous_in(folder.path(), "check pooled.json --quiet --batch 4 --height 8").code, 0);
  EXPECT_EQ(trous_in(folder.path(), "check pooled.json --quiet --batch 1 --evaluation").code, 0);
  const Finished one = trous_in(folder.path(), "check pooled.json --quiet --batch 1 --height 8");
  EXPECT_EQ(one.code, 2);
  EXPECT_EQ(one.err,
            "check: pooled.json does not train on 1 image of 8x8. 1.layers.1: batch_norm: x [1, 1, 1, 2] has "
            "1 value "
            "per channel, and a variance needs 2. Use a larger batch, or evaluation mode. Say --batch, or "
            "--evaluation.\n");
  const Finished found = trous_in(folder.path(), "check pooled.json --batch 1");
  EXPECT_EQ(found.code, 0) << found.err;
  EXPECT_NE(found.out.find("check pooled.json: 1 image 16x16x1, training"), std::string::npos) << found.out;
}

// Steps that leave the digits to round-off decide nothing.
TEST(Check, TakesAStep) {
  const Scratch folder;
  spill(folder / "net.json", bytes_of(layers));
  EXPECT_EQ(trous_in(folder.path(), "check net.json --quiet --step 0.01").code, 0);
  const Finished tiny = trous_in(folder.path(), "check net.json --quiet --step 1e-13");
  EXPECT_EQ(tiny.code, 1) << tiny.out;
  EXPECT_NE(tiny.out.find("ILL-CONDITIONED"), std::string::npos) << tiny.out;
}

TEST(Check, RepeatsItself) {
  const Scratch folder;
  spill(folder / "net.json", bytes_of(layers));
  const std::string once = trous_in(folder.path(), "check net.json --json --seed 3").out;
  EXPECT_EQ(once, trous_in(folder.path(), "check net.json --json --seed 3").out);
  EXPECT_NE(once, trous_in(folder.path(), "check net.json --json --seed 4").out);
}

TEST(Check, SaysWhatItCannotTake) {
  const Scratch folder;
  spill(folder / "net.json", bytes_of(layers));
  const auto refused = [&](const std::string& arguments, int code) {
    const Finished run = trous_in(folder.path(), "check " + arguments);
    EXPECT_EQ(run.code, code) << arguments << '\n' << run.out << run.err;
    EXPECT_EQ(run.out, "") << arguments;
    return run.err;
  };
  EXPECT_EQ(refused("", 2),
            "check: give either MODEL or --vectors FILE. trous check --help says what they are.\n");
  EXPECT_EQ(refused("net.json --vectors v.safetensors", 2),
            "check: give either MODEL or --vectors FILE. trous check --help says what they are.\n");
  for (const char* option :
       {"--order 2", "--step 0.1", "--all-ops", "--batch 1", "--height 8", "--evaluation"}) {
    const std::string word(option);
    EXPECT_EQ(refused("--vectors v.safetensors " + word, 2),
              "check: " + word + " goes with MODEL only. Leave it out.\n");
  }
  EXPECT_EQ(refused("net.json --tolerance 1e-3", 2),
            "check: --tolerance 1e-3 goes with --vectors only. Leave it out.\n");
  EXPECT_EQ(refused("net.json --channels 3", 2),
            "check: --channels 3 goes with the name of a network only. Leave it out.\n");
  EXPECT_EQ(refused("smal-dilated", 3),
            "smal-dilated: there is no network, run or checkpoint of this name. Did you mean small-dilated? "
            "Networks are " +
                networks(" and ") + ".\n");
  EXPECT_EQ(refused("mirror-context --height 20", 2).substr(0, 47),
            "mirror-context does not fit images of 20x20. en");
  spill(folder / "bad.json", bytes_of(R"({"layers": [{"conv2d": {"out_channels": 1, "rte": 2}}]})"));
  EXPECT_NE(refused("bad.json", 2).find("layers[0].conv2d.rte"), std::string::npos);
}

}  // namespace
}  // namespace trous
