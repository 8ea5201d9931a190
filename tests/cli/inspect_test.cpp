// trous inspect: networks by name, from a file, from a checkpoint and from a run.
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include <trous/data/png.h>
#include <trous/data/safetensors.h>

#include "cli/program.h"

namespace trous {
namespace {

using Inspect = SmallSet;

TEST_F(Inspect, ANetworkByName) {
  for (const char* name : {"small-dilated", "deep-dilated", "mirror-context"}) {
    const Finished done =
        run(std::string("inspect ") + name + " --channels 3 --classes 4 --height 72 --width 66");
    ASSERT_EQ(done.code, 0) << done.err;
    expect_plain(done.out);
    EXPECT_TRUE(has_line(done.out, "  layer +kind +output +field  parameters           MACs")) << done.out;
    EXPECT_TRUE(has_line(done.out, "  input +\\[1, 72, 66, 3\\] .*")) << done.out;
    EXPECT_TRUE(has_line(done.out, "  head +conv2d +\\[1, 72, 66, 4\\] .*")) << done.out;
    EXPECT_TRUE(has_line(done.out,
                         "  The middle output pixel sees [0-9.]+ % of a box of [0-9]+x[0-9]+ pixels of "
                         "an image of 72x66\\."))
        << done.out;
  }
}

TEST_F(Inspect, AFileOfLayers) {
  spill(scratch_ / "net.json",
        bytes_of(
            R"({"layers": [{"conv2d": {"in_channels": 2, "out_channels": 5, "kernel": 3, "bias": true}}]})"));
  const Finished done = run("inspect net.json --height 8 --width 9 --weights");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out, "  total +3x3 +95 +[0-9,]+")) << "2 * 5 * 9 + 5\n" << done.out;
  EXPECT_TRUE(has_line(done.out, "  weights +shape +mean deviation  smallest   largest")) << done.out;
  spill(scratch_ / "wrong.json", bytes_of(R"({"layers": [{"conv2d": {"out_chanels": 5}}]})"));
  const Finished wrong = run("inspect wrong.json");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("Did you mean out_channels?"), std::string::npos) << wrong.err;
}

TEST_F(Inspect, ARunAndItsCheckpointSayWhatTheyLearned) {
  train("run", "--quiet");
  const Finished done = run("inspect run --height 32 --width 32 --weights");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out,
                       "  learned from set, step [24] of 4, seed 3; best validation mIoU 0\\.[0-9]{3} at "
                       "step [24]"))
      << done.out;
  EXPECT_TRUE(has_line(done.out, "  classes: background, disk, ring, square, triangle")) << done.out;
  EXPECT_TRUE(has_line(done.out, "  stem.conv.filters +\\[3, 3, 3, 2\\]( +-?[0-9]+\\.[0-9]{4}){4}"))
      << done.out;
  EXPECT_EQ(run("inspect run/best.safetensors --height 32 --width 32 --weights").out, done.out);

  const auto lines = json_lines(run("inspect run --height 32 --width 32 --json").out);
  ASSERT_EQ(lines.size(), 1u);
  const nlohmann::json results = json_in(scratch_ / "run/results.json");
  EXPECT_EQ(lines[0]["model"]["layers"], results["model"]["layers"]);
  EXPECT_EQ(lines[0]["model"]["parameters"], results["model"]["parameters"]);
  EXPECT_EQ(lines[0]["checkpoint"]["classes"], results["classes"]);
  EXPECT_EQ(lines[0]["checkpoint"]["seed"], "3");
  EXPECT_EQ(lines[0]["checkpoint"]["network"]["width"], 2);
  for (const auto& weight : lines[0]["weights"]) {
    EXPECT_LE(weight["smallest"], weight["mean"]) << weight;
    EXPECT_LE(weight["mean"], weight["largest"]) << weight;
  }
}

TEST_F(Inspect, ItsStatisticsAreThoseOfTheWeights) {
  train("run", "--quiet");
  const auto line = json_lines(run("inspect run --json").out).at(0);
  const SafetensorsFile checkpoint = read_safetensors(scratch_ / "run/best.safetensors");
  std::size_t found = 0;
  for (const auto& weight : line["weights"]) {
    for (const auto& [name, tensor] : checkpoint.tensors) {
      if (name != weight["path"]) continue;
      ++found;
      double sum = 0;
      const auto values = tensor.to_vector<float>();
      for (const float value : values) sum += static_cast<double>(value);
      EXPECT_NEAR(weight["mean"], sum / static_cast<double>(values.size()), 1e-9) << name;
      EXPECT_EQ(weight["largest"], *std::max_element(values.begin(), values.end())) << name;
    }
  }
  EXPECT_EQ(found, 26u) << "every parameter";
}

// One 3x3 filter of rate 2 sees 9 of 25 pixels.
TEST_F(Inspect, ThePictureOfWhatIsSeen) {
  spill(scratch_ / "net.json",
        bytes_of(R"({"layers": [{"atrous_conv2d": {"in_channels": 1, "out_channels": 1, "rate": 2}}]})"));
  const Finished done = run("inspect net.json --height 11 --width 13 --coverage seen.png");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out,
                       "  The middle output pixel sees 36.0 % of a box of 5x5 pixels of an image of "
                       "11x13\\."))
      << done.out;
  const Tensor picture = read_png(scratch_ / "seen.png");
  ASSERT_EQ(picture.shape(), Shape({11, 13, 1}));
  const auto values = picture.to_vector<std::uint8_t>();
  EXPECT_EQ(std::count(values.begin(), values.end(), 255), 9);
  EXPECT_EQ(std::count(values.begin(), values.end(), 96), 16);
}

// The boxes and arrows of a graph: the first line of each box's label, or its ops where it has no name, and
// which box each box reads.
struct Drawing {
  std::vector<std::string> boxes;
  std::set<std::pair<std::size_t, std::size_t>> arrows;

  friend bool operator==(const Drawing&, const Drawing&) = default;
};

Drawing drawing_of(const nlohmann::json& graph) {
  Drawing drawing;
  for (std::size_t i = 0; i < graph.size(); ++i) {
    const auto& box = graph[i];
    std::string ops;
    for (const auto& op : box["ops"]) ops += (ops.empty() ? "" : ", ") + std::string(op);
    drawing.boxes.push_back(box["name"].empty() || box["name"] == "" ? ops : std::string(box["name"]));
    for (const auto& from : box["from"]) drawing.arrows.emplace(from, i);
  }
  return drawing;
}

Drawing drawing_of(const std::string& dot) {
  Drawing drawing;
  const std::regex node(R"re(  box(\d+) \[label="(.*?)\\n.*"\];)re"), edge(R"(  box(\d+) -> box(\d+);)");
  std::istringstream lines(dot);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, node)) {
      EXPECT_EQ(std::stoul(match[1]), drawing.boxes.size());
      drawing.boxes.push_back(match[2]);
    } else if (std::regex_match(line, match, edge)) {
      EXPECT_TRUE(drawing.arrows.emplace(std::stoul(match[1]), std::stoul(match[2])).second) << line;
    }
  }
  return drawing;
}

constexpr const char* residual_net =
    R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 4}}, {"residual": ["relu", {"residual": [)"
    R"({"atrous_conv2d": {"out_channels": 4, "rate": 4}}]}]}, {"residual": ["tanh"]}, )"
    R"({"conv2d": {"out_channels": 2, "kernel": 1}}]})";

// Every skip is an arrow: --dot draws what the report draws.
TEST_F(Inspect, TheGraphHasEveryBoxAndArrow) {
  spill(scratch_ / "net.json", bytes_of(residual_net));
  const std::map<std::string, std::size_t> arrows{
      {"small-dilated", 21}, {"deep-dilated", 25}, {"mirror-context", 19}, {"net.json", 11}};
  for (const auto& [net, count] : arrows) {
    ASSERT_EQ(run("inspect " + net + " --dot net.dot").code, 0);
    const std::string graph = slurp_text(scratch_ / "net.dot");
    EXPECT_TRUE(graph.starts_with("digraph network {\n")) << graph;
    const Drawing drawn = drawing_of(graph);
    EXPECT_EQ(drawn.arrows.size(), count) << net << '\n' << graph;
    EXPECT_EQ(drawn, drawing_of(json_lines(run("inspect " + net + " --json").out).at(0)["model"]["graph"]))
        << graph;
    if (std::system("dot -V 2> /dev/null") == 0) {
      const Finished plain = shell_in(scratch_.path(), "dot -Tplain net.dot");
      ASSERT_EQ(plain.code, 0);
      EXPECT_EQ(plain.err, "");
      std::size_t edges = 0;
      for (const std::string& line : lines_of(plain.out)) edges += line.starts_with("edge ");
      EXPECT_EQ(edges, count) << net;
    }
  }
}

// A branch that pools the image to one pixel: one value a channel, which is no batch to take statistics of.
constexpr const char* pooled_net =
    R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 2}}, {"residual": [)"
    R"({"average_pool2d": {"window": 8}}, {"conv2d": {"out_channels": 2, "kernel": 1}}, "batch_norm", )"
    R"("relu", {"resize_bilinear": {"scale": 8}}]}]})";

TEST_F(Inspect, APooledBranchWithBatchNormNeedsNoBatch) {
  spill(scratch_ / "net.json", bytes_of(pooled_net));
  const Finished done = run("inspect net.json --height 8 --width 8 --dot net.dot --coverage seen.png");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out, "  1.layers.2 +batch_norm_inference +\\[1, 1, 1, 2\\] +10x10 +4 +-"))
      << done.out;
  EXPECT_TRUE(has_line(done.out,
                       "  The middle output pixel sees 100.0 % of a box of 8x8 pixels of an image of 8x8\\."))
      << done.out;
}

TEST_F(Inspect, TheWholeImageIsSaidInWords) {
  spill(scratch_ / "net.json",
        bytes_of(R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 2, "stride": 2000000}}, )"
                 R"({"conv2d": {"out_channels": 2, "stride": [2000000, 1]}}]})"));
  const Finished done = run("inspect net.json --height 8 --width 8 --dot net.dot");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out, "  total +whole image +[0-9,]+ +[0-9,]+")) << done.out;
  EXPECT_NE(slurp_text(scratch_ / "net.dot").find("\\nsees whole image\""), std::string::npos);
  const auto model = json_lines(run("inspect net.json --height 8 --width 8 --json").out).at(0)["model"];
  EXPECT_EQ(model["receptive_field"], nlohmann::json({"all", "all"}));
  EXPECT_EQ(model["layers"][1]["receptive_field"], nlohmann::json({"all", "all"}));
  EXPECT_EQ(model["graph"][0]["receptive_field"], nlohmann::json({1, 1}));
}

TEST_F(Inspect, WhatDoesNotFitIsSaid) {
  expect("inspect mirror-context --height 20", 2,
         "mirror-context does not fit images of 20x64. encoder.4.conv: atrous_conv2d: no window fits on the "
         "height axis. The "
         "filter "
         "spans 17 pixels (3 taps, rate 8), value has 4. Use SAME, a smaller rate or a larger image.\n");
  expect("inspect small-dilated --coverage none/x.png", 3,
         "none/x.png: there is no folder none. Make it, or choose another --coverage.\n");
  expect("inspect small-dilated --dot set", 3, "set: it is a folder. Give --dot the name of a file.\n");
}

}  // namespace
}  // namespace trous
