// The scores of any task, as a value: what a network is scored by over a data set.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/dataset.h>
#include <trous/train/classification_scores.h>
#include <trous/train/criterion.h>
#include <trous/train/metrics.h>

namespace trous {

/// A score by name; absent where it is not defined.
struct Score {
  std::string name;  ///< as Criterion::score takes it: "foreground_iou"
  std::optional<double> value;

  friend bool operator==(const Score&, const Score&) = default;
};

/// The value of the score called `name`; absent too where there is none of this name.
std::optional<double> value_of(const std::vector<Score>& scores, std::string_view name);

/// The names of the scores, in their order.
std::vector<std::string> names_of(const std::vector<Score>& scores);

/// A true number and the predicted one.
struct TruthAndPrediction {
  double truth, prediction;

  friend bool operator==(const TruthAndPrediction&, const TruthAndPrediction&) = default;
};

/// A class with these members adds up what a network gives, batch by batch.
///
///   add(batch, output, prediction)   counts a batch: `output` is what the network gives for it, `prediction`
///                                    what Task::predict makes of that
///   all()                            the scores, always of the same names in the same order
///   criterion()                      what ranks validations by these scores. It follows from the targets
///                                    alone; `latest` where none counts
///
/// A report also shows what other members there are: confusion(), a matrix of classes; calibration(), the
/// bins of a reliability diagram; pairs(), some truths and predictions for a scatter plot.
template <class S>
concept ScoresKind = std::copyable<S> &&
    requires(S scores, const S& constant, const Batch& batch, const Tensor& tensor) {
  scores.add(batch, tensor, tensor);
  { constant.all() } -> std::same_as<std::vector<Score>>;
  { constant.criterion() } -> std::same_as<Criterion>;
};

/// Any scores. Do not use moved-from ones but to assign to them.
class Scores {
 public:
  template <class S>
  requires(!std::same_as<S, Scores> && ScoresKind<S>) Scores(S scores)
      : held_(std::make_unique<Held<S>>(std::move(scores))) {}
  Scores(const Scores& other) : held_(other.held_->clone()) {}
  Scores(Scores&&) noexcept = default;
  Scores& operator=(Scores other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }
  ~Scores() = default;

  void add(const Batch& batch, const Tensor& output, const Tensor& prediction) {
    held_->add(batch, output, prediction);
  }
  std::vector<Score> all() const { return held_->all(); }
  Criterion criterion() const { return held_->criterion(); }

  /// The score called `name`; absent too where there is none of this name.
  std::optional<double> operator[](std::string_view name) const { return value_of(all(), name); }
  /// The score that ranks validations; absent where its criterion is none.
  std::optional<double> ranking() const;

  std::optional<ConfusionMatrix> confusion() const { return held_->confusion(); }
  std::vector<CalibrationBin> calibration() const { return held_->calibration(); }
  std::vector<TruthAndPrediction> pairs() const { return held_->pairs(); }

  /// The scores as their class S. Throws Error if they are of another.
  template <class S>
  const S& as() const {
    const auto* const held = dynamic_cast<const Held<S>*>(held_.get());
    if (!held) throw Error(text("scores: they are no ", typeid(S).name(), ", but those of another task."));
    return held->scores;
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::unique_ptr<Interface> clone() const = 0;
    virtual void add(const Batch& batch, const Tensor& output, const Tensor& prediction) = 0;
    virtual std::vector<Score> all() const = 0;
    virtual Criterion criterion() const = 0;
    virtual std::optional<ConfusionMatrix> confusion() const = 0;
    virtual std::vector<CalibrationBin> calibration() const = 0;
    virtual std::vector<TruthAndPrediction> pairs() const = 0;
  };

  template <class S>
  struct Held final : Interface {
    explicit Held(S s) : scores(std::move(s)) {}
    std::unique_ptr<Interface> clone() const override { return std::make_unique<Held>(scores); }
    void add(const Batch& batch, const Tensor& output, const Tensor& prediction) override {
      scores.add(batch, output, prediction);
    }
    std::vector<Score> all() const override { return scores.all(); }
    Criterion criterion() const override { return scores.criterion(); }
    std::optional<ConfusionMatrix> confusion() const override {
      if constexpr (requires { scores.confusion(); }) return scores.confusion();
      return std::nullopt;
    }
    std::vector<CalibrationBin> calibration() const override {
      if constexpr (requires { scores.calibration(); }) return scores.calibration();
      return {};
    }
    std::vector<TruthAndPrediction> pairs() const override {
      if constexpr (requires { scores.pairs(); }) return scores.pairs();
      return {};
    }
    S scores;
  };

  std::unique_ptr<Interface> held_;
};

}  // namespace trous
