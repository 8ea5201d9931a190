#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <sstream>
#include <sys/ioctl.h>
#include <unistd.h>

#include <trous/cli/tell.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/data/palette.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string score_text(const std::optional<double>& score) { return score ? fixed(*score, 3) : "-"; }

// The name, in its class's colour where `show`.
std::string chip(std::int64_t c, bool show) {
  if (!show) return {};
  const Color color = class_color(c);
  return "\033[38;2;" + std::to_string(color.red) + ';' + std::to_string(color.green) + ';' +
         std::to_string(color.blue) + "m\u2588\u2588\033[0m ";
}

// Of train, and of the others where they come from elsewhere.
std::string sources_of(const Splits& data) {
  std::string sources = data.train.source;
  if (data.validation.source != data.train.source) sources += ". Validation: " + data.validation.source;
  if (data.test.source != data.validation.source) sources += ". Test: " + data.test.source;
  return sources;
}

Json json_of(const SplitFacts& facts) {
  return {{"samples", facts.samples},
          {"class_pixels", facts.class_pixels},
          {"images_with_class", facts.images_with_class}};
}

Json json_of(const Shape& shape) {
  return std::vector<std::int64_t>(shape.extents().begin(), shape.extents().end());
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

std::string fixed(double value, int digits) {
  std::ostringstream stream;
  stream << std::fixed << std::setprecision(digits) << value;
  return stream.str();
}

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

void say(const Voice& voice, const Json& event) {
  if (voice.json) std::cout << detail::dump_json(event) << std::endl;
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

void tell_data(const Splits& data, const Survey& survey) {
  const Shape& image = data.train.image_shape;
  const std::vector<std::int64_t>& pixels = survey.train.class_pixels;
  const double all = static_cast<double>(std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0}));
  std::string shares = "pixels:";
  for (std::size_t c = 0; c < pixels.size(); ++c) {
    shares += text(c ? ", " : " ", data.train.classes[c], ' ', percent(static_cast<double>(pixels[c]) / all));
  }
  const char* before = "data    ";
  for (const std::string& paragraph :
       {text(data.train.size, " train, ", data.validation.size, " validation, ", data.test.size,
             " test images of ", image[0], 'x', image[1], 'x', image[2]),
        data.train.source, shares,
        text("images in two splits: ", survey.shared_train_validation, " train/validation, ",
             survey.shared_train_test, " train/test, ", survey.shared_validation_test, " validation/test")}) {
    std::cout << before << wrapped(paragraph, 8, columns()) << '\n';
    before = "        ";
  }
  std::cout << '\n';
}

void tell_splits(const Splits& data, const Survey& survey) {
  std::size_t widest = 5;
  for (const std::string& name : data.train.classes) widest = std::max(widest, name.size());
  const int name_width = static_cast<int>(widest) + 2;
  const SplitFacts* const splits[]{&survey.train, &survey.validation, &survey.test};
  std::cout << "  " << std::left << std::setw(name_width) << "class" << std::right << std::setw(15) << "train"
            << std::setw(15) << "validation" << std::setw(15) << "test" << '\n';
  for (std::size_t c = 0; c < data.train.classes.size(); ++c) {
    std::cout << "  " << std::left << std::setw(name_width) << data.train.classes[c] << std::right;
    for (const SplitFacts* split : splits) {
      const auto all =
          std::accumulate(split->class_pixels.begin(), split->class_pixels.end(), std::int64_t{0});
      const double share =
          all > 0 ? static_cast<double>(split->class_pixels[c]) / static_cast<double>(all) : 0;
      std::cout << std::setw(8) << percent(share) << std::setw(7) << split->images_with_class[c];
    }
    std::cout << '\n';
  }
  std::cout << "  (share of the pixels, number of images)\n\n";
}

void tell_heading(const std::string& title) {
  std::cout << std::left << std::setw(33) << title << std::right << std::setw(9) << "fg mIoU" << std::setw(8)
            << "mIoU" << std::setw(10) << "accuracy" << '\n';
}

void tell_score(const std::string& who, const ConfusionMatrix& scores) {
  std::cout << "  " << std::left << std::setw(31) << who << std::right << std::setw(9)
            << fixed(scores.mean_iou(1), 3) << std::setw(8) << fixed(scores.mean_iou(), 3) << std::setw(10)
            << fixed(scores.pixel_accuracy(), 3) << '\n';
}

void tell_classes(const ConfusionMatrix& scores, const std::vector<std::string>& classes,
                  const Voice& voice) {
  std::size_t widest = 5;
  for (const std::string& name : classes) widest = std::max(widest, name.size());
  const int name_width = static_cast<int>(widest) + 2;
  const bool color = colored(voice);
  const auto row = [&](const std::string& chip, const std::string& name,
                       std::initializer_list<std::string> cells, const std::string& support) {
    std::cout << "  " << chip << std::left << std::setw(name_width) << name << std::right;
    for (const std::string& cell : cells) std::cout << std::setw(7) << cell;
    std::cout << std::setw(11) << support << '\n';
  };
  row(color ? "   " : "", "class", {"IoU", "Dice", "prec.", "recall"}, "pixels");
  for (std::int64_t c = 0; c < scores.classes(); ++c) {
    row(chip(c, color), classes[static_cast<std::size_t>(c)],
        {score_text(scores.iou(c)), score_text(scores.dice(c)), score_text(scores.precision(c)),
         score_text(scores.recall(c))},
        std::to_string(scores.support(c)));
  }
}

void tell_weakest(const ConfusionMatrix& scores, const std::vector<std::string>& classes) {
  std::vector<std::pair<double, std::string>> ordered;
  for (std::int64_t c = 1; c < scores.classes(); ++c) {
    if (const auto iou = scores.iou(c)) ordered.emplace_back(*iou, classes[static_cast<std::size_t>(c)]);
  }
  std::sort(ordered.begin(), ordered.end());
  std::string words = "weakest classes:";
  for (std::size_t i = 0; i < std::min<std::size_t>(3, ordered.size()); ++i)
    words += text(i ? ", " : " ", ordered[i].second, ' ', fixed(ordered[i].first, 3));
  if (!ordered.empty())
    words += text("; strongest: ", ordered.back().second, ' ', fixed(ordered.back().first, 3));
  std::cout << "\n  " << wrapped(words, 2, columns()) << "\n\n";
}

Json json_of(const Summary& summary, const std::string& model) {
  Json layers = Json::array(), graph = Json::array();
  for (const LayerRow& row : summary.layers) {
    layers.push_back({{"path", row.path},
                      {"kind", row.kind},
                      {"output", json_of(row.output)},
                      {"parameters", row.parameters},
                      {"multiply_adds", row.multiply_adds},
                      {"receptive_field", {row.receptive_field.height, row.receptive_field.width}}});
  }
  for (const GraphBox& box : summary.graph) {
    graph.push_back(
        {{"name", box.name}, {"ops", box.ops}, {"output", json_of(box.output)}, {"from", box.from}});
  }
  return {{"name", model},
          {"input", json_of(summary.input)},
          {"parameters", summary.parameters},
          {"multiply_adds", summary.multiply_adds},
          {"receptive_field", {summary.receptive_field.height, summary.receptive_field.width}},
          {"layers", layers},
          {"graph", graph}};
}

Json json_of(const Coverage& seen) {
  std::istringstream lines(text(seen));
  Json map = Json::array();
  for (std::string line; std::getline(lines, line);) map.push_back(line);
  return {{"pixel", {seen.row, seen.column}},
          {"top", seen.top},
          {"left", seen.left},
          {"height", seen.height},
          {"width", seen.width},
          {"share", seen.share},
          {"map", map}};
}

Json json_of(const Splits& data, const Survey& survey) {
  return {{"name", data.train.name.substr(0, data.train.name.find('/'))},
          {"source", sources_of(data)},
          {"image", json_of(data.train.image_shape)},
          {"train", json_of(survey.train)},
          {"validation", json_of(survey.validation)},
          {"test", json_of(survey.test)},
          {"shared",
           {{"train_validation", survey.shared_train_validation},
            {"train_test", survey.shared_train_test},
            {"validation_test", survey.shared_validation_test}}}};
}

Json json_of(const ConfusionMatrix& scores) {
  Json rows = Json::array();
  for (std::int64_t t = 0; t < scores.classes(); ++t) {
    Json row = Json::array();
    for (std::int64_t p = 0; p < scores.classes(); ++p) row.push_back(scores.count(t, p));
    rows.push_back(row);
  }
  return rows;
}

Json summary_of_scores(const ConfusionMatrix& scores, const std::vector<std::string>& classes) {
  Json per_class = Json::array();
  for (std::int64_t c = 0; c < scores.classes(); ++c) {
    per_class.push_back({{"name", classes[static_cast<std::size_t>(c)]},
                         {"iou", or_null(scores.iou(c))},
                         {"dice", or_null(scores.dice(c))},
                         {"precision", or_null(scores.precision(c))},
                         {"recall", or_null(scores.recall(c))},
                         {"pixels", scores.support(c)}});
  }
  return {{"mean_iou", scores.mean_iou()},
          {"foreground_mean_iou", scores.mean_iou(1)},
          {"pixel_accuracy", scores.pixel_accuracy()},
          {"mean_class_accuracy", or_null(scores.mean_class_accuracy())},
          {"foreground_mean_dice", or_null(scores.mean_dice(1))},
          {"classes", per_class}};
}

}  // namespace trous::cli
