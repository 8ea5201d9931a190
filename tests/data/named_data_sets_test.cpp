// The table of data sets, and the splits by name.
#include <set>

#include <gtest/gtest.h>

#include <trous/core/choices.h>
#include <trous/data/augment.h>
#include <trous/data/named_data_sets.h>

#include "core/thrown.h"

namespace trous {
namespace {

TEST(NamedDataSets, HaveNamesOfTheirOwnAndARecipe) {
  const std::vector<std::string_view> names = names_in(named_data_sets());
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
  EXPECT_NE(find_row(named_data_sets(), default_data_set), nullptr);
  for (const NamedDataSet& set : named_data_sets()) {
    EXPECT_GT(set.recipe.steps, 0) << set.name;
    EXPECT_GT(set.recipe.batch, 0) << set.name;
    EXPECT_NO_THROW(parse_augmentation(std::string(set.recipe.augment))) << set.name;
    EXPECT_EQ(set.predictor.name.empty(), set.predictor.predict == nullptr) << set.name;
  }
}

// A data set that reads files names the folder in which they are missing.
TEST(NamedDataSets, ReadTheirFilesWhereTheyAreToldTo) {
  for (const NamedDataSet& set : named_data_sets()) {
    if (!set.reads_files) {
      EXPECT_GT(set.open("").test.size, 0) << set.name;
      continue;
    }
    const std::string why = thrown<FileError>([&] { set.open("/no/such/folder"); });
    EXPECT_NE(why.find("/no/such/folder"), std::string::npos) << why;
  }
}

// Any name but train and test was once the validation split.
TEST(NamedDataSets, ASplitIsFoundByItsName) {
  Splits data;
  data.train.size = 1;
  data.validation.size = 2;
  data.test.size = 3;
  std::int64_t size = 0;
  for (const std::string_view name : split_names()) EXPECT_EQ(split_named(data, name).size, ++size) << name;
  EXPECT_EQ(thrown<ArgumentError>([&] { split_named(data, "val"); }),
            "split: \"val\" is not known. Choose train, validation or test.");
}

}  // namespace
}  // namespace trous
