// The list of training options: names of their own, defaults inside their ranges, and a check of each range.
#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

// A number just outside.
std::int64_t too_small(const WholeRange& range) { return range.min - 1; }
double too_small(const NumberRange& range) { return range.min - 1; }
double too_small(const PositiveRange&) { return 0; }

TEST(TrainOptions, EachRangeIsCheckedBeforeAnythingStarts) {
  std::set<std::string_view> names;
  const TrainOptions defaults;
  EXPECT_NO_THROW(check_train_options(defaults));
  TrainOptions::parts(defaults, [&](const TrainOption& option, const auto& usual, const auto& range) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_FALSE(option.help.empty()) << option.name;
    using Member = std::remove_cvref_t<decltype(usual)>;
    using Range = std::remove_cvref_t<decltype(range)>;
    if constexpr (!std::same_as<Range, AnyValue> && !std::unsigned_integral<Member>) {
      TrainOptions changed;
      TrainOptions::parts(changed, [&](const TrainOption& other, auto& member, const auto&) {
        if constexpr (std::same_as<std::remove_cvref_t<decltype(member)>, Member>) {
          if (other.name == option.name) member = static_cast<Member>(too_small(range));
        }
      });
      EXPECT_EQ(thrown<ArgumentError>([&] { Trainer(small_net(), striped(), changed); }),
                text("train: ", option.name, ' ', too_small(range), " is ", outside(range),
                     ". The default is ", usual, '.'));
    }
  });
}

// All that changes what is learned is compared when a state is restored, under the option's name.
TEST(TrainOptions, AStateKnowsAllThatChangeWhatIsLearned) {
  const std::string state = Trainer(small_net(), striped(), {}).state().metadata.at("trainer");
  const TrainOptions defaults;
  TrainOptions::parts(defaults, [&](const TrainOption& option, const auto&, const auto&) {
    const std::string key = '"' + std::string(option.name) + "\":";
    EXPECT_EQ(state.find(key) != std::string::npos, option.changes_learning) << option.name << ' ' << state;
  });
}

TEST(Ranges, SayWhatLiesOutside) {
  EXPECT_EQ(outside(WholeRange{0, 7}), "not a whole number from 0 to 7");
  EXPECT_EQ(outside(NumberRange{}), "not a number of 0 or more");
  EXPECT_EQ(outside(NumberRange{0, 1}), "not a number from 0 to below 1");
  EXPECT_EQ(outside(PositiveRange()), "not a number above 0");
  EXPECT_TRUE((NumberRange{0, 1}.contains(0)));
  EXPECT_FALSE((NumberRange{0, 1}.contains(1)));
  EXPECT_TRUE((WholeRange{0, 7}.contains(7)));
  EXPECT_FALSE(PositiveRange().contains(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(NumberRange{}.contains(std::numeric_limits<double>::quiet_NaN()));
}

}  // namespace
}  // namespace trous
