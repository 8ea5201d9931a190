// The pictures of the network: every patch and arrow where it belongs, and the same in words.
#include <regex>

#include <gtest/gtest.h>

#include <trous/run/report/sections.h>

#include "run/page.h"

namespace trous::report {
namespace {

RunResults results_of(std::vector<std::string> map, std::int64_t row, std::int64_t column, std::int64_t top,
                      std::int64_t left, std::int64_t height, std::int64_t width) {
  RunResults results{.split = "test",
                     .step = 1,
                     .steps = 1,
                     .stopped = "",
                     .classes = {"a"},
                     .baselines = {},
                     .image_scores = {},
                     .pictures = {},
                     .model = {},
                     .coverage = {},
                     .data = {},
                     .seconds = 1,
                     .peak_bytes = 1};
  results.model.input = {1, height, width, 1};
  results.coverage = CoverageFacts{.row = row,
                                   .column = column,
                                   .top = top,
                                   .left = left,
                                   .height = std::ssize(map),
                                   .width = std::ssize(map.at(0)),
                                   .map = map};
  return results;
}

// The patches of the figure, painted into a map anew.
std::vector<std::string> painted(const std::string& figure, std::size_t height, std::size_t width) {
  std::vector<std::string> map(height, std::string(width, '.'));
  const std::regex patch("M(\\d+) (\\d+)h(\\d+)v(\\d+)h-(\\d+)z");
  for (auto it = std::sregex_iterator(figure.begin(), figure.end(), patch); it != std::sregex_iterator();
       ++it) {
    const auto number = [&](std::size_t group) { return std::stoul((*it)[group]); };
    EXPECT_EQ(number(3), number(5));
    for (std::size_t i = number(2); i < number(2) + number(4); ++i) {
      for (std::size_t j = number(1); j < number(1) + number(3); ++j) {
        EXPECT_EQ(map.at(i).at(j), '.') << "painted twice";
        map.at(i).at(j) = '#';
      }
    }
  }
  return map;
}

TEST(CoverageFigure, PaintsWhatIsSeen) {
  for (const auto& map : std::vector<std::vector<std::string>>{{"###", "###"},
                                                               {"#.#.#", ".....", "#.#.#", ".....", "#.#.#"},
                                                               {".#", "#.", "#.", "##"},
                                                               {"..##.#"},
                                                               {"#", ".", "#"}}) {
    const std::string figure = coverage_figure(results_of(map, 3, 3, 1, 1, 9, 9));
    EXPECT_EQ(painted(figure, map.size(), map[0].size()), map);
  }
  // Rows that are alike are one patch high.
  EXPECT_TRUE(has(coverage_figure(results_of({"##", "##", "##"}, 1, 1, 0, 0, 4, 4)), "d=\"M0 0h2v3h-2z\""));
}

// A box of 2x2 at the left upper corner of an input of 4x8, of which 3x3 are drawn: a pixel is 320 / 3 units.
TEST(CoverageFigure, PlacesBoxPixelAndOffsets) {
  const std::string figure = coverage_figure(results_of({"##", "#."}, 1, 1, 0, 0, 4, 8));
  EXPECT_TRUE(has(figure, "viewBox=\"0 0 384 354\""));
  EXPECT_TRUE(has(figure, R"(<rect class="field" x="44.0" y="8.0" width="320.0" height="320.0"/>)"));
  EXPECT_TRUE(has(figure, R"(<rect class="gap" x="44.0" y="8.0" width="213.3" height="213.3"/>)"));
  EXPECT_TRUE(has(figure, "translate(44.00 8.00) scale(106.666667)"));
  EXPECT_TRUE(has(figure, R"(<circle class="mark" cx="204.0" cy="168.0" r="5"/>)"));
  EXPECT_TRUE(has(figure, R"(<text class="x" x="204.0" y="345.0">0</text>)"));
  EXPECT_TRUE(has(figure, "<text class=\"x\" x=\"97.3\" y=\"345.0\">\u22121</text>"));
  EXPECT_TRUE(has(figure, "<text class=\"y\" x=\"38.0\" y=\"65.3\">\u22121</text>"));
  EXPECT_FALSE(has(figure, "+0"));
}

// Around a box of 22x3 in an input of 40x40 there are 3 pixels more, and to the right 4, up to the output
// pixel and 3 on: 28x13 are drawn, as high as 320 units.
TEST(CoverageFigure, DrawsThePixelsAroundTheBox) {
  const std::string figure =
      coverage_figure(results_of(std::vector<std::string>(22, "#.#"), 11, 20, 10, 14, 40, 40));
  EXPECT_TRUE(has(figure, R"(<rect class="field" x="44.0" y="8.0" width="148.6" height="320.0"/>)"))
      << figure;
  EXPECT_TRUE(has(figure, "translate(78.29 42.29) scale(11.428571)"));
  EXPECT_TRUE(has(figure, R"(<circle class="mark" cx="152.6" cy="59.4" r="5"/>)"));
  EXPECT_TRUE(has(figure, "<text class=\"x\" x=\"84.0\" y=\"345.0\">\u22126</text>"));
  EXPECT_TRUE(has(figure, "<text class=\"y\" x=\"38.0\" y=\"292.0\">+20</text>"));
}

TEST(CoverageFigure, SaysWhatItShows) {
  RunResults results = results_of({"#.#.#", ".....", "#.#.#", ".....", "#.#.#"}, 3, 4, 1, 2, 7, 1200);
  const std::string grid =
      "The output pixel in row 3, column 4 can see a box of 5 \u00D7 5 pixels, a part of an input of 7 "
      "\u00D7 "
      "1,200. Of that box it sees 9 of 25 pixels, 36.0\u00A0%. The others are gaps (gridding): nothing is "
      "seen "
      "in 2 of its 5 rows and 2 of its 5 columns. Rates or strides that share a factor leave such a grid.";
  std::string figure = coverage_figure(results);
  EXPECT_TRUE(has(figure, "aria-label=\"" + grid + "\"")) << figure;
  EXPECT_TRUE(has(figure, "<figcaption><p>" + grid + "</p>")) << figure;
  EXPECT_TRUE(has(figure, "</svg>gap</span>") && has(figure, "</svg>outside</span>"));

  results = results_of({"##", "##"}, 1, 1, 0, 0, 2, 2);
  results.model.receptive_field = {2, 3};
  figure = coverage_figure(results);
  EXPECT_TRUE(
      has(figure,
          "<p>The output pixel in row 1, column 1 can see a box of 2 \u00D7 2 pixels, all of an input "
          "of 2 \u00D7 2. It sees every pixel of that box: there are no gaps. The receptive field, "
          "2 \u00D7 3, reaches beyond the input&#39;s border.</p>"))
      << figure;
  EXPECT_FALSE(has(figure, "</svg>gap</span>") || has(figure, "</svg>outside</span>") ||
               has(figure, "class=\"gap\""));

  // Inside a larger input it is the field of other pixels that is larger, unless the border cuts.
  results.model.input = {1, 4, 4, 1};
  const auto ending = [&](std::int64_t top, std::int64_t left, ReceptiveField field) {
    results.coverage->top = top;
    results.coverage->left = left;
    results.model.receptive_field = field;
    const std::string words = coverage_figure(results);
    const std::size_t from = words.rfind("no gaps.") + 9;
    return words.substr(from, words.find("</p>", from) - from);
  };
  EXPECT_EQ(ending(1, 1, {2, 3}), "Other output pixels see up to 2 \u00D7 3, the receptive field.");
  const std::string wider = "The receptive field, 2 \u00D7 3, reaches beyond the input&#39;s border.",
                    taller = "The receptive field, 3 \u00D7 2, reaches beyond the input&#39;s border.";
  EXPECT_EQ(ending(1, 0, {2, 3}), wider);
  EXPECT_EQ(ending(1, 2, {2, 3}), wider);
  EXPECT_NE(ending(0, 1, {2, 3}), wider);
  EXPECT_EQ(ending(0, 1, {3, 2}), taller);
  EXPECT_EQ(ending(2, 1, {3, 2}), taller);
  EXPECT_NE(ending(1, 2, {3, 2}), taller);
  EXPECT_FALSE(has(coverage_figure(results_of({"##"}, 0, 0, 0, 0, 2, 2)), "receptive field"));
  // Where the layers do not tell, the field is all of the image, and the box what was found.
  EXPECT_EQ(ending(1, 1, ReceptiveField::whole_image()),
            "The receptive field, derived from the layers, is the whole image.");
  EXPECT_EQ(ending(1, 1, {std::nullopt, 2}),
            "The receptive field, derived from the layers, is all \u00D7 2.");

  EXPECT_TRUE(has(coverage_figure(results_of({"##", "#."}, 1, 1, 0, 0, 2, 2)), "it sees 3 of 4 pixels"));
  figure = coverage_figure(results_of({"#.", ".#", "##"}, 1, 1, 0, 0, 3, 3));
  EXPECT_TRUE(has(figure, "Of that box it sees 4 of 6 pixels, 66.7\u00A0%. The others are gaps.</p>"))
      << figure;
  figure = coverage_figure(results_of({"#.", "#.", "##", ".."}, 1, 1, 0, 0, 4, 4));
  EXPECT_TRUE(has(figure, "nothing is seen in 1 of its 4 rows. Rates")) << figure;
}

TEST(CoverageFigure, IsLeftOutOrOnlySaidWhereItCannotBeDrawn) {
  RunResults results = results_of({"#"}, 0, 0, 0, 0, 1, 1);
  results.coverage->height = results.coverage->width = 0;
  results.coverage->map.clear();
  EXPECT_TRUE(has(coverage_figure(results), "sees nothing of the input."));
  results.coverage.reset();
  EXPECT_EQ(coverage_figure(results), "");
  std::vector<std::string> board(400, std::string(400, '.'));
  for (std::size_t i = 0; i < 400; ++i) {
    for (std::size_t j = i % 2; j < 400; j += 2) board[i][j] = '#';
  }
  const std::string figure = coverage_figure(results_of(board, 200, 200, 0, 0, 400, 400));
  EXPECT_FALSE(has(figure, "<svg"));
  EXPECT_TRUE(has(figure, "80,000 of 160,000 pixels"));
  EXPECT_LT(figure.size(), 2000U);
}

BoxFacts box(const char* name, std::vector<std::string> ops, std::vector<std::size_t> from) {
  return {.name = name, .ops = std::move(ops), .output = {1, 4, 5, 6}, .from = std::move(from)};
}

ModelFacts model_of(std::vector<BoxFacts> graph) {
  ModelFacts model{};
  model.graph = std::move(graph);
  return model;
}

// Boxes of 24, 42, 24 and 42 units with 18 between them, from 4 on. Large ones go from 4 to 334, small ones,
// 210 wide, from 64 to 274.
TEST(GraphFigure, DrawsAnArrowForEverySource) {
  const std::string figure =
      graph_figure(model_of({box("input", {}, {}), box("body", {"conv2d", "relu"}, {0}),
                             box("", {"add"}, {0, 1}), box("head", {"conv2d"}, {2})}));
  EXPECT_TRUE(has(figure, "viewBox=\"0 0 350 194\"")) << figure;
  EXPECT_TRUE(has(figure, R"(<rect class="box" rx="4" x="64.0" y="4.0" width="210.0" height="24.0"/>)"))
      << figure;
  EXPECT_TRUE(has(figure, R"(<rect class="box" rx="4" x="4.0" y="46.0" width="330.0" height="42.0"/>)"));
  EXPECT_TRUE(has(figure, "M169.0 28.0V40.0\"") && has(figure, "M169.0 88.0V100.0\"") &&
              has(figure, "M169.0 130.0V142.0\""));
  // The skip leaves the input below its middle, 16, and enters the sum above its own, 118.
  EXPECT_TRUE(has(figure, "M274.0 22.0H346.0V112.0H280.0\"")) << figure;
  const std::regex arrow("class=\"arrow\""), tip("class=\"tip\"");
  EXPECT_EQ(std::distance(std::sregex_iterator(figure.begin(), figure.end(), arrow), {}), 4);
  EXPECT_EQ(std::distance(std::sregex_iterator(figure.begin(), figure.end(), tip), {}), 4);
  EXPECT_TRUE(has(figure,
                  "aria-label=\"The network: input; body from input; add from input and body; head from "
                  "add.\""));
  EXPECT_TRUE(has(figure, "<title>body: conv2d, relu, 4 \u00D7 5 \u00D7 6</title>"));
  EXPECT_TRUE(has(figure, "<title>add, 4 \u00D7 5 \u00D7 6</title>"));
}

// No box stands in the way of an arrow: neighbours without one have none between them.
TEST(GraphFigure, BranchesPassEachOther) {
  const std::string figure = graph_figure(model_of({box("input", {}, {}), box("a", {"conv2d"}, {0}),
                                                    box("b", {"conv2d"}, {0}), box("", {"concat"}, {1, 2})}));
  EXPECT_TRUE(has(figure, "M169.0 28.0V40.0\""));
  EXPECT_FALSE(has(figure, "M169.0 88.0V"));
  EXPECT_TRUE(has(figure, "M169.0 148.0V160.0\""));
  // They overlap between a and b, so they have a lane each.
  EXPECT_TRUE(has(figure, "H346.0V121.0H340.0\"") && has(figure, "H358.0V172.0H280.0\"")) << figure;
}

TEST(GraphFigure, LongTextsAreCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 40; ++i) name += "\u00E4";
  const std::string figure =
      graph_figure(model_of({box("input", {}, {}), box(name.c_str(), {std::string(60, '<')}, {0})}));
  EXPECT_TRUE(has(figure, ">" + name.substr(0, 54) + "\u2026</text>")) << figure;
  EXPECT_TRUE(has(figure, "&lt;\u2026</text>"));
  EXPECT_TRUE(has(figure, "<title>" + name + ": &lt;"));
}

TEST(GraphFigure, IsLeftOutWhereThereIsNoneOrTooMuch) {
  EXPECT_EQ(graph_figure(model_of({})), "");
  EXPECT_NE(graph_figure(model_of(std::vector<BoxFacts>(80, box("a", {"b"}, {})))), "");
  EXPECT_EQ(graph_figure(model_of(std::vector<BoxFacts>(81, box("a", {"b"}, {})))), "");
}

}  // namespace
}  // namespace trous::report
