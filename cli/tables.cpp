#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <sys/ioctl.h>
#include <unistd.h>

#include <trous/cli/tables.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/data/palette.h>
#include <trous/run/detail/facts_json.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;

// The name, in its class's colour where `show`.
std::string chip(std::int64_t c, bool show) {
  if (!show) return {};
  const Color color = class_color(c);
  return "\033[38;2;" + std::to_string(color.red) + ';' + std::to_string(color.green) + ';' +
         std::to_string(color.blue) + "m\u2588\u2588\033[0m ";
}

// A share that is not 0 does not read as 0.
std::string unknown_text(const SplitFacts& facts) {
  const double share = facts.unknown_share().value_or(0);
  return share > 0 && share < 0.0005 ? "< 0.1 %" : percent(share);
}

}  // namespace

std::string fixed(double value, int digits) {
  std::ostringstream stream;
  stream << std::fixed << std::setprecision(digits) << value;
  return stream.str();
}

std::string float_digits(float value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

std::string fixed_or_dash(const std::optional<double>& value, int digits) {
  return value ? fixed(*value, digits) : "-";
}

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

void print_event(const OutputStyle& style, const Json& event) {
  if (style.json) std::cout << detail::dump_json(event) << std::endl;
}

int columns() {
  if (!isatty(STDOUT_FILENO)) return 120;
  if (const char* asked = std::getenv("COLUMNS"); asked && std::atoi(asked) > 0) return std::atoi(asked);
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string wrapped(const std::string& paragraph, int indent, int columns) {
  const auto begin = static_cast<std::size_t>(indent), end = static_cast<std::size_t>(columns);
  std::istringstream words(paragraph);
  std::string lines;
  std::size_t used = begin;
  for (std::string word; words >> word; used += word.size()) {
    if (lines.empty()) {
    } else if (used + 1 + word.size() > end) {
      lines += '\n' + std::string(begin, ' ');
      used = begin;
    } else {
      lines += ' ';
      ++used;
    }
    lines += word;
  }
  return lines;
}

void print_data(const Splits& data, const Survey& survey) {
  const Shape& image = data.train.image_shape;
  const bool of_masks = data.train.target.role == Role::mask;
  const char* const counted = of_masks ? "pixels" : "images";
  std::string shares = text(counted, ':');
  for (std::size_t c = 0; c < data.train.classes.size(); ++c)
    shares +=
        text(c ? ", " : " ", data.train.classes[c], ' ', percent(survey.train.class_share(c).value_or(0)));
  std::vector<std::string> paragraphs{
      text(data.train.size, " train, ", data.validation.size, " validation, ", data.test.size,
           " test images of ", image[0], 'x', image[1], 'x', image[2]),
      data.train.source};
  if (!data.train.classes.empty()) paragraphs.push_back(shares);
  if (survey.train.unknown_pixels + survey.validation.unknown_pixels + survey.test.unknown_pixels > 0) {
    paragraphs.push_back(text("unknown: ", unknown_text(survey.train), " of the ", counted, " in train, ",
                              unknown_text(survey.validation), " in validation, ", unknown_text(survey.test),
                              " in test"));
  }
  paragraphs.push_back(text("images in two splits: ", survey.shared_train_validation, " train/validation, ",
                            survey.shared_train_test, " train/test, ", survey.shared_validation_test,
                            " validation/test"));
  for (const std::int64_t c : classes_not_in_train(survey)) {
    const auto at = static_cast<std::size_t>(c);
    const std::int64_t in_validation = survey.validation.images_with_class[at],
                       in_test = survey.test.images_with_class[at];
    paragraphs.push_back(text("NOTE: no training image shows ", data.train.classes[at], ", but ",
                              in_validation, " of validation and ", in_test,
                              " of test do. It cannot be learned."));
  }
  const char* before = "data    ";
  for (const std::string& paragraph : paragraphs) {
    std::cout << before << wrapped(paragraph, 8, columns()) << '\n';
    before = "        ";
  }
  std::cout << '\n';
}

void print_splits(const Splits& data, const Survey& survey) {
  if (data.train.classes.empty()) return;
  const bool of_masks = data.train.target.role == Role::mask;
  std::size_t widest = 7;
  for (const std::string& name : data.train.classes) widest = std::max(widest, name.size());
  const int name_width = static_cast<int>(widest) + 2;
  const SplitFacts* const splits[]{&survey.train, &survey.validation, &survey.test};
  std::cout << "  " << std::left << std::setw(name_width) << "class" << std::right << std::setw(15) << "train"
            << std::setw(15) << "validation" << std::setw(15) << "test" << '\n';
  for (std::size_t c = 0; c < data.train.classes.size(); ++c) {
    std::cout << "  " << std::left << std::setw(name_width) << data.train.classes[c] << std::right;
    for (const SplitFacts* split : splits)
      std::cout << std::setw(8) << percent(split->class_share(c).value_or(0)) << std::setw(7)
                << split->images_with_class[c];
    std::cout << '\n';
  }
  std::cout << "  " << std::left << std::setw(name_width) << "unknown" << std::right;
  for (const SplitFacts* split : splits) {
    std::cout << std::setw(split == splits[0] ? 8 : 15) << unknown_text(*split);
  }
  std::cout
      << "\n  "
      << wrapped(
             of_masks
                 ? "(share of the pixels whose class is known, number of images; unknown: share of all "
                   "pixels)"
                 : "(share of the images whose class is known, their number; unknown: share of all images)",
             2, columns())
      << "\n\n";
}

namespace {

// Of a column, by its place: tables of masks keep the widths that they always had.
int score_width(std::size_t column, const std::string& name) {
  if (name == "foreground_iou") return 9;
  if (name == "mean_iou") return 8;
  if (name == "pixel_accuracy") return 10;
  return column == 0 ? 10 : 11;
}

}  // namespace

void print_heading(const std::string& title, const std::vector<std::string>& shown) {
  std::cout << std::left << std::setw(33) << title << std::right;
  for (std::size_t k = 0; k < shown.size(); ++k)
    std::cout << std::setw(score_width(k, shown[k])) << words_of_score(shown[k]).heading;
  std::cout << '\n';
}

void print_score(const std::string& who, const ScoreFacts& scores, const std::vector<std::string>& shown) {
  std::cout << "  " << std::left << std::setw(31) << who << std::right;
  for (std::size_t k = 0; k < shown.size(); ++k) {
    std::cout << std::setw(score_width(k, shown[k]))
              << fixed_or_dash(scores[shown[k]], words_of_score(shown[k]).digits);
  }
  std::cout << '\n';
}

// The IoU of the foreground has been called so since the first version.
std::string event_key(const std::string& score) {
  return score == "foreground_iou" ? "foreground_mean_iou" : score;
}

void print_classes(const ConfusionMatrix& scores, const std::vector<std::string>& classes,
                   const char* counted, const OutputStyle& style) {
  std::size_t widest = 5;
  for (const std::string& name : classes) widest = std::max(widest, name.size());
  const int name_width = static_cast<int>(widest) + 2;
  const bool color = colored(style);
  const auto row = [&](const std::string& chip, const std::string& name,
                       std::initializer_list<std::string> cells, const std::string& support) {
    std::cout << "  " << chip << std::left << std::setw(name_width) << name << std::right;
    for (const std::string& cell : cells) std::cout << std::setw(7) << cell;
    std::cout << support << '\n';
  };
  row(color ? "   " : "", "class", {"IoU", "Dice", "prec.", "recall"}, text("     ", counted));
  for (std::int64_t c = 0; c < scores.classes(); ++c) {
    row(chip(c, color), classes[static_cast<std::size_t>(c)],
        {fixed_or_dash(scores.iou(c), 3), fixed_or_dash(scores.dice(c), 3),
         fixed_or_dash(scores.precision(c), 3), fixed_or_dash(scores.recall(c), 3)},
        text(std::setw(11), scores.support(c), scores.ignores(c) ? "  ignored" : ""));
  }
}

void print_weakest(const ConfusionMatrix& scores, const std::vector<std::string>& classes) {
  std::vector<std::pair<double, std::string>> ordered;
  for (std::int64_t c = 1; c < scores.classes(); ++c) {
    if (const auto iou = scores.iou(c)) ordered.emplace_back(*iou, classes[static_cast<std::size_t>(c)]);
  }
  std::sort(ordered.begin(), ordered.end());
  std::string words = ordered.empty() ? "no foreground class could be scored" : "weakest classes:";
  for (std::size_t i = 0; i < std::min<std::size_t>(3, ordered.size()); ++i)
    words += text(i ? ", " : " ", ordered[i].second, ' ', fixed(ordered[i].first, 3));
  if (!ordered.empty())
    words += text("; strongest: ", ordered.back().second, ' ', fixed(ordered.back().first, 3));
  std::cout << "\n  " << wrapped(words, 2, columns()) << "\n\n";
}

std::string words_of(const Criterion& chosen_by) {
  if (chosen_by.is_score()) return "";
  return chosen_by == Criterion::validation_loss ? "chosen by the validation loss" : "the latest";
}

Json summary_of_scores(const ScoreFacts& scores, const std::vector<std::string>& classes) {
  Json summary = Json::object();
  for (const Score& score : scores.all) summary[event_key(score.name)] = detail::or_null(score.value);
  if (!scores.confusion) return summary;
  const ConfusionMatrix& matrix = *scores.confusion;
  Json per_class = Json::array();
  for (std::int64_t c = 0; c < matrix.classes(); ++c) {
    per_class.push_back({{"name", classes[static_cast<std::size_t>(c)]},
                         {"iou", detail::or_null(matrix.iou(c))},
                         {"dice", detail::or_null(matrix.dice(c))},
                         {"precision", detail::or_null(matrix.precision(c))},
                         {"recall", detail::or_null(matrix.recall(c))},
                         {"pixels", matrix.support(c)}});
  }
  summary["mean_class_accuracy"] = detail::or_null(matrix.mean_class_accuracy());
  summary["foreground_mean_dice"] = detail::or_null(matrix.mean_dice(1));
  summary["ignored"] = detail::ignored_json(matrix);
  summary["classes"] = std::move(per_class);
  return summary;
}

}  // namespace trous::cli
