// trous data: what a set holds, pictures of it, and the set as a folder.
#include <gtest/gtest.h>

#include <trous/data/folder.h>
#include <trous/data/png.h>
#include <trous/data/safetensors.h>

#include "cli/program.h"

namespace trous {
namespace {

using Data = SmallSet;

TEST_F(Data, CountsWhatIsThere) {
  const Finished done = run("data set");
  ASSERT_EQ(done.code, 0) << done.err;
  expect_plain(done.out);
  const auto line = json_lines(run("data set --json").out).at(0);
  const Splits splits = folder({.directory = scratch_ / "set"});
  for (const auto& [name, split] :
       {std::pair{"train", &splits.train}, std::pair{"validation", &splits.validation},
        std::pair{"test", &splits.test}}) {
    std::vector<std::int64_t> pixels(5), images(5);
    for (std::int64_t i = 0; i < split->size; ++i) {
      std::vector<bool> seen(5);
      const Sample sample = split->sample(i);
      for (const std::int32_t label : sample.target.values<std::int32_t>()) {
        ++pixels[static_cast<std::size_t>(label)];
        seen[static_cast<std::size_t>(label)] = true;
      }
      for (std::size_t c = 0; c < 5; ++c) images[c] += seen[c];
    }
    EXPECT_EQ(line[name]["samples"], split->size);
    EXPECT_EQ(line[name]["class_pixels"], pixels);
    EXPECT_EQ(line[name]["images_with_class"], images);
  }
  EXPECT_EQ(line["image"], (std::vector<int>{32, 32, 3}));
  EXPECT_EQ(line["shared"]["train_test"], 0);
  EXPECT_TRUE(has_line(done.out, "data    8 train, 4 validation, 4 test images of 32x32x3")) << done.out;
  EXPECT_TRUE(has_line(done.out, "  class +train +validation +test")) << done.out;
  EXPECT_TRUE(has_line(done.out, "  triangle( +[0-9.]+ % +[0-9]+){3}")) << done.out;
  EXPECT_EQ(run("data set --quiet").out, "");
}

TEST_F(Data, APreviewShowsImagesBesideMasks) {
  const Finished done = run("data set --preview p.png --count 4 --split validation");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out, "  pictures  p\\.png   \\(input \\| mask\\)")) << done.out;
  const Tensor picture = read_png(scratch_ / "p.png");  // 3 pairs in a row, twice as large, then one
  EXPECT_GE(picture.shape()[1], 6 * 64);
  EXPECT_GE(picture.shape()[0], 2 * 64);
  ASSERT_EQ(
      run("data set --preview q.png --count 4 --split validation --augment flip,noise=0.1 --quiet").code, 0);
  ASSERT_EQ(
      run("data set --preview r.png --count 4 --split validation --augment flip,noise=0.1 --quiet").code, 0);
  EXPECT_NE(file("q.png"), file("p.png"));
  EXPECT_EQ(file("q.png"), file("r.png"));
}

TEST_F(Data, AnExportedFolderIsTheSetAgain) {
  const Finished done = run("data set --export 'a copy'");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out, "  folder    a copy   \\(trous train --data 'a copy' --out RUN\\)"))
      << done.out;
  auto one = json_lines(run("data set --json").out).at(0);
  auto two = json_lines(run("data 'a copy' --json").out).at(0);
  for (const char* split : {"train", "validation", "test"}) EXPECT_EQ(one[split], two[split]) << split;
  EXPECT_EQ(one["image"], two["image"]);
  train("first", "--quiet");
  ASSERT_EQ(run("train --config first/config.json --data 'a copy' --out second --quiet").code, 0);
  const auto weights = [&](const std::string& name) {
    std::vector<float> all;
    for (const auto& [path, tensor] : read_safetensors(scratch_ / name).tensors) {
      const auto values = tensor.to_vector<float>();
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  };
  EXPECT_EQ(weights("first/best.safetensors"), weights("second/best.safetensors"));
}

TEST_F(Data, NothingIsOverwritten) {
  expect("data set --export set", 3, "set: it exists and is not an empty folder. Choose another --export.\n");
  expect("data set --preview none/p.png", 3,
         "none/p.png: there is no folder none. Make it, or choose another --preview.\n");
}

TEST_F(Data, GeneratedSetsNeedNoFile_slow) {
  const Finished done = run("data shapes --export out --count 2 --quiet");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(files_below(scratch_ / "out").size(), 13u) << "2 images and 2 masks in 3 splits, and the classes";
}

}  // namespace
}  // namespace trous
