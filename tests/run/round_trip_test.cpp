// What is written is what was read, and what is read is what was written: byte for byte for a run that an
// older version recorded, and field for field where a field may be absent.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/run/data_record.h>
#include <trous/run/detail/results_json.h>
#include <trous/run/environment.h>
#include <trous/run/run_folder.h>

#include "data/scratch.h"
#include "run/mask_scores.h"

namespace trous {
namespace {

using detail::Json, detail::JsonPlace;

// A run that commit bdd6b71 recorded, of a folder of pictures.
const std::string recorded = TROUS_SOURCE_DIR "/tests/golden/data/recorded_run";

std::string text_in(const std::string& path) {
  const Bytes bytes = slurp(path);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(text.substr(begin, end + 1 - begin));
  return lines;
}

RunFolder new_run(const Scratch& scratch) {
  return RunFolder::create(scratch / "run", {{"config.json", "{}"}, {"environment.json", "{}"}},
                           mask_score_names());
}

TEST(RunFiles, ResultsOfARecordedRunAreWrittenAsTheyWere) {
  const Scratch scratch;
  const RunFolder folder = new_run(scratch);
  write_results(folder, read_results(recorded + "/results.json"));
  EXPECT_EQ(text_in(folder.file("results.json")), text_in(recorded + "/results.json"));
}

TEST(RunFiles, LogsOfARecordedRunAreWrittenAsTheyWere) {
  const Scratch scratch;
  RunFolder folder = new_run(scratch);
  for (const MetricsRow& row : read_metrics(recorded + "/metrics.csv")) folder.log(row);
  const Events events = read_events(recorded + "/events.jsonl");
  ASSERT_EQ(events.steps.size(), 40U);
  ASSERT_EQ(events.events.size(), 2U);
  folder.log(events.events[0]);
  for (const StepRecord& step : events.steps) folder.log(step);
  folder.log(events.events[1]);
  folder.flush();
  EXPECT_EQ(text_in(folder.file("metrics.csv")), text_in(recorded + "/metrics.csv"));
  EXPECT_EQ(text_in(folder.file("events.jsonl")), text_in(recorded + "/events.jsonl"));
}

TEST(RunFiles, TheEnvironmentOfARecordedRunIsWrittenAsItWas) {
  const Environment read = read_environment(recorded + "/environment.json");
  EXPECT_EQ(to_json(read), text_in(recorded + "/environment.json"));
  EXPECT_EQ(read.commit, "bdd6b7185409451111c8c549ddfe128f40e432b2");
  ASSERT_TRUE(read.files.has_value());
  EXPECT_EQ(read.files->size(), 24U);
}

TEST(RunFiles, AnEnvironmentReadsBackAsItWasWritten) {
  const Scratch scratch;
  spill(scratch / "picture.png", bytes_of("abc"));
  Environment written = current_environment();
  written.command = "trous train --data 'a b'";
  written.seed = "18446744073709551615";
  written.predicted_bytes = 412000000;
  written.report_bytes = 90000000;
  written.files = digests_of({scratch / "picture.png"});
  // Source of the digest: FIPS 180-4, the example "abc".
  EXPECT_EQ(written.files->at(0).sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  spill(scratch / "environment.json", bytes_of(to_json(written)));
  const Environment read = read_environment(scratch / "environment.json");
  EXPECT_EQ(to_json(read), to_json(written));
  EXPECT_EQ(read.seed, written.seed);
  EXPECT_EQ(read.files->at(0).bytes, 3);
  EXPECT_EQ(read.predicted_bytes, 412000000);
  EXPECT_EQ(read.report_bytes, 90000000);
  EXPECT_EQ(read.available_bytes, std::nullopt);
  // A record of an early version.
  spill(scratch / "early.json", bytes_of(R"({"trous": "0.1.0"})"));
  const Environment early = read_environment(scratch / "early.json");
  EXPECT_EQ(early.config_format, 1);
  EXPECT_EQ(early.commit, "");
  EXPECT_FALSE(early.files.has_value());
}

TEST(RunFiles, TheSplitReadsBackAsItWasWritten) {
  const Scratch scratch;
  const SplitNames written{
      .train = {"images/a.png", "images/\u00e9 \"b\".png"}, .validation = {"c"}, .test = {"d"}};
  spill(scratch / "split.json", bytes_of(to_json(written)));
  const SplitNames read = read_split(scratch / "split.json");
  EXPECT_EQ(read.train, written.train);
  EXPECT_EQ(read.validation, written.validation);
  EXPECT_EQ(read.test, written.test);
  EXPECT_EQ(to_json(read_split(recorded + "/split.json")), text_in(recorded + "/split.json"));
}

TEST(RunFiles, AFileThatIsGoneHasNoDigest) { EXPECT_THROW(digests_of({"/nowhere/picture.png"}), FileError); }

TEST(RunFiles, AConfigIsReadWhateverLiesBesideIt) {
  const Scratch scratch;
  const auto origin = [&](const std::string& record) {
    spill(scratch / "environment.json", bytes_of(record));
    const ConfigOrigin read = read_config_origin(scratch / "environment.json");
    return text(read.format, ' ', read.directory);
  };
  EXPECT_EQ(origin(R"({"config_format": 2, "directory": "/runs", "threads": "8", "files": ["cut"]})"),
            "2 /runs");
  EXPECT_EQ(origin(R"({"directory": 7})"), "1 ");
  EXPECT_EQ(origin("[]"), "2 ");
}

TEST(RunFiles, RowsAreAddedUnderTheirColumnsOnly) {
  const Scratch scratch;
  { new_run(scratch); }
  const std::string path = scratch / "run/metrics.csv", other = "step,loss\n1,0.5\n";
  spill(path, bytes_of(other));
  EXPECT_EQ(message_of<FileError>([&] { RunFolder::reopen(scratch / "run", 1, mask_score_names()); }),
            path + ": its first line is not " + metrics_header(mask_score_names()) +
                ", so no rows can be added. Put the file back, or begin another run.");
  EXPECT_EQ(text_in(path), other);
}

// Everything that may be absent is, or is what stands in its place.
RunResults sparse_results() {
  return {.split = "test",
          .step = 3,
          .steps = 7,
          .stopped = "no better for 3 validations",
          .chosen_by = Criterion::latest,
          .classes = {"background", "\"x\" & é", "void"},
          .scores = score_facts(ConfusionMatrix::from_counts(3, {5, 1, 0, 2, 8, 0, 0, 0, 0}, {2})),
          .baselines = {{"all background",
                         score_facts(ConfusionMatrix::from_counts(3, {6, 0, 0, 10, 0, 0, 0, 0, 0}, {2}))}},
          .image_scores = {0.1, std::nullopt, 1.0 / 3},
          .pictures = {.best = {2}, .median = {0}, .worst = {}},
          .model = {.name = "mine",
                    .input = {1, 4, 6, 3},
                    .parameters = 12,
                    .multiply_adds = std::nullopt,
                    .receptive_field = ReceptiveField{std::nullopt, 9},
                    .layers = {{.path = "a.b",
                                .kind = "my_conv",
                                .output = {1, 4, 6, 2},
                                .parameters = 12,
                                .multiply_adds = std::nullopt,
                                .receptive_field = ReceptiveField{std::nullopt, std::nullopt}},
                               {.path = "head",
                                .kind = "conv2d",
                                .output = {1, 4, 6, 3},
                                .parameters = 0,
                                .multiply_adds = 77,
                                .receptive_field = std::nullopt}},
                    .graph = {{.name = "input", .ops = {}, .output = {1, 4, 6, 3}, .from = {}},
                              {.name = "a",
                               .ops = {"my_conv", "relu"},
                               .output = {1, 4, 6, 2},
                               .from = {0},
                               .receptive_field = ReceptiveField{3, std::nullopt}}}},
          .coverage = CoverageFacts{.row = 2,
                                    .column = 3,
                                    .top = 1,
                                    .left = 0,
                                    .height = 2,
                                    .width = 3,
                                    .map = {"#.#", "..#"}},
          .data = {.name = "mine",
                   .source = "a folder",
                   .image = {4, 6, 3},
                   .train = {.samples = 9,
                             .class_pixels = {1, 2, 0},
                             .unknown_pixels = 4,
                             .images_with_class = {1, 1, 0}},
                   .validation = {.samples = 0,
                                  .class_pixels = {0, 0, 0},
                                  .unknown_pixels = 0,
                                  .images_with_class = {0, 0, 0}},
                   .test = {.samples = 3,
                            .class_pixels = {3, 2, 1},
                            .unknown_pixels = 0,
                            .images_with_class = {3, 2, 1}},
                   .train_validation = 1,
                   .train_test = 2,
                   .validation_test = 3},
          .seconds = 0.1,
          .peak_bytes = 1};
}

TEST(RunFiles, ResultsReadBackAsTheyWereWritten) {
  const Scratch scratch;
  const RunFolder folder = new_run(scratch);
  for (const bool with_coverage : {true, false}) {
    RunResults written = sparse_results();
    if (!with_coverage) {
      written.coverage = std::nullopt;
      written.chosen_by = std::nullopt;
    }
    write_results(folder, written);
    const RunResults read = read_results(folder.file("results.json"));
    EXPECT_EQ(detail::json_of(read), detail::json_of(written));
    EXPECT_EQ(read.chosen_by, written.chosen_by);
    EXPECT_TRUE(read.scores.confusion->ignores(2));
    EXPECT_EQ(read.scores.confusion->count(1, 0), 2);
    EXPECT_EQ(read.baselines.at(0).scores.confusion->count(1, 0), 10);
    EXPECT_EQ(read.image_scores, written.image_scores);
    EXPECT_EQ(read.model.multiply_adds, std::nullopt);
    EXPECT_EQ(read.model.receptive_field, written.model.receptive_field);
    EXPECT_EQ(read.model.layers.at(0).receptive_field, (ReceptiveField{std::nullopt, std::nullopt}));
    EXPECT_EQ(read.model.layers.at(1).receptive_field, std::nullopt);
    EXPECT_EQ(read.model.graph.at(1).from, std::vector<std::size_t>{0});
    EXPECT_EQ(read.coverage.has_value(), with_coverage);
    EXPECT_EQ(read.data.train.unknown_pixels, 4);
    EXPECT_EQ(read.data.validation_test, 3);
  }
  EXPECT_EQ(sparse_results().coverage->share(), 0.5);
}

TEST(RunFiles, ResultsOfOtherTasksReadBackAsTheyWereWritten) {
  const Scratch scratch;
  const RunFolder folder = new_run(scratch);
  RunResults labels = sparse_results();
  labels.task = "classification";
  labels.leading = Criterion::score("accuracy");
  labels.scores.all = {{"accuracy", 0.8125}, {"brier", std::nullopt}};
  labels.scores.calibration = {{}, {.count = 16, .confidence = 0.75, .accuracy = 0.8125}};
  labels.baselines[0].scores.all = {{"accuracy", 0.375}, {"brier", 1}};
  labels.pictures.words = {{0, "\"x\", called <void>"}, {2, ""}};
  RunResults numbers = sparse_results();
  numbers.task = "regression";
  numbers.leading = Criterion::score("mse", Better::lower);
  numbers.classes.clear();
  numbers.scores = {.all = {{"mse", 0.5}, {"r2", -1e-300}}, .pairs = {{1, 1.5}, {-2, 1e9}}};
  numbers.baselines = {{"the mean target", {.all = {{"mse", 2}, {"r2", 0}}}}};
  for (SplitFacts* split : {&numbers.data.train, &numbers.data.validation, &numbers.data.test})
    split->class_pixels = split->images_with_class = {};
  for (const RunResults& written : {labels, numbers}) {
    write_results(folder, written);
    const RunResults read = read_results(folder.file("results.json"));
    EXPECT_EQ(detail::json_of(read), detail::json_of(written));
    EXPECT_EQ(read.task, written.task);
    EXPECT_EQ(read.leading, written.leading);
    EXPECT_EQ(read.leading.better(), written.leading.better());
    EXPECT_EQ(read.scores.all, written.scores.all);
    EXPECT_EQ(read.scores.pairs, written.scores.pairs);
    EXPECT_EQ(read.scores.confusion.has_value(), written.scores.confusion.has_value());
    EXPECT_EQ(read.scores.calibration.size(), written.scores.calibration.size());
    EXPECT_EQ(read.baselines[0].scores.all, written.baselines[0].scores.all);
    EXPECT_EQ(read.pictures.words, written.pictures.words);
  }
}

TEST(RunFiles, LogsReadBackAsTheyWereWritten) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const Scratch scratch;
  RunFolder folder = new_run(scratch);
  const std::vector<MetricsRow> rows{{.step = 1,
                                      .train_loss = 0.1,
                                      .validation_loss = std::nullopt,
                                      .scores = mask_scores(1e-300, std::nullopt, 1.0 / 3),
                                      .learning_rate = 8e-3,
                                      .seconds = 1e9,
                                      .images_per_second = 123456.789,
                                      .best = true},
                                     {.step = 1LL << 40,
                                      .train_loss = std::numeric_limits<double>::infinity(),
                                      .validation_loss = -0.0,
                                      .scores = mask_scores(0, 1, 2),
                                      .learning_rate = 0,
                                      .seconds = 3,
                                      .images_per_second = 0,
                                      .best = false}};
  for (const MetricsRow& row : rows) folder.log(row);
  const std::vector<StepRecord> steps{{.step = 1, .loss = 0.1, .learning_rate = 1e-3, .gradient_norm = 2},
                                      {.step = 2,
                                       .loss = 1e-8,
                                       .learning_rate = 0,
                                       .gradient_norm = 0,
                                       .seconds = 0.5,
                                       .waited = 0,
                                       .elapsed = 7}};
  const std::vector<EventRecord> events{
      {.event = "begin",
       .step = 0,
       .time = "2026-01-31T12:00:00Z",
       .why = "",
       .chosen_by = Criterion::latest},
      {.event = "stopped", .step = 2, .time = "", .why = "\"all\" steps\ndone", .chosen_by = std::nullopt}};
  folder.log(events[0]);
  for (const StepRecord& step : steps) folder.log(step);
  folder.log(events[1]);
  folder.log(StepRecord{.step = 3, .loss = nan, .learning_rate = 0, .gradient_norm = nan});
  folder.flush();
  EXPECT_EQ(read_metrics(folder.file("metrics.csv")), rows);
  Events read = read_events(folder.file("events.jsonl"));
  EXPECT_EQ(read.events, events);
  ASSERT_EQ(read.steps.size(), 3U);
  EXPECT_TRUE(std::isnan(read.steps[2].loss) && std::isnan(read.steps[2].gradient_norm));
  read.steps.pop_back();
  EXPECT_EQ(read.steps, steps);
}

// docs/run-folder.md shows each format by an example, which the program must read and write as it stands.
class RunFolderPage : public testing::Test {
 protected:
  // The text of the indented block below the heading.
  std::string example(const std::string& heading) const {
    const std::size_t place = page_.find("\n## " + heading + "\n");
    EXPECT_NE(place, std::string::npos) << heading;
    std::string block;
    for (const std::string& line : lines_of(page_.substr(place + 1))) {
      if (line.starts_with("    ")) {
        block += line.substr(4);
      } else if (!block.empty() && line != "\n") {
        break;
      }
    }
    return block;
  }

  const std::string page_ = text_in(TROUS_SOURCE_DIR "/docs/run-folder.md");
};

TEST_F(RunFolderPage, ShowsTheHeadOfTheMetrics) {
  EXPECT_EQ(example("metrics.csv"), metrics_header(mask_score_names()) + '\n');
}

TEST_F(RunFolderPage, ShowsEventsAsTheyAreWritten) {
  const Scratch scratch;
  const std::string shown = example("events.jsonl");
  spill(scratch / "events.jsonl", bytes_of(shown));
  const Events events = read_events(scratch / "events.jsonl");
  ASSERT_FALSE(events.steps.empty());
  std::size_t step = 0, event = 0;
  std::string written;
  for (const std::string& line : lines_of(shown)) {
    written += line.find("\"event\":\"step\"") == std::string::npos ? to_json_line(events.events.at(event++))
                                                                    : to_json_line(events.steps.at(step++));
  }
  EXPECT_EQ(written, shown);
}

TEST_F(RunFolderPage, ShowsResultsAsTheyAreWritten) {
  const detail::ParsedJson shown = detail::parse_json(example("results.json"));
  ASSERT_EQ(shown.fault, "");
  const RunResults results = detail::results_from(JsonPlace(shown.value, "docs/run-folder.md", ""));
  EXPECT_EQ(detail::dump_json(detail::json_of(results), 1), detail::dump_json(shown.value, 1));
}

}  // namespace
}  // namespace trous
