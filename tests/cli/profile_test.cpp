// trous profile: a table that adds up to the step, for a set, for a network of one's own, and for a run.
#include <regex>

#include <gtest/gtest.h>

#include "cli/process.h"
#include "cli/program.h"

namespace trous {
namespace {

using Profile = SmallSet;
using nlohmann::json;

const std::string small = "profile --data set --width 2 --steps 2 --batch 2 --seed 3 ";

json op_of(const json& profile, const std::string& kind, const std::string& phase) {
  for (const json& op : profile["ops"]) {
    if (op["op"] == kind && op["phase"] == phase) return op;
  }
  ADD_FAILURE() << "no " << kind << ", " << phase;
  return {{"calls", 0}, {"multiply_adds", 0}, {"bytes", 0}};
}

TEST_F(Profile, PrintsATableThatFitsAHundredColumns) {
  const Finished done = run(small + "--layers");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.err, "");
  expect_plain(done.out);
  EXPECT_TRUE(
      has_line(done.out, "trous [0-9.]+  profile small-dilated on set: 2 steps of 2 images 32x32x3, .*"))
      << done.out;
  EXPECT_TRUE(has_line(done.out, "  op +pass +calls +ms +share +GFLOP/s +of peak +MB +GB/s")) << done.out;
  EXPECT_TRUE(has_line(done.out, "  atrous_conv2d +forward +5 +[0-9.]+ +[0-9.]+ % +[0-9.]+ +[0-9.]+ % .*"))
      << done.out;
  EXPECT_TRUE(has_line(done.out, "  batch_norm_relu_grad +backward +[0-9]+ +[0-9.]+ +[0-9.]+ % +- +- .*"))
      << done.out;
  EXPECT_TRUE(has_line(done.out, "  one step +[0-9]+ +[0-9.]+ +100\\.0 % .*")) << done.out;
  EXPECT_TRUE(has_line(done.out, "  layer +forward +backward +GFLOP/s +of peak +share")) << done.out;
  EXPECT_TRUE(has_line(done.out, "  context\\.0\\.conv +[0-9.]+ +[0-9.]+ .*")) << done.out;
  EXPECT_TRUE(has_line(done.out,
                       "  steps    median [0-9.]+ ms, fastest [0-9.]+ ms, slowest [0-9.]+ ms; [0-9.]+ "
                       "processors busy"))
      << done.out;
  EXPECT_NE(done.out.find(" MB of tensors before a step and at most "), std::string::npos) << done.out;
  for (const std::string& line : lines_of(done.out)) {
    if (line.starts_with("trous") || line.starts_with("  memory")) continue;  // paragraphs
    EXPECT_LE(line.size(), 100u) << line;
  }
  EXPECT_EQ(run(small).out.find("context.0.conv "), std::string::npos) << "layers where they are asked for";
}

TEST_F(Profile, ItsMillisecondsAddUpToTheStep) {
  const Finished done = run(small);
  double sum = 0, step = 0;
  std::size_t rows = 0, end = 0;  // end: of the column of milliseconds
  for (const std::string& line : lines_of(done.out)) {
    if (line.starts_with("  op ")) {
      end = line.find(" ms ") + 3;
    } else if (end > 0 && step == 0 && !line.starts_with("  all ops")) {
      const double ms = std::stod(line.substr(end - 9, 9));
      if (line.starts_with("  one step")) {
        step = ms;
      } else {
        sum += ms;
        ++rows;
      }
    }
  }
  EXPECT_GT(rows, 15u) << done.out;
  EXPECT_NEAR(sum, step, 0.005 * static_cast<double>(rows + 1)) << "but for rounding\n" << done.out;
}

TEST_F(Profile, CountsANetworkOfOnesOwn) {
  spill(scratch_ / "net.json", bytes_of(R"({"layers": [
      {"conv2d": {"in_channels": 3, "out_channels": 4, "kernel": 3, "bias": false}}, "relu",
      {"conv2d": {"in_channels": 4, "out_channels": 5, "kernel": 1, "bias": false}}]})"));
  const Finished done = run("profile --data set --model net.json --steps 3 --batch 2 --json");
  ASSERT_EQ(done.code, 0) << done.err;
  const auto lines = json_lines(done.out);
  ASSERT_EQ(lines.size(), 1u);
  const json& p = lines[0];
  EXPECT_EQ(p["event"], "profile");
  EXPECT_EQ(p["model"], "net.json");
  EXPECT_EQ(p["batch"], 2);
  EXPECT_EQ(p["image"], json({32, 32, 3}));
  EXPECT_EQ(p["steps"].size(), 3u);
  const std::int64_t first = 2 * 94 * 94 * 3 * 4, second = 2 * 1024 * 4 * 5;  // 94 = 32 * 3 - 2
  const json forward = op_of(p, "conv2d", "forward");
  EXPECT_EQ(forward["calls"], 2);
  EXPECT_EQ(forward["multiply_adds"], first + second);
  EXPECT_EQ(forward["bytes"], 4 * (2 * 1024 * (3 + 4 + 4 + 5) + 9 * 12 + 20));
  EXPECT_EQ(op_of(p, "conv2d_filter_grad", "backward")["multiply_adds"], first + second);
  EXPECT_EQ(op_of(p, "conv2d_transpose", "backward")["multiply_adds"], second);
  EXPECT_EQ(op_of(p, "relu", "forward")["share_of_peak"], nullptr);
  double seconds = 0;
  for (const json& op : p["ops"]) seconds += op["seconds"].get<double>();
  for (const auto& [phase, outside] : p["outside_ops"].items()) {
    EXPECT_GE(outside, 0) << phase;
    seconds += outside.get<double>();
  }
  EXPECT_NEAR(seconds, p["seconds"], 1e-9);
  EXPECT_GT(p["processor_seconds"], 0);
  EXPECT_GT(p["peak"]["operations_per_second"], 0);
  EXPECT_GT(p["memory"]["added"], 4 * 2 * 1024 * (4 + 5)) << "both results at least";
}

TEST_F(Profile, TakesTheOptionsOfARunButForThoseThatWereSaid) {
  train("run", "--quiet --loss dice");
  json p = json_lines(run("profile run --steps 1 --json").out).at(0);
  EXPECT_EQ(p["batch"], 2);
  EXPECT_EQ(p["data"], "set");
  EXPECT_EQ(op_of(p, "atrous_conv2d", "forward")["calls"], 5);
  const double before = op_of(p, "atrous_conv2d", "forward")["multiply_adds"];
  p = json_lines(run("profile run --steps 1 --json --batch 6").out).at(0);
  EXPECT_EQ(p["batch"], 6);
  EXPECT_EQ(op_of(p, "atrous_conv2d", "forward")["multiply_adds"], 3 * before);
}

TEST_F(Profile, LeavesARunAsItIs) {
  train("run", "--quiet");
  const auto before = files_below(scratch_.path());
  const Bytes weights = file("run/last.safetensors");
  ASSERT_EQ(run("profile run --steps 2 --quiet").code, 0);
  EXPECT_EQ(files_below(scratch_.path()), before);
  EXPECT_EQ(file("run/last.safetensors"), weights);
}

TEST_F(Profile, QuietlySaysTheMedianAlone) {
  EXPECT_TRUE(std::regex_match(run(small + "--quiet").out, std::regex("[0-9]+\\.[0-9]{2,3} ms\n")));
}

TEST_F(Profile, ErrorsAreSentences) {
  expect("profile nowhere", 3,
         "nowhere: no run is there. Give a folder that trous train --out made, or --data.\n");
  expect("profile --data set --steps 0", 2,
         "trous: --steps: 0 is not a whole number from 1 to 1000000.\nSee trous profile --help.\n");
  expect("profile --data set --out there", 2, "trous: --out is not an option.\nSee trous profile --help.\n");
  expect(
      "profile --data set --model net.json", 3,
      "read_file: net.json cannot be opened. The system says: No such file or directory. Give the path of a "
      "readable file.\n");
  expect("profile one two", 2, "trous: \"two\" is one word too many.\nSee trous profile --help.\n");
}

TEST_F(Profile, CtrlCEndsItAfterAStep) {
  Process process(scratch_.path(), "profile --data set --width 2 --batch 1 --steps 1000000",
                  scratch_ / "err");
  ASSERT_TRUE(process.comes_to_handle(SIGINT));
  process.send(SIGINT);
  const Finished done = process.wait();
  EXPECT_EQ(done.code, 130);
  EXPECT_TRUE(std::regex_match(done.err, std::regex("Interrupted after [0-9]+ of 1000000 steps\\.\n")))
      << done.err;
}

}  // namespace
}  // namespace trous
