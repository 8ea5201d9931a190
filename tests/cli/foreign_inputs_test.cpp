// What other people's files hold: names that are not UTF-8, checkpoints in float64, with NaN, or that say
// nothing of themselves but their network. Every command works with them, or names file and place before any
// work.
#include <limits>

#include <gtest/gtest.h>

#include <trous/data/png.h>
#include <trous/data/safetensors.h>

#include "cli/program.h"

namespace trous {
namespace {

class ForeignInputs : public SmallSet {
 protected:
  // Puts a copy of an image and its mask among those of the set, under names whose \xe9 is Latin-1.
  void add_latin() const {
    for (const char* kind : {"images", "masks"}) {
      const std::string folder = scratch_ / "set/train/" + kind;
      const std::string first = folder + "/" + files_below(folder).front();
      spill(folder + "/caf\xe9.png", slurp(first));
    }
  }

  // The best weights of a run, changed, as `name`.
  void write_changed(const std::string& name, const std::function<void(SafetensorsFile&)>& change) const {
    SafetensorsFile file = read_safetensors(scratch_ / "run/best.safetensors");
    change(file);
    write_safetensors(scratch_ / name, file);
  }
};

TEST_F(ForeignInputs, unzip_DataAndTrainNameTheFile) {
  add_latin();
  const std::string fact = " has a name that is not UTF-8, in which runs record it. Rename it.\n";
  const std::string faults =
      "folder: set has 2 faults, so nothing was read from it. Mend them and start again:\n"
      "  set/train/images/caf\\xe9.png" +
      fact + "  set/train/masks/caf\\xe9.png" + fact;
  for (const char* command : {"data set", "data set --json", "train --data set --steps 1 --out run"})
    expect(command, 3, faults);
}

TEST_F(ForeignInputs, unzip_PathsThatAreNotUtf) {
  const std::string why = " is not UTF-8, in which a run keeps its options. Rename it.\n";
  expect("train --data set --steps 1 --out 'r\xe9sum\xe9'", 2, "train: --out r\\xe9sum\\xe9" + why);
  expect("train --data 'd\xe9' --out run", 2, "train: --data d\\xe9" + why);
  expect("train --data fashion --data-dir 'd\xe9' --out run", 2, "train: --data-dir d\\xe9" + why);
  expect("train --data set --model 'm\xe9.json' --out run", 2, "train: --model m\\xe9.json" + why);
  expect("train --data set --weights 'w\xe9' --out run", 2, "train: --weights w\\xe9" + why);
  // What records nothing works, and JSON shows the bytes escaped.
  train("run", "--quiet");
  std::filesystem::rename(scratch_ / "run", scratch_ / "r\xe9");
  const std::string image = scratch_ / "caf\xe9.png";
  spill(image, slurp(scratch_ / "set/test/images/" + files_below(scratch_ / "set/test/images").front()));
  const Finished predicted = run("predict 'r\xe9' 'caf\xe9.png' --out 'm\xe9' --json");
  ASSERT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "m\xe9/caf\xe9.png"));
  const auto lines = json_lines(predicted.out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["image"], "caf\\xe9.png");
  EXPECT_EQ(lines[0]["mask"], "m\\xe9/caf\\xe9.png");
  const Finished scored = run("eval 'r\xe9' --data set --json");
  ASSERT_EQ(scored.code, 0) << scored.err;
  EXPECT_EQ(json_lines(scored.out).at(0)["checkpoint"], "r\\xe9/best.safetensors");
  std::filesystem::copy_file(scratch_ / "r\xe9/best.safetensors", scratch_ / "b\xe9.safetensors");
  EXPECT_EQ(json_lines(run("inspect 'b\xe9.safetensors' --json").out).at(0)["model"]["name"],
            "b\\xe9.safetensors");
}

TEST_F(ForeignInputs, ANumberThatNothingHoldsInClassesJson) {
  spill(scratch_ / "set/classes.json", bytes_of(R"([{"name": "background", "color": [0, 0, 1e999]}])"));
  const std::string fact =
      "set/classes.json has the number 1e999, which no double holds. Give a smaller one.";
  for (const char* command : {"data set", "train --data set --steps 1 --out run"}) {
    const Finished done = run(command);
    EXPECT_EQ(done.code, 3);
    EXPECT_NE(done.err.find(fact), std::string::npos) << done.err;
    EXPECT_EQ(done.err.find("json.exception"), std::string::npos) << done.err;
  }
}

TEST_F(ForeignInputs, OptionsThatNothingHolds) {
  spill(scratch_ / "a.json", bytes_of(R"({"learning_rate": 1e999})"));
  expect("train --config a.json --out run", 3,
         "a.json: it has the number 1e999, which no double holds. Give a smaller one.\n");
  spill(scratch_ / "a.json", bytes_of(R"({"steps": 99999999999999999999})"));
  expect("train --config a.json --out run", 3,
         "a.json: it has the number 99999999999999999999, which 64 bits do not hold. Give a smaller one.\n");
  spill(scratch_ / "a.json", bytes_of(R"({"steps": 4, "steps": 5})"));
  expect("train --config a.json --out run", 3,
         "a.json: it has the key \"steps\" twice in one object. Keep one.\n");
  spill(scratch_ / "a.json", bytes_of(R"({"steps": )"));
  expect("train --config a.json --out run", 3,
         "a.json: it is no JSON from byte 11 on. Write it as {\"steps\": 400, \"batch\": 16}.\n");
}

TEST_F(ForeignInputs, safetensors_DoubleWeightsAreCastAndSaid) {
  train("run", "--quiet");
  write_changed("double.safetensors", [](SafetensorsFile& file) {
    for (auto& [name, tensor] : file.tensors) tensor = tensor.cast(DType::float64);
  });
  const std::string said = "double.safetensors: its weights are float64; they are cast to float32.\n";
  const Finished scored = run("eval double.safetensors --data set --json");
  EXPECT_EQ(scored.code, 0);
  EXPECT_EQ(scored.err, said +
                            "eval: nothing beside double.safetensors tells what images it was trained on, so "
                            "some may be among those that are scored.\n");
  EXPECT_EQ(json_lines(scored.out).at(0)["scores"],
            json_lines(run("eval run/best.safetensors --data set --json").out).at(0)["scores"]);
  EXPECT_EQ(run("predict double.safetensors set/test/images --out m1").err, said);
  EXPECT_EQ(run("predict run set/test/images --out m2").err, "");
  for (const std::string& name : files_below(scratch_ / "m1"))
    EXPECT_EQ(file("m1/" + name), file("m2/" + name)) << name;
  const Finished begun = run(short_run + "--weights double.safetensors --quiet --out run2");
  EXPECT_EQ(begun.code, 0) << begun.err;
  EXPECT_EQ(begun.err, said);
}

TEST_F(ForeignInputs, safetensors_EveryCommandNamesTheWeightThatIsNotFinite) {
  train("run", "--quiet");
  const auto spoil = [](SafetensorsFile& file) {
    for (auto& [name, tensor] : file.tensors) {
      if (name != "head.bias") continue;
      std::vector<float> values = tensor.to_vector<float>();
      values[1] = std::numeric_limits<float>::quiet_NaN();
      tensor = Tensor(tensor.shape(), values);
    }
  };
  write_changed("nan.safetensors", spoil);
  const std::string fact = ": head.bias is nan at [1], the first of 1 such among its 5 numbers";
  const std::string refusal = "nan.safetensors" + fact +
                              ". With it every output is NaN. Give weights from before training diverged.\n";
  for (const std::string& command :
       {std::string("eval nan.safetensors --data set"),
        std::string("predict nan.safetensors set/test/images --out m"), std::string("check nan.safetensors"),
        short_run + "--weights nan.safetensors --out run2"})
    expect(command, 3, refusal);
  const Finished seen = run("inspect nan.safetensors --height 32 --width 32 --weights");
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.err, "nan.safetensors" + fact + ".\n");
  EXPECT_TRUE(has_line(seen.out, "  head.bias +\\[5\\] +-?nan +-?nan.*")) << seen.out;

  SafetensorsFile last = read_safetensors(scratch_ / "run/last.safetensors");
  spoil(last);
  write_safetensors(scratch_ / "run/last.safetensors", last);
  const Finished resumed = run("train --resume run --quiet");
  EXPECT_EQ(resumed.code, 3);
  EXPECT_EQ(resumed.err, "run/last.safetensors" + refusal.substr(refusal.find(':')));
}

TEST_F(ForeignInputs, ACheckpointThatSaysNoMoreThanItsNetwork) {
  train("run", "--quiet");
  write_changed("bare.safetensors", [](SafetensorsFile& file) {
    const auto about = nlohmann::json::parse(file.metadata.at("trous"));
    file.metadata["trous"] = nlohmann::json{{"network", about.at("network")}}.dump();
  });
  const Finished seen = run("inspect bare.safetensors --height 32 --width 32");
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_EQ(seen.out.find("learned from"), std::string::npos) << seen.out;
  expect("eval bare.safetensors", 2,
         "eval: bare.safetensors does not say what data its network learned from. Give --data.\n");
  const auto scores = [&](const std::string& name) {
    const Finished done = run("eval " + name + " --data set --json");
    EXPECT_EQ(done.code, 0) << done.err;
    return json_lines(done.out).at(0)["scores"];
  };
  EXPECT_EQ(scores("bare.safetensors"), scores("run"));
  write_plain(scratch_ / "grey", 3);
  expect("eval bare.safetensors --data grey --split test", 2,
         "eval: the network reads images of 3 channels, those of grey have 1. Give --data with such "
         "images.\n");
  const Finished predicted = run("predict bare.safetensors set/test/images --out m --json");
  EXPECT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_TRUE(json_lines(predicted.out).at(0)["pixels"].contains("class 4")) << predicted.out;
}

}  // namespace
}  // namespace trous
