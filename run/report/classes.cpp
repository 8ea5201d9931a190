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

const ConfusionMatrix& matrix_of(const RunResults& results) { return *results.scores.confusion; }

std::string class_name(const RunResults& results, std::int64_t c) {
  return element("span", "class=\"name\"", chip(c) + escaped(results.classes[static_cast<std::size_t>(c)]));
}

// Of masks with the IoU, which labels do not have.
std::vector<std::string> class_row(const RunResults& results, std::int64_t c, double all) {
  const ConfusionMatrix& scores = matrix_of(results);
  const std::optional<double> ranked = results.of_masks() ? scores.iou(c) : scores.dice(c);
  const std::string share = all > 0 && !scores.ignores(c)
                                ? percent(static_cast<double>(scores.support(c)) / all)
                                : std::string(dash);
  const std::string length = ranked ? bar(ranked) : scores.ignores(c) ? "ignored" : "absent";
  std::vector<std::string> row{class_name(results, c), share, fixed(ranked, 3), length};
  if (results.of_masks()) row.push_back(fixed(scores.dice(c), 3));
  row.push_back(fixed(scores.precision(c), 3));
  row.push_back(fixed(scores.recall(c), 3));
  return row;
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
  const std::int64_t count = matrix_of(results).count(truth, prediction);
  const auto name = [&](std::int64_t c) { return escaped(results.classes[static_cast<std::size_t>(c)]); };
  std::string title =
      name(truth) + " called " + name(prediction) + ": " + grouped(count) + ' ' + counted_in(results);
  if (all == 0) return element("td", "title=\"" + title + "\"", dash);
  const double share = static_cast<double>(count) / static_cast<double>(all);
  const std::string shown = count == 0 ? "" : share < 0.005 ? "&lt;1" : fixed(100 * share, 0);
  return element("td",
                 "class=\"" + shade_class(share) + (truth == prediction ? " right" : "") + "\" title=\"" +
                     title + ", " + percent(share) + "\"",
                 shown);
}

std::string matrix(const RunResults& results) {
  const std::int64_t classes = matrix_of(results).classes();
  std::string head = element("th", "scope=\"col\"", "truth \u2193 prediction \u2192");
  std::string body;
  for (std::int64_t c = 0; c < classes; ++c) {
    head += element("th", "scope=\"col\"",
                    element("span", "", chip(c) + escaped(results.classes[static_cast<std::size_t>(c)])));
    std::string row = element("th", "scope=\"row\"", class_name(results, c));
    const std::int64_t all = matrix_of(results).support(c);
    for (std::int64_t k = 0; k < classes; ++k) row += cell(results, c, k, all);
    body += element("tr", "", row) + "\n";
  }
  return element("div", "class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Confusion matrix\"",
                 element("table", "class=\"matrix\"",
                         element("thead", "", element("tr", "", head)) + "\n" + element("tbody", "", body)));
}

std::string largest_confusions(const RunResults& results) {
  const ConfusionMatrix& scores = matrix_of(results);
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
  if (items.empty())
    return element("p", "", results.of_masks() ? "No pixel is wrong." : "No image is wrong.");
  return element("div", "", element("h3", "", "Largest confusions") + element("ol", "", items));
}

}  // namespace

std::vector<std::int64_t> ignored_classes(const RunResults& results) {
  std::vector<std::int64_t> ignored;
  if (!results.scores.confusion) return ignored;
  for (std::int64_t c = 0; c < matrix_of(results).classes(); ++c) {
    if (matrix_of(results).ignores(c)) ignored.push_back(c);
  }
  return ignored;
}

std::string per_class(const RunResults& results) {
  if (!results.scores.confusion) return "";
  std::int64_t all = 0;
  for (std::int64_t c = 0; c < matrix_of(results).classes(); ++c) all += matrix_of(results).support(c);
  std::vector<std::vector<std::string>> rows;
  for (const std::int64_t c : by_iou(matrix_of(results))) {
    rows.push_back(class_row(results, c, static_cast<double>(all)));
  }
  const std::string note =
      element("p", "class=\"soft\"",
              "On " + escaped(results.split) + (results.of_masks() ? ", by falling IoU" : ", by falling F1") +
                  ". A class that is in neither truth nor prediction has "
                  "dashes and counts in no mean." +
                  ignored_note(results));
  std::vector<Column> columns{{"class", false}, {std::string("of the ") + counted_in(results)}};
  for (const char* name : results.of_masks() ? std::vector{"IoU", "", "Dice"} : std::vector{"F1", ""})
    columns.push_back({name, *name != 0});
  columns.insert(columns.end(), {{"precision"}, {"recall"}});
  return section("classes", "Classes", note + table("Scores of each class", columns, rows));
}

std::string confusion(const RunResults& results) {
  if (!results.scores.confusion) return "";
  const std::string unit = counted_in(results);
  const std::string note =
      element("p", "class=\"soft\"",
              "What the " + unit + " of each class, one row, are called: percent of the row. Point at " +
                  "a cell to read the " + unit + '.');
  const std::string shown = matrix_of(results).classes() <= max_columns
                                ? matrix(results)
                                : element("p", "",
                                          "With " + grouped(matrix_of(results).classes()) +
                                              " classes the matrix is too wide to show.");
  return section("confusion", "Confusion",
                 note + element("div", "class=\"beside\"", shown + largest_confusions(results)));
}

}  // namespace trous::report
