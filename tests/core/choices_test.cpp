// Tables of named choices: what sentences and error texts are made of.
#include <array>

#include <gtest/gtest.h>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/core/named_table.h>

#include "core/thrown.h"

namespace trous {
namespace {

struct Fruit {
  std::string_view name;
  int seeds;
};

constexpr std::array fruits{Fruit{"apple", 5}, Fruit{"plum", 1}, Fruit{"fig", 900}};

TEST(Choices, AreListedAsASentenceListsThem) {
  EXPECT_EQ(listed({}), "");
  EXPECT_EQ(listed({"a"}), "a");
  EXPECT_EQ(listed({"a", "b"}), "a or b");
  EXPECT_EQ(listed({"a", "b", "c"}), "a, b or c");
  EXPECT_EQ(listed({"a", "b", "c"}, " and "), "a, b and c");
  EXPECT_EQ(listed(names_in(fruits)), "apple, plum or fig");
}

TEST(Choices, ARowIsFoundByItsWholeName) {
  ASSERT_NE(find_row(fruits, "plum"), nullptr);
  EXPECT_EQ(find_row(fruits, "plum")->seeds, 1);
  EXPECT_EQ(find_row(fruits, "plu"), nullptr);
  EXPECT_EQ(find_row(fruits, ""), nullptr);
  EXPECT_EQ(row_named("fruit", fruits, "fig").seeds, 900);
  EXPECT_EQ(thrown<ArgumentError>([] { row_named("fruit", fruits, "nut"); }),
            "fruit: \"nut\" is not known. Choose apple, plum or fig.");
}

TEST(NamedTable, HoldsItsOwnRowsThenThoseThatWereAdded) {
  NamedTable<Fruit> table("fruit", fruits);
  {
    const std::string gone = "nut-2";  // the table keeps a copy of the name
    table.add({gone, 1});
  }
  EXPECT_EQ(listed(names_in(table.rows())), "apple, plum, fig or nut-2");
  EXPECT_EQ(find_row(table.rows(), "nut-2")->seeds, 1);
}

TEST(NamedTable, RefusesNamesThatWouldNotBeFound) {
  NamedTable<Fruit> table("fruit", fruits);
  const auto refused = [&](const char* name) { return thrown<ArgumentError>([&] { table.add({name, 1}); }); };
  EXPECT_EQ(refused("plum"),
            R"(fruit: "plum" cannot be added. There is a fruit of this name. Choose another.)");
  const char* const letters = " cannot be added. Make the name of letters, digits and - _ + alone.";
  for (const char* name : {"", "a b", "a.json", "a/b", "\u00e9"})
    EXPECT_EQ(refused(name), text("fruit: \"", name, '"', letters));
  table.add({"nut", 1});
  EXPECT_EQ(refused("nut"),
            R"(fruit: "nut" cannot be added. There is a fruit of this name. Choose another.)");
  EXPECT_EQ(table.rows().size(), 4U);
  EXPECT_EQ(refused("date"),
            R"(fruit: "date" cannot be added. Names were looked up before. Add each fruit first of all.)");
  EXPECT_EQ(table.rows().size(), 4U);
}

}  // namespace
}  // namespace trous
