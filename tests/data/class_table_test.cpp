#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/class_table.h>

#include "data/scratch.h"

namespace trous {
namespace {

ClassTable table_of(const std::string& json) {
  const Scratch scratch;
  spill(scratch / "classes.json", bytes_of(json));
  return read_class_table(scratch / "classes.json");
}

TEST(ClassTable, NamesAloneAreNumberedInTheirOrder) {
  const ClassTable table = table_of(R"(["background", "boot", "Größe"])");
  EXPECT_EQ(table.classes(), (std::vector<std::string>{"background", "boot", "Größe"}));
  EXPECT_FALSE(table.has_colors());
  std::vector<std::int32_t> labels(256, -1);
  labels[0] = 0;
  labels[1] = 1;
  labels[2] = 2;
  labels[255] = 255;
  EXPECT_EQ(table.labels(), labels);
}

TEST(ClassTable, ColorsAreNumbersOrHexadecimal) {
  const ClassTable table =
      table_of(R"([{"name": "a", "color": [0, 128, 255]}, {"color": "#fF0a00", "name": "b"}])");
  ASSERT_TRUE(table.has_colors());
  EXPECT_EQ(table.entries[0].color, (Color{0, 128, 255}));
  EXPECT_EQ(table.entries[1].color, (Color{255, 10, 0}));
  EXPECT_EQ(hexadecimal(*table.entries[1].color), "#ff0a00");
}

TEST(ClassTable, AnIgnoredEntryIsNoClassAndKeepsItsNumber) {
  const ClassTable table =
      table_of(R"([{"name": "void", "ignore": true}, "ground", {"ignore": true}, {"name": "boot"}])");
  EXPECT_EQ(table.classes(), (std::vector<std::string>{"ground", "boot"}));
  const std::vector<std::int32_t> labels = table.labels();
  EXPECT_EQ((std::vector<std::int32_t>{labels.begin(), labels.begin() + 5}),
            (std::vector<std::int32_t>{255, 0, 255, 1, -1}));
}

TEST(ClassTable, SaysWhatIsWrongAndWhere) {
  const Scratch scratch;
  const std::string path = scratch / "classes.json";
  const auto expect = [&](const std::string& json, const std::string& fault) {
    spill(path, bytes_of(json));
    EXPECT_EQ(message_of<FileError>([&] { read_class_table(path); }), "read_class_table: " + path + fault);
  };
  const std::string entry =
      R"( at 1. An entry is a name or an object: {"name": "boot", "color": "#ff0000"}.)";
  const std::string keys =
      R"( at 0. An entry has a "name" (text), a "color", "numbers" and "ignore" (true or false).)";
  const std::string colors = R"( at 0. A colour is "#ff8000" or [255, 128, 0].)";
  expect("", R"( is no JSON from byte 1 on. Write a list such as ["background", "boot"].)");
  expect(R"(["a", "b")", R"( is no JSON from byte 10 on. Write a list such as ["background", "boot"].)");
  expect(R"({"a": 1})", R"( is object, not a list. Write a list such as ["background", "boot"].)");
  expect("[]", " has 0 entries. 1 to 255 are possible, since 255 means unknown in masks. Merge classes.");
  expect(R"(["a", 7])", " has 7" + entry);
  expect(R"(["a", ["b"]])", R"( has ["b"])" + entry);
  expect(R"([{"nam": "a"}])", R"( has "nam": "a")" + keys);
  expect(R"([{"name": 5}])", R"( has "name": 5)" + keys);
  expect(R"([{"name": "a", "ignore": 1}])", R"( has "ignore": 1)" + keys);
  expect(R"(["a", ""])", R"( has no name at 1. Give each class a name: {"name": "boot"}.)");
  for (const char* color : {R"("red")", R"("#ff00")", R"("#ff00zz")", R"("#+100-1")", "[1,2]", "[1,2,256]",
                            "[1,-2,3]", "[1,2.5,3]", "null"}) {
    expect(R"([{"name": "a", "color": )" + std::string(color) + "}]",
           " has the colour " + std::string(color) + colors);
  }
  expect(R"(["a", "b", "a"])", R"( has the name "a" at 0 and at 2. Names differ; give one of them another.)");
  expect(R"([{"name": "a", "color": "#010203"}, {"name": "b", "color": [1, 2, 3]}])",
         " has the colour #010203 at 0 and at 1. Colours differ; to ignore one, list it once, with "
         "\"ignore\": true.");
  expect(R"([{"name": "a", "color": "#010203"}, "b"])",
         " has no colour at 1, unlike at 0. Give all entries a colour, for RGB masks, or none.");
  expect(R"(["b", {"name": "a", "color": "#010203"}])",
         " has a colour at 1, unlike at 0. Give all entries a colour, for RGB masks, or none.");
  for (const char* numbers : {"256", "-1", "1.5", R"("7")", "[1]", "[1,2,3]", "[2,1]", "[0,256]", "null"}) {
    expect(R"([{"name": "a", "numbers": )" + std::string(numbers) + "}]",
           " has the numbers " + std::string(numbers) +
               " at 0. Numbers are one of 0 to 255, such as 7, or the first and the last of a range, such as "
               "[128, 255].");
  }
  expect(R"([{"name": "a", "numbers": [0, 9]}, {"name": "b", "numbers": [9, 255]}])",
         " has the number 9 at 0 and at 1. A number belongs to one class; let the ranges end before each "
         "other.");
  expect(R"([{"name": "a", "numbers": 0}, "b"])",
         " has no numbers at 1, unlike at 0. Give all entries numbers, or none: then the first is 0, the "
         "next 1, "
         "and so on.");
  expect(R"([{"name": "a", "ignore": true}])",
         " ignores all its entries. Leave at least two that are learnt.");
  expect(std::string(100000, '['), " is more than 64 levels deep. Nest less.");
  expect(R"(["a", 1e999])", " has the number 1e999, which no double holds. Give a smaller one.");
  expect(R"([{"name": "a", "color": [1, 2, 99999999999999999999]}])",
         " has the number 99999999999999999999, which 64 bits do not hold. Give a smaller one.");
  expect(R"([{"name": "a", "name": "b"}])", R"( has the key "name" twice in one object. Keep one.)");
  expect("[\"caf\xe9\"]", R"( is no JSON from byte 7 on. Write a list such as ["background", "boot"].)");
}

TEST(ClassTable, RangesOfNumbersHavePlacesAndPlacesHaveLabels) {
  const ClassTable table = table_of(
      R"([{"name": "ground", "numbers": [0, 99]}, {"numbers": 255, "ignore": true},
          {"name": "boot", "numbers": 120}])");
  const std::vector<std::int32_t> places = table.places(), labels = table.labels();
  EXPECT_EQ(places[0], 0);
  EXPECT_EQ(places[99], 0);
  EXPECT_EQ(places[100], -1);
  EXPECT_EQ(places[120], 2);
  EXPECT_EQ(places[255], 1);
  EXPECT_EQ(labels[0], 0);
  EXPECT_EQ(labels[1], 255);
  EXPECT_EQ(labels[2], 1);
  EXPECT_EQ(labels[3], -1);
  EXPECT_EQ(table_of(R"([{"name": "a", "numbers": 0}, {"name": "b", "numbers": 1}])").places()[255], 255);
  const ClassTable two = black_and_white(100);
  EXPECT_EQ(two.classes(), (std::vector<std::string>{"background", "foreground"}));
  EXPECT_EQ(two.places()[99], 0);
  EXPECT_EQ(two.places()[100], 1);
  EXPECT_EQ(two.places()[255], 1);
}

TEST(ClassTable, HasUpTo255Entries) {
  const auto of = [](int count) {
    std::string list = "[";
    for (int i = 0; i < count; ++i) list += (i ? ",\"" : "\"") + std::to_string(i) + "\"";
    return table_of(list + "]");
  };
  EXPECT_EQ(of(255).labels()[254], 254);
  EXPECT_THROW(of(256), FileError);
}

}  // namespace
}  // namespace trous
