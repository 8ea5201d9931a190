// The network as pictures: what one output pixel sees of the input, and the layers with their skips.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include <trous/core/error.h>
#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>
#include <trous/run/report/svg.h>

namespace trous::report {
namespace {

// ---- what one output pixel sees

constexpr double plot_width = 320, plot_height = 320, plot_left = 44, plot_top = 8, plot_bottom = 26;
constexpr std::int64_t max_patches = 20000;  // about 300 kB

bool has_gaps(const CoverageFacts& facts) { return facts.seen_pixels() < facts.height * facts.width; }

bool is_whole(const RunResults& results) {
  const std::vector<std::int64_t>& input = results.model.input;
  return results.coverage->height == input[1] && results.coverage->width == input[2];
}

// "6 of its 13 rows and 6 of its 13 columns"; empty if each has a pixel that is seen.
std::string blind_lines(const CoverageFacts& facts) {
  std::int64_t rows = 0, columns = 0;
  for (const std::string& row : facts.map) rows += row.find('#') == std::string::npos;
  for (std::size_t j = 0; j < static_cast<std::size_t>(facts.width); ++j) {
    columns += std::none_of(facts.map.begin(), facts.map.end(),
                            [j](const std::string& row) { return row[j] == '#'; });
  }
  const auto of = [](std::int64_t count, std::int64_t all, const char* what) {
    return count == 0 ? "" : grouped(count) + " of its " + grouped(all) + what;
  };
  return of(rows, facts.height, " rows") + (rows && columns ? " and " : "") +
         of(columns, facts.width, " columns");
}

std::string gaps_in_words(const CoverageFacts& facts) {
  const std::int64_t seen = facts.seen_pixels(), all = facts.height * facts.width;
  if (seen == all) return "It sees every pixel of that box: there are no gaps.";
  const std::string share = "Of that box it sees " + grouped(seen) + " of " + grouped(all) + " pixels, " +
                            percent(static_cast<double>(seen) / static_cast<double>(all)) + ". ";
  const std::string blind = blind_lines(facts);
  if (blind.empty()) return share + "The others are gaps.";
  return share + "The others are gaps (gridding): nothing is seen in " + blind +
         ". Rates or strides that share a factor leave such a grid.";
}

// Of the receptive field, where it is larger than the box: cut by the border, or that of other pixels, which
// strides may give more or less to see.
std::string rest_in_words(const RunResults& results) {
  const CoverageFacts& facts = *results.coverage;
  const std::vector<std::int64_t>& input = results.model.input;
  const std::optional<ReceptiveField>& field = results.model.receptive_field;
  const bool taller = field && field->height.value_or(input[1]) > facts.height,
             wider = field && field->width.value_or(input[2]) > facts.width;
  if (!taller && !wider) return "";
  const std::string size = field_text(*field);
  // The layers do not say how far they see, and the gradient found less than everything.
  if (*field == ReceptiveField::whole_image())
    return " The receptive field, derived from the layers, is the whole image.";
  if (!field->height || !field->width)
    return " The receptive field, derived from the layers, is " + size + '.';
  const bool cut = (taller && (facts.top == 0 || facts.top + facts.height == input[1])) ||
                   (wider && (facts.left == 0 || facts.left + facts.width == input[2]));
  return cut ? " The receptive field, " + size + ", reaches beyond the input&#39;s border."
             : " Other output pixels see up to " + size + ", the receptive field.";
}

std::string in_words(const RunResults& results) {
  const CoverageFacts& facts = *results.coverage;
  const std::vector<std::int64_t>& input = results.model.input;
  return "The output pixel in row " + grouped(facts.row) + ", column " + grouped(facts.column) +
         " can see a box of " + extents({facts.height, facts.width}) + " pixels, " +
         (is_whole(results) ? "all" : "a part") + " of an input of " + extents({input[1], input[2]}) + ". " +
         gaps_in_words(facts) + rest_in_words(results);
}

// Runs of seen pixels; rows that are alike are one patch high. Nothing if there would be too many.
std::optional<std::string> patches(const CoverageFacts& facts) {
  std::string path;
  std::int64_t count = 0;
  for (std::size_t i = 0, next = 0; i < facts.map.size(); i = next) {
    const std::string& row = facts.map[i];
    while (next < facts.map.size() && facts.map[next] == row) ++next;
    const std::string down = std::to_string(next - i);
    for (std::size_t j = row.find('#'); j != std::string::npos; j = row.find('#', j)) {
      const std::size_t end = std::min(row.find('.', j), row.size());
      const std::string across = std::to_string(end - j);
      path += text('M', j, ' ', i, 'h', across, 'v', down, "h-", across, 'z');
      j = end;
      if (++count > max_patches) return std::nullopt;
    }
  }
  return path;
}

std::string signed_offset(std::int64_t offset) {
  return offset < 0 ? "\u2212" + grouped(-offset) : (offset > 0 ? "+" : "") + grouped(offset);
}

// The part of the input that is drawn: the box, the output pixel, and some pixels around them.
struct Window {
  std::int64_t top, left, height, width;
};

Window window_of(const CoverageFacts& facts, const std::vector<std::int64_t>& input) {
  const std::int64_t margin = std::max(facts.height, facts.width) / 10 + 1;
  const std::int64_t top = std::max<std::int64_t>(0, std::min(facts.top, facts.row) - margin),
                     left = std::max<std::int64_t>(0, std::min(facts.left, facts.column) - margin),
                     bottom = std::max(facts.top + facts.height, facts.row + 1) + margin,
                     right = std::max(facts.left + facts.width, facts.column + 1) + margin;
  return {top, left, std::min(input[1], bottom) - top, std::min(input[2], right) - left};
}

// Offsets from the output pixel: its own 0 and those of the box's ends, where they do not touch.
std::string offsets(const CoverageFacts& facts, const Window& window, double pixel) {
  const double column = plot_left + pixel * (static_cast<double>(facts.column - window.left) + 0.5),
               row = plot_top + pixel * (static_cast<double>(facts.row - window.top) + 0.5),
               bottom = plot_top + pixel * static_cast<double>(window.height);
  std::string result = label("x", column, bottom + 17, "0") + label("y", plot_left - 6, row + 4, "0");
  for (const std::int64_t offset : {facts.left - facts.column, facts.left + facts.width - 1 - facts.column}) {
    const double x = column + pixel * static_cast<double>(offset);
    if (std::abs(x - column) > 28) result += label("x", x, bottom + 17, signed_offset(offset));
  }
  for (const std::int64_t offset : {facts.top - facts.row, facts.top + facts.height - 1 - facts.row}) {
    const double y = row + pixel * static_cast<double>(offset);
    if (std::abs(y - row) > 14) result += label("y", plot_left - 6, y + 4, signed_offset(offset));
  }
  return result;
}

std::string coverage_drawing(const RunResults& results, const std::string& path, const std::string& words) {
  const CoverageFacts& facts = *results.coverage;
  const Window window = window_of(facts, results.model.input);
  const double pixel = std::min(plot_width / static_cast<double>(window.width),
                                plot_height / static_cast<double>(window.height));
  const double width = pixel * static_cast<double>(window.width),
               height = pixel * static_cast<double>(window.height);
  const double x = plot_left + pixel * static_cast<double>(facts.left - window.left),
               y = plot_top + pixel * static_cast<double>(facts.top - window.top);
  const std::string center =
      attribute("cx", plot_left + pixel * (static_cast<double>(facts.column - window.left) + 0.5)) +
      attribute("cy", plot_top + pixel * (static_cast<double>(facts.row - window.top) + 0.5));
  return drawing(plot_left + width + 20, plot_top + height + plot_bottom, words,
                 rect("field", plot_left, plot_top, width, height) +
                     (has_gaps(facts) ? rect("gap", x, y, pixel * static_cast<double>(facts.width),
                                             pixel * static_cast<double>(facts.height))
                                      : "") +
                     "<path class=\"seen\" shape-rendering=\"crispEdges\" transform=\"translate(" +
                     fixed(x, 2) + ' ' + fixed(y, 2) + ") scale(" + fixed(pixel, 6) + ")\" d=\"" + path +
                     "\"/><circle class=\"halo\"" + center + " r=\"5\"/><circle class=\"mark\"" + center +
                     " r=\"5\"/>" + offsets(facts, window, pixel));
}

std::string coverage_legend(bool gaps, bool outside) {
  const auto entry = [](const std::string& shape, const char* name) {
    return element("span", "class=\"key\"", swatch(12, shape) + name);
  };
  return element("div", "class=\"legend\"",
                 entry(rect("seen", 5, 0, 12, 12), "seen") + ' ' +
                     (gaps ? entry(rect("gap", 5, 0, 12, 12), "gap") + ' ' : "") +
                     (outside ? entry(rect("field", 5, 0, 12, 12), "outside") + ' ' : "") +
                     entry("<circle class=\"mark\" cx=\"11\" cy=\"6\" r=\"5\"/>", "the output pixel"));
}

// ---- boxes and arrows

constexpr double box_width = 330, box_height = 42, small_width = 210, small_height = 24, box_gap = 18;
constexpr double lane_width = 12, side = 4;
constexpr std::size_t max_boxes = 80;

// `words` with at most `most` characters.
std::string cut(const std::string& words, std::size_t most) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if ((static_cast<unsigned char>(words[i]) & 0xC0) == 0x80) continue;  // inside a character of UTF-8
    if (characters++ == most) return words.substr(0, i) + "\u2026";
  }
  return words;
}

// The name, or what stands for it.
std::string called(const BoxFacts& box) { return box.name.empty() ? joined(box.ops) : box.name; }

// Without a batch of one.
std::string size_of(const BoxFacts& box) {
  const bool single = box.output.size() > 1 && box.output[0] == 1;
  return extents({box.output.begin() + (single ? 1 : 0), box.output.end()});
}

bool is_small(const BoxFacts& box) { return box.name.empty() || box.ops.empty(); }

struct Slot {
  double y, width, height;

  double middle() const { return y + height / 2; }
  double right() const { return side + (box_width + width) / 2; }
};

std::vector<Slot> slots_of(const std::vector<BoxFacts>& graph) {
  std::vector<Slot> slots;
  double y = side;
  for (const BoxFacts& box : graph) {
    const bool small = is_small(box);
    slots.push_back({y, small ? small_width : box_width, small ? small_height : box_height});
    y += slots.back().height + box_gap;
  }
  return slots;
}

struct Skip {
  std::size_t from, to, lane;
};

// An arrow past other boxes has a lane beside them, short ones the inner lanes; no two share a stretch of
// one.
std::vector<Skip> skips_of(const std::vector<BoxFacts>& graph) {
  std::vector<Skip> skips;
  for (std::size_t to = 0; to < graph.size(); ++to) {
    for (const std::size_t from : graph[to].from) {
      if (from + 1 < to) skips.push_back({from, to, 0});
    }
  }
  std::stable_sort(skips.begin(), skips.end(),
                   [](const Skip& a, const Skip& b) { return a.to - a.from < b.to - b.from; });
  for (std::size_t i = 0; i < skips.size(); ++i) {
    const auto meets = [&](const Skip& other) {
      return other.lane == skips[i].lane && other.from < skips[i].to && skips[i].from < other.to;
    };
    while (std::any_of(skips.begin(), skips.begin() + static_cast<std::ptrdiff_t>(i), meets)) ++skips[i].lane;
  }
  return skips;
}

std::string arrow(const std::string& path) { return "<path class=\"arrow\" d=\"" + path + "\"/>"; }

std::string arrows(const std::vector<BoxFacts>& graph, const std::vector<Slot>& slots,
                   const std::vector<Skip>& skips) {
  std::string result;
  const std::string middle = fixed(side + box_width / 2, 1);
  for (std::size_t i = 1; i < graph.size(); ++i) {
    if (std::find(graph[i].from.begin(), graph[i].from.end(), i - 1) == graph[i].from.end()) continue;
    const std::string tip = fixed(slots[i].y, 1);
    result += arrow(text('M', middle, ' ', fixed(slots[i - 1].y + slots[i - 1].height, 1), 'V',
                         fixed(slots[i].y - 6, 1))) +
              text("<path class=\"tip\" d=\"M", middle, ' ', tip, "l-4 -7h8z\"/>");
  }
  for (const Skip& skip : skips) {
    const Slot &from = slots[skip.from], &to = slots[skip.to];
    const double lane = side + box_width + lane_width * static_cast<double>(skip.lane + 1);
    const double leave = from.middle() + 6, enter = to.middle() - 6;
    result += arrow('M' + fixed(from.right(), 1) + ' ' + fixed(leave, 1) + 'H' + fixed(lane, 1) + 'V' +
                    fixed(enter, 1) + 'H' + fixed(to.right() + 6, 1)) +
              "<path class=\"tip\" d=\"M" + fixed(to.right(), 1) + ' ' + fixed(enter, 1) + "l7 -4v8z\"/>";
  }
  return result;
}

std::string box_drawing(const BoxFacts& box, const Slot& slot) {
  const double left = side + (box_width - slot.width) / 2;
  const std::string ops = joined(box.ops), name = box.name.empty() ? ops : box.name;
  const std::size_t characters = is_small(box) ? 15 : 27;
  std::string content =
      element("title", "",
              escaped(name + (ops.empty() || box.name.empty() ? "" : ": " + ops)) + ", " + size_of(box)) +
      "<rect class=\"box\" rx=\"4\"" + attribute("x", left) + attribute("y", slot.y) +
      attribute("width", slot.width) + attribute("height", slot.height) + "/>" +
      label("name", left + 8, slot.y + 16.5, escaped(cut(name, characters))) +
      label("y", left + slot.width - 8, slot.y + 16.5, size_of(box));
  if (!is_small(box)) content += label("ops", left + 8, slot.y + 33.5, escaped(cut(ops, 50)));
  return element("g", "", content) + "\n";
}

std::string graph_in_words(const std::vector<BoxFacts>& graph) {
  std::string words;
  for (const BoxFacts& box : graph) {
    std::string sources;
    for (const std::size_t from : box.from) sources += (sources.empty() ? "" : " and ") + called(graph[from]);
    words += (words.empty() ? "" : "; ") + called(box) + (sources.empty() ? "" : " from " + sources);
  }
  return "The network: " + escaped(words) + '.';
}

}  // namespace

std::string coverage_figure(const RunResults& results) {
  if (!results.coverage) return "";
  const CoverageFacts& facts = *results.coverage;
  const std::string heading = element("h3", "", "What an output pixel can see");
  if (facts.height == 0 || facts.width == 0) {
    return element("figure", "class=\"coverage\"",
                   heading + element("p", "", "The output pixel in the middle sees nothing of the input."));
  }
  const std::string words = in_words(results);
  const std::optional<std::string> path = patches(facts);
  const std::string picture =
      path ? coverage_legend(has_gaps(facts), !is_whole(results)) + coverage_drawing(results, *path, words)
           : "";
  const std::string source = element(
      "p", "class=\"soft\"",
      "Found by the gradient, with positive weights: what the layers let through, whatever was learned.");
  return element("figure", "class=\"coverage\"",
                 heading + picture + element("figcaption", "", element("p", "", words) + source));
}

std::string graph_figure(const ModelFacts& model) {
  const std::vector<BoxFacts>& graph = model.graph;
  if (graph.empty() || graph.size() > max_boxes) return "";
  const std::vector<Slot> slots = slots_of(graph);
  const std::vector<Skip> skips = skips_of(graph);
  std::size_t lanes = 0;
  for (const Skip& skip : skips) lanes = std::max(lanes, skip.lane + 1);
  std::string boxes;
  for (std::size_t i = 0; i < graph.size(); ++i) boxes += box_drawing(graph[i], slots[i]);
  return element("figure", "class=\"graph\"",
                 element("h3", "", "How the layers are connected") +
                     drawing(2 * side + box_width + lane_width * static_cast<double>(lanes),
                             slots.back().y + slots.back().height + side, graph_in_words(graph),
                             arrows(graph, slots, skips) + boxes));
}

}  // namespace trous::report
