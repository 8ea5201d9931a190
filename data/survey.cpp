#include <algorithm>
#include <functional>
#include <numeric>
#include <unordered_set>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/digest.h>
#include <trous/data/palette.h>
#include <trous/data/survey.h>

namespace trous {
namespace {

// How many samples one thread takes at a time: 64 small ones, or a single photograph. The counts are whole
// numbers, so they do not depend on it.
std::int64_t grain_of(const Dataset& dataset) {
  constexpr std::int64_t pixels = std::int64_t{1} << 20;
  const std::int64_t in_one = std::max<std::int64_t>(1, dataset.image_shape.elements());
  return std::clamp<std::int64_t>(pixels / in_one, 1, 64);
}

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

void add(std::vector<std::int64_t>& total, const std::vector<std::int64_t>& part) {
  std::transform(part.begin(), part.end(), total.begin(), total.begin(), std::plus<>());
}

// Adds the pixels of the mask of sample `index`.
void count_labels(const Dataset& dataset, std::int64_t index, const Tensor& mask, SplitFacts& facts) {
  const auto classes = static_cast<std::int64_t>(dataset.classes.size());
  std::vector<std::int64_t> pixels(dataset.classes.size());
  for (const std::int32_t label : mask.values<std::int32_t>()) {
    if (label == unknown_label && label >= classes) {
      ++facts.unknown_pixels;
      continue;
    }
    if (label < 0 || label >= classes) {
      throw ArgumentError(text(dataset.name, ": sample ", index, " has label ", label, ". The set has ",
                               classes, " classes, and ", unknown_label, " means unknown. Mend the mask."));
    }
    ++pixels[static_cast<std::size_t>(label)];
  }
  add(facts.class_pixels, pixels);
  for (std::int64_t& number : pixels) number = std::min<std::int64_t>(number, 1);
  add(facts.images_with_class, pixels);
}

// Counts the set; image i's hash goes to (*hashes)[i] if hashes are wanted.
SplitFacts count(const Dataset& dataset, std::vector<std::uint64_t>* hashes, ProgressCount& progress) {
  const std::int64_t grain = grain_of(dataset);
  const std::vector<std::int64_t> none(dataset.classes.size());
  const bool labelled = dtype_of(dataset.target.role) == DType::int32;
  std::vector<SplitFacts> partial(static_cast<std::size_t>(chunks(dataset.size, grain)));
  if (hashes) hashes->resize(static_cast<std::size_t>(dataset.size));
  parallel_for(dataset.size, grain, [&](std::int64_t begin, std::int64_t end) {
    SplitFacts facts{.samples = end - begin, .class_pixels = none, .images_with_class = none};
    for (std::int64_t i = begin; i < end; ++i) {
      const Sample sample = checked_sample(dataset, i);
      if (labelled) count_labels(dataset, i, sample.target, facts);
      if (hashes) (*hashes)[static_cast<std::size_t>(i)] = content_hash(sample.image);
      progress.add_one();
    }
    partial[static_cast<std::size_t>(begin / grain)] = std::move(facts);
  });
  SplitFacts total{.samples = 0, .class_pixels = none, .images_with_class = none};
  for (const SplitFacts& facts : partial) {
    total.samples += facts.samples;
    add(total.class_pixels, facts.class_pixels);
    total.unknown_pixels += facts.unknown_pixels;
    add(total.images_with_class, facts.images_with_class);
  }
  return total;
}

std::int64_t shared(const std::unordered_set<std::uint64_t>& first,
                    const std::vector<std::uint64_t>& second) {
  return std::count_if(second.begin(), second.end(),
                       [&](std::uint64_t hash) { return first.contains(hash); });
}

}  // namespace

std::int64_t SplitFacts::known_pixels() const {
  return std::accumulate(class_pixels.begin(), class_pixels.end(), std::int64_t{0});
}

std::optional<double> SplitFacts::class_share(std::size_t c) const {
  return ratio(class_pixels[c], known_pixels());
}

std::optional<double> SplitFacts::unknown_share() const {
  return ratio(unknown_pixels, known_pixels() + unknown_pixels);
}

Survey survey(const Splits& splits, const OnProgress& on_progress) {
  Survey result;
  std::vector<std::uint64_t> train, validation, test;
  ProgressCount progress(on_progress, splits.train.size + splits.validation.size + splits.test.size);
  result.train = count(splits.train, &train, progress);
  result.validation = count(splits.validation, &validation, progress);
  result.test = count(splits.test, &test, progress);
  const std::unordered_set<std::uint64_t> in_train(train.begin(), train.end());
  const std::unordered_set<std::uint64_t> in_validation(validation.begin(), validation.end());
  result.shared_train_validation = shared(in_train, validation);
  result.shared_train_test = shared(in_train, test);
  result.shared_validation_test = shared(in_validation, test);
  return result;
}

std::vector<std::int64_t> classes_not_in_train(const Survey& survey) {
  std::vector<std::int64_t> result;
  for (std::size_t c = 0; c < survey.train.images_with_class.size(); ++c) {
    const bool elsewhere = survey.validation.images_with_class[c] > 0 || survey.test.images_with_class[c] > 0;
    if (survey.train.images_with_class[c] == 0 && elsewhere) result.push_back(static_cast<std::int64_t>(c));
  }
  return result;
}

std::vector<std::int64_t> class_pixels(const Dataset& dataset) {
  const OnProgress nobody;
  ProgressCount progress(nobody, dataset.size);
  return count(dataset, nullptr, progress).class_pixels;
}

}  // namespace trous
