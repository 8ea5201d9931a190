// Folders with images and a table.
#include <map>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/folder_table.h>
#include <trous/data/sample_parts.h>

#include "data/folder_writer.h"

namespace trous {
namespace {

// directory/images/0.png, 1.png, ..., each of its own grey, and directory/labels.csv.
void write_table(const std::string& directory, std::uint8_t count, const std::string& table,
                 std::uint8_t first = 0) {
  for (std::uint8_t i = 0; i < count; ++i) {
    const int number = first + i;
    write_grey(directory + "/images/" + std::to_string(number) + ".png", static_cast<std::uint8_t>(number));
  }
  spill(directory + "/labels.csv", bytes_of(table));
}

std::string table_faults(const std::string& directory) {
  return message_of<FileError>([&] { folder_table({.directory = directory}); });
}

std::string table_fault(const std::string& directory) {
  return only_fault(directory, table_faults(directory));
}

// Calls f(number of the image, sample, data set) for all samples. The grey of an image is its number.
template <class F>
void for_each_sample(const Splits& splits, F&& f) {
  for (const Dataset* data : {&splits.train, &splits.validation, &splits.test}) {
    for (std::int64_t i = 0; i < data->size; ++i) {
      const Sample sample = checked_sample(*data, i);
      const auto number = std::lround(sample.image.values<float>()[0] * 255);
      EXPECT_EQ(data->names[static_cast<std::size_t>(i)], "images/" + std::to_string(number) + ".png");
      f(number, sample, *data);
    }
  }
}

TEST(FolderTable, NumbersStandAsTheyAre) {
  const Scratch scratch;
  write_table(scratch.path(), 5,
              "image,x,far away\n3.png,-1.5,3e2\n0.png,0.25,1\n1.png,7,0\n2.png,2,1\n4.png,4,5\n");
  const Splits splits = folder_table({.directory = scratch.path()});
  EXPECT_EQ(splits.train.target, (SampleField{.name = "x, far away", .role = Role::numbers, .shape = {2}}));
  EXPECT_TRUE(splits.train.classes.empty());
  EXPECT_EQ(splits.test.number_names, (std::vector<std::string>{"x", "far away"}));
  const std::vector<std::vector<float>> numbers{{0.25F, 1}, {7, 0}, {2, 1}, {-1.5F, 300}, {4, 5}};
  int seen = 0;
  for_each_sample(splits, [&](long number, const Sample& sample, const Dataset&) {
    const auto values = sample.target.values<float>();
    EXPECT_EQ(std::vector<float>(values.begin(), values.end()), numbers[static_cast<std::size_t>(number)]);
    ++seen;
  });
  EXPECT_EQ(seen, 5);
  EXPECT_EQ(
      splits.train.source,
      "PNG and JPEG files of " + scratch.path() +
          ", 3 of 5 images, split 70/15/15 with seed 20201108; the targets are the numbers x, far away of "
          "labels.csv as they stand");
  EXPECT_EQ(splits.files.front(), scratch / "labels.csv");
  EXPECT_EQ(splits.files.size(), 6U);
}

TEST(FolderTable, AColumnCalledLabelOrClassHoldsClasses) {
  const Scratch scratch;
  write_table(scratch.path(), 6,
              "file,Class\r\n0.png,10\r\n1.png,9\r\n2.png,\"a, b\"\r\n3.png,10\r\n4.png,9\r\n5.png,10\r\n");
  const Splits splits = folder_table({.directory = scratch.path()});
  EXPECT_EQ(splits.train.classes, (std::vector<std::string>{"10", "9", "a, b"}));
  EXPECT_EQ(splits.train.target, (SampleField{.name = "label", .role = Role::label}));
  const std::vector<std::string> classes{"10", "9", "a, b", "10", "9", "10"};
  for_each_sample(splits, [&](long number, const Sample& sample, const Dataset& data) {
    EXPECT_EQ(data.classes[static_cast<std::size_t>(sample.target.values<std::int32_t>()[0])],
              classes[static_cast<std::size_t>(number)]);
  });
  EXPECT_EQ(splits.test.source, "PNG and JPEG files of " + scratch.path() +
                                    ", 1 of 6 images, split 70/15/15 with seed 20201108, each class spread; "
                                    "the classes are those of the "
                                    "column Class of labels.csv, sorted: 10, 9, a, b");
}

TEST(FolderTable, StatesThatFewWholeNumbersCouldBeClasses) {
  const Scratch scratch;
  write_table(scratch.path(), 4, "image,grade\n0.png,1\n1.png,2\n2.png,1\n3.png,2\n");
  const Splits splits = folder_table({.directory = scratch.path()});
  EXPECT_EQ(splits.train.target.role, Role::numbers);
  EXPECT_TRUE(
      splits.train.source.ends_with("; the targets are the numbers grade of labels.csv as they stand, of "
                                    "which there are 2 different whole ones: if "
                                    "they are classes, call the column label"))
      << splits.train.source;
}

TEST(FolderTable, ReadyMadeSplitsHaveATableEach) {
  const Scratch scratch;
  write_table(scratch / "train", 2, "image,x\n0.png,0.5\n1.png,1\n");
  write_table(scratch / "validation", 1, "image,x\n2.png,2\n", 2);
  write_table(scratch / "test", 1, "image,x\n3.png,3\n", 3);
  const Splits splits = folder_table({.directory = scratch.path()});
  EXPECT_EQ(splits.train.names, (std::vector<std::string>{"train/images/0.png", "train/images/1.png"}));
  EXPECT_EQ(splits.test.sample(0).target.values<float>()[0], 3);
  std::filesystem::remove(scratch / "validation/labels.csv");
  spill(scratch / "test/labels.csv", bytes_of("image,y\n3.png,3\n"));
  EXPECT_EQ(
      table_faults(scratch.path()),
      "folder: " + scratch.path() +
          " has 2 faults, so nothing was read from it. Mend them and start again:\n  " +
          scratch / "validation/labels.csv" +
          " does not exist. Write it: a first line such as image,label, then a line for each image.\n  " +
          scratch / "test/labels.csv" + " has the columns y, and another split of " + scratch.path() +
          " has x. Give all tables the same columns.");
}

TEST(FolderTable, TheSplitOfAnEarlierRunIsTakenAgain) {
  const Scratch scratch;
  const std::string table = "image,x\n0.png,0.5\n1.png,1\n2.png,2\n3.png,3\n";
  write_table(scratch.path(), 4, table);
  const Splits first = folder_table({.directory = scratch.path(), .seed = 3});
  write_table(scratch.path(), 6, table + "4.png,4\n5.png,none\n");
  const Splits again =
      folder_table({.directory = scratch.path(),
                    .split = SplitNames{first.train.names, first.validation.names, first.test.names}});
  EXPECT_EQ(again.train.names, first.train.names);
  EXPECT_TRUE(same_bits(again.test.sample(0).target, first.test.sample(0).target));
}

TEST(FolderTable, NamesAllFaultsAtOnce) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  write_table(
      at, 10,
      "image,x,y\n0.png,1,2\n1.png,1\n2.png,one,2\n3.png,1,nan\n0.png,3,4\nboot,1,2\n4,1,2\n5.png,1e99,\n"
      "6.png,1,2\n8.png,1,2\n9.png,1,2\n");
  spill(at + "/images/8.png", {});
  const std::string line = at + "/labels.csv, line ";
  EXPECT_EQ(
      table_faults(at),
      "folder: " + at + " has 11 faults, so nothing was read from it. Mend them and start again:\n  " + line +
          "3, has 2 cells, the first line 3. Give each line as many; a cell with a comma stands in quotes.\n "
          " " +
          line +
          "4, has \"one\" in the column x, which is no number. Write one such as 0.5, or call the column "
          "label "
          "if it holds classes.\n  " +
          line +
          "5, has \"nan\" in the column y, which float32 cannot hold. Write a finite number such as 0.5.\n "
          " " +
          line + "6, names \"0.png\" again, after line 2. Keep one of them.\n  " + line +
          "7, names \"boot\", and " + at +
          "/images has no such PNG or JPEG file. Add it, or remove the line.\n  " + line +
          "8, names \"4\", and the image is called 4.png. Write the whole name.\n  " + line +
          "9, has \"1e99\" in the column x, which float32 cannot hold. Write a finite number such as 0.5.\n "
          " " +
          line +
          "9, has \"\" in the column y, which is no number. Write one such as 0.5, or call the column label "
          "if "
          "it holds classes.\n  " +
          at + "/images/4.png has no line in " + at + "/labels.csv. Add one, or move the image away.\n  " +
          at + "/images/7.png has no line in " + at + "/labels.csv. Add one, or move the image away.\n  " +
          at + "/images/8.png is empty: 0 bytes. Fetch or write the file again.");
}

TEST(FolderTable, SaysWhatIsWrongWithTheFirstLine) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  const auto fault = [&](const std::string& table) {
    write_table(at, 4, table);
    const std::string whole = table_fault(at);
    EXPECT_TRUE(whole.starts_with(at + "/labels.csv")) << whole;
    return whole.substr(std::min(whole.size(), at.size() + 11));
  };
  EXPECT_EQ(fault(""), " has no line. Write a first line such as image,label, then a line for each image.");
  EXPECT_EQ(
      fault("0.png,1\n"),
      " begins with a line for 0.png. Write a line before it that names the columns, such as image,label.");
  EXPECT_EQ(fault("image;label\n0.png;boot\n"),
            " has one column, \"image;label\". Write two or more with commas between them: the image, then "
            "label, or "
            "numbers.");
  EXPECT_EQ(fault("image,x,\n"), " has no name for column 3. Write one in the first line.");
  EXPECT_EQ(fault("image,x,x\n"), " has two columns called x. Give each a name of its own.");
  EXPECT_EQ(
      fault("image,x,label\n"),
      " has the column label beside others: x, label. Classes stand alone, so leave it out, or the others.");
  EXPECT_EQ(fault("image,\"x\n"),
            ", line 1, has a quote that is not closed. Add the quote that ends the cell.");
}

TEST(FolderTable, FaultsOfClasses) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  write_table(at, 3, "image,label\n0.png,a\n1.png,\n2.png,a\n");
  EXPECT_EQ(table_fault(at),
            at + "/labels.csv, line 3, has no class. Write its name, or move line and image away.");
  write_table(at, 3, "image,label\n0.png,a\n1.png,a\n2.png,a\n");
  EXPECT_EQ(table_fault(at),
            at + " has one class, a. There is nothing to tell apart; add images of another class.");
  std::string many = "image,label\n";
  for (int i = 0; i < 256; ++i) {
    const std::string name = std::to_string(i) + ".png";
    write_grey(at + "/images/" + name, static_cast<std::uint8_t>(i));
    many += name + ",class " + std::to_string(i) + "\n";
  }
  spill(at + "/labels.csv", bytes_of(many));
  EXPECT_EQ(table_fault(at),
            at + " has 256 classes. 2 to 255 are possible; merge some, and put numbers into a column "
                 "that is not called label or class.");
}

// RFC 4180: spaces are part of a field.
TEST(FolderTable, SpacesAroundACellAreFaults) {
  const Scratch scratch;
  const std::string &at = scratch.path(), line = at + "/labels.csv, line ";
  const std::string remedy = ", with a space around it, which belongs to the cell. Remove it.";
  write_table(at, 3, "image,x\n0.png, 1\n1.png,2\t\n2.png ,3\n");
  EXPECT_EQ(table_faults(at),
            "folder: " + at + " has 4 faults, so nothing was read from it. Mend them and start again:\n  " +
                line + "2, has \" 1\" in the column x" + remedy + "\n  " + line +
                "3, has \"2\\x09\" in the column x" + remedy + "\n  " + line + "4, names \"2.png \"" +
                remedy + "\n  " + at + "/images/2.png has no line in " + at +
                "/labels.csv. Add one, or move the image away.");
  write_table(at, 3, "image,label\n0.png,boot\n1.png, boot\n2.png,two words\n");
  EXPECT_EQ(table_fault(at), line + "3, has the class \" boot\"" + remedy);
  write_table(at, 3, "image, label\n0.png,boot\n1.png,shoe\n2.png,boot\n");
  EXPECT_EQ(table_fault(at), at + "/labels.csv has the column \" label\"" + remedy);
}

TEST(FolderTable, NeedsImagesInTheirPlace) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  spill(at + "/labels.csv", bytes_of("image,label\n"));
  EXPECT_EQ(table_fault(at),
            at + "/images does not exist. Make it: images/ holds the images, labels.csv a line for each.");
  write_table(at, 2, "image,x\n0.png,1\n1.png,2\n");
  EXPECT_EQ(table_fault(at),
            at + "/images has 2 different images. 3 or more are needed: one each to train, to "
                 "validate and to test.");
}

TEST(FolderTable, NeedsImagesAndTableInOnePlace) {
  const Scratch scratch;
  const std::string& at = scratch.path();
  EXPECT_EQ(table_fault(at),
            at + " has no images/ and labels.csv, and no train/ and validation/ with these in them. Put "
                 "the images into images/ and a line for each into labels.csv.");
  write_table(at + "/train", 3, "image,x\n0.png,1\n1.png,2\n2.png,2\n");
  EXPECT_EQ(table_fault(at),
            at + " has train/ but no validation/, which decides when the network is at its best. Move "
                 "some images and their lines of labels.csv there.");
  spill(at + "/labels.csv", {});
  EXPECT_EQ(table_fault(at),
            at + " has images/ or labels.csv and also train/. Keep one layout: move the other away.");
}

}  // namespace
}  // namespace trous
