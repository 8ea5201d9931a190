// Tables of named choices: what sentences and error texts are made of.
#include <array>

#include <gtest/gtest.h>

#include <trous/core/choices.h>
#include <trous/core/error.h>

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

}  // namespace
}  // namespace trous
