// How well each class is found, and what it is taken for.
#include <algorithm>
#include <numeric>
#include <tuple>

#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>

namespace trous::report {
namespace {

// Cells of two digits are readable in a table of so many columns.
constexpr std::int64_t max_columns = 32;

std::string class_name(const RunResults& results, std::int64_t c) {
  return element("span", "class=\"name\"", chip(c) + escaped(results.classes[static_cast<std::size_t>(c)]));
}

std::vector<std::string> class_row(const RunResults& results, std::int64_t c, double all) {
  const ConfusionMatrix& scores = results.scores;
  const std::optional<double> iou = scores.iou(c);
  return {class_name(results, c),
          all > 0 && !scores.ignores(c) ? percent(static_cast<double>(scores.support(c)) / all)
                                        : std::string(dash),
          fixed(iou, 3),
          iou                 ? bar(iou)
          : scores.ignores(c) ? "ignored"
                              : "absent",
          fixed(scores.dice(c), 3),
          fixed(scores.precision(c), 3),
          fixed(scores.recall(c), 3)};
}

std::string ignored_note(const RunResults& results) {
  std::string names;
  for (const std::int64_t c : ignored_classes(results))
    names += (names.empty() ? "" : ", ") + escaped(results.classes[static_cast<std::size_t>(c)]);
  return names.empty() ? "" : " Ignored, so that its pixels do not count and it has no score: " + names + '.';
}

// By falling IoU, absent classes last.
std::vector<std::int64_t> by_iou(const ConfusionMatrix& scores) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(scores.classes()));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return scores.iou(a).value_or(-1) > scores.iou(b).value_or(-1);
  });
  return order;
}

std::string cell(const RunResults& results, std::int64_t truth, std::int64_t prediction, std::int64_t all) {
  const std::int64_t count = results.scores.count(truth, prediction);
  const auto name = [&](std::int64_t c) { return escaped(results.classes[static_cast<std::size_t>(c)]); };
  std::string title = name(truth) + " called " + name(prediction) + ": " + grouped(count) + " pixels";
  if (all == 0) return element("td", "title=\"" + title + "\"", dash);
  const double share = static_cast<double>(count) / static_cast<double>(all);
  const std::string shown = count == 0 ? "" : share < 0.005 ? "&lt;1" : fixed(100 * share, 0);
  return element("td",
                 "class=\"" + shade_class(share) + (truth == prediction ? " right" : "") + "\" title=\"" +
                     title + ", " + percent(share) + "\"",
                 shown);
}

std::string matrix(const RunResults& results) {
  const std::int64_t classes = results.scores.classes();
  std::string head = element("th", "scope=\"col\"", "truth \u2193 prediction \u2192");
  std::string body;
  for (std::int64_t c = 0; c < classes; ++c) {
    head += element("th", "scope=\"col\"",
                    element("span", "", chip(c) + escaped(results.classes[static_cast<std::size_t>(c)])));
    std::string row = element("th", "scope=\"row\"", class_name(results, c));
    const std::int64_t all = results.scores.support(c);
    for (std::int64_t k = 0; k < classes; ++k) row += cell(results, c, k, all);
    body += element("tr", "", row) + "\n";
  }
  return element("div", "class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Confusion matrix\"",
                 element("table", "class=\"matrix\"",
                         element("thead", "", element("tr", "", head)) + "\n" + element("tbody", "", body)));
}

std::string largest_confusions(const RunResults& results) {
  const ConfusionMatrix& scores = results.scores;
  std::vector<std::tuple<double, std::int64_t, std::int64_t>> wrong;
  for (std::int64_t truth = 0; truth < scores.classes(); ++truth) {
    const auto all = static_cast<double>(scores.support(truth));
    for (std::int64_t k = 0; k < scores.classes(); ++k) {
      if (k != truth && scores.count(truth, k) > 0) {
        wrong.emplace_back(static_cast<double>(scores.count(truth, k)) / all, truth, k);
      }
    }
  }
  std::stable_sort(wrong.begin(), wrong.end(),
                   [](const auto& a, const auto& b) { return std::get<0>(a) > std::get<0>(b); });
  std::string items;
  for (std::size_t i = 0; i < std::min<std::size_t>(5, wrong.size()); ++i) {
    const auto& [share, truth, prediction] = wrong[i];
    items += element("li", "",
                     percent(share) + " of " + class_name(results, truth) + " is called " +
                         class_name(results, prediction));
  }
  if (items.empty()) return element("p", "", "No pixel is wrong.");
  return element("div", "", element("h3", "", "Largest confusions") + element("ol", "", items));
}

}  // namespace

std::vector<std::int64_t> ignored_classes(const RunResults& results) {
  std::vector<std::int64_t> ignored;
  for (std::int64_t c = 0; c < results.scores.classes(); ++c) {
    if (results.scores.ignores(c)) ignored.push_back(c);
  }
  return ignored;
}

std::string per_class(const RunResults& results) {
  std::int64_t all = 0;
  for (std::int64_t c = 0; c < results.scores.classes(); ++c) all += results.scores.support(c);
  std::vector<std::vector<std::string>> rows;
  for (const std::int64_t c : by_iou(results.scores)) {
    rows.push_back(class_row(results, c, static_cast<double>(all)));
  }
  const std::string note =
      element("p", "class=\"soft\"",
              "On " + escaped(results.split) +
                  ", by falling IoU. A class that is in neither truth nor prediction has "
                  "dashes and counts in no mean." +
                  ignored_note(results));
  return section("classes", "Classes",
                 note + table("Scores of each class",
                              {{"class", false},
                               {"of the pixels"},
                               {"IoU"},
                               {"", false},
                               {"Dice"},
                               {"precision"},
                               {"recall"}},
                              rows));
}

std::string confusion(const RunResults& results) {
  const std::string note =
      element("p", "class=\"soft\"",
              "What the pixels of each class, one row, are called: percent of the row. Point at "
              "a cell to read the pixels.");
  const std::string shown =
      results.scores.classes() <= max_columns
          ? matrix(results)
          : element("p", "",
                    "With " + grouped(results.scores.classes()) + " classes the matrix is too wide to show.");
  return section("confusion", "Confusion",
                 note + element("div", "class=\"beside\"", shown + largest_confusions(results)));
}

}  // namespace trous::report
