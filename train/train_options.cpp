#include <concepts>
#include <type_traits>

#include <trous/core/error.h>
#include <trous/train/train_options.h>

namespace trous {
namespace {

// The default of the option called `name`, which is a number.
std::string default_of(std::string_view name) {
  std::string value;
  const TrainOptions defaults;
  TrainOptions::parts(defaults, [&](const TrainOption& option, const auto& member, const auto&) {
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(member)>>) {
      if (option.name == name) value = text(member);
    }
  });
  return value;
}

template <class Member, class Range>
void check_range(const TrainOption& option, const Member& value, const Range& range) {
  // Every unsigned number is allowed: a seed is any 64 bits. The program's JSON holds those of the range.
  if constexpr (!std::same_as<Range, AnyValue> && !std::unsigned_integral<Member>) {
    if (range.contains(value)) return;
    throw ArgumentError(text("train: ", option.name, ' ', value, " is ", outside(range), ". The default is ",
                             default_of(option.name), '.'));
  }
}

}  // namespace

void check_train_options(const TrainOptions& o) {
  TrainOptions::parts(o, [](const TrainOption& option, const auto& member, const auto& range) {
    check_range(option, member, range);
  });
  if (o.warmup >= o.steps) {
    throw ArgumentError(text("train: warmup ", o.warmup, " of ", o.steps,
                             " steps. Give 0 for none, or fewer steps than there are."));
  }
  if (o.loss && o.class_weights) {
    throw ArgumentError(
        "train: class_weights beside a loss would do nothing. Give make_loss the weights, or leave the loss "
        "out for cross-entropy.");
  }
}

}  // namespace trous
