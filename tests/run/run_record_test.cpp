// What is read from a run folder, and what is refused, by file and line.
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/run/run_record.h>

#include "run/written_run.h"

namespace trous {
namespace {

RunRecord read_back(const WrittenRun& files) {
  const Scratch scratch;
  files.write(scratch / "run");
  return read_run(scratch / "run");
}

// The message without the path of the scratch folder, after `edit`.
std::string refusal(const std::function<void(WrittenRun&)>& edit) {
  const Scratch scratch;
  WrittenRun files;
  edit(files);
  files.write(scratch / "run");
  std::string message = message_of<FileError>([&] { read_run(scratch / "run"); });
  const std::size_t place = message.find(scratch.path());
  if (place != std::string::npos) message.erase(place, scratch.path().size() + 1);
  return message;
}

TEST(RunRecord, HoldsWhatTheFilesSay) {
  const RunRecord run = read_back({});
  EXPECT_EQ(find_field(run.config, "learning_rate"), "0.008");
  EXPECT_EQ(find_field(run.config, "nested.list"), "1, two");
  EXPECT_EQ(find_field(run.environment, "files[0].sha256"), "00ff");
  EXPECT_EQ(find_field(run.environment, "files"), std::nullopt);
  EXPECT_EQ(run.config[0].name, "model");  // in the file's order

  ASSERT_EQ(run.metrics.size(), 2U);
  EXPECT_EQ(run.metrics[0].step, 20);
  EXPECT_EQ(run.metrics[0].validation_loss, 1.25);
  EXPECT_EQ(run.metrics[1].images_per_second, 31.5);
  EXPECT_TRUE(std::isnan(run.metrics[1].validation_loss.value()));
  EXPECT_TRUE(run.metrics[1].best);

  ASSERT_EQ(run.steps.size(), 2U);
  EXPECT_EQ(run.steps[1].loss, 2.25);
  EXPECT_TRUE(std::isnan(run.steps[1].gradient_norm));
  ASSERT_EQ(run.events.size(), 2U);
  EXPECT_EQ(run.events[0].time, "2026-01-31T12:00:00Z");
  EXPECT_EQ(run.events[1].why, "all steps <done>");

  ASSERT_TRUE(run.results.has_value());
  const RunResults& results = *run.results;
  EXPECT_EQ(results.classes[1], "<b>bold</b> & \"co\"");
  EXPECT_EQ(results.scores.confusion->count(0, 1), 20);
  EXPECT_EQ(results.baselines[0].scores.confusion->count(1, 0), 40);
  EXPECT_EQ(results.image_scores[0], 0.5);
  EXPECT_EQ(results.image_scores[1], std::nullopt);
  EXPECT_EQ(results.model.receptive_field, (ReceptiveField{7, 5}));
  EXPECT_FALSE(results.model.layers[0].receptive_field.has_value());
  ASSERT_EQ(results.model.graph.size(), 4U);
  EXPECT_EQ(results.model.graph[1].ops, (std::vector<std::string>{"atrous_conv2d rate 2x2", "a & b"}));
  EXPECT_EQ(results.model.graph[2].from, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(results.model.graph[3].output, (std::vector<std::int64_t>{1, 6, 9, 3}));
  ASSERT_TRUE(results.coverage.has_value());
  EXPECT_EQ(results.coverage->row, 3);
  EXPECT_EQ(results.coverage->column, 4);
  EXPECT_EQ(results.coverage->top, 1);
  EXPECT_EQ(results.coverage->left, 2);
  EXPECT_EQ(results.coverage->map[2], "#.#.#");
  EXPECT_EQ(results.data.validation.class_pixels[1], 62);
  EXPECT_EQ(results.peak_bytes, 3145728);
}

TEST(RunRecord, AnOlderRunHasNoGraphAndNoCoverage) {
  WrittenRun files;
  change(*files.results, "\"graph\"", "\"unknown\"");
  change(*files.results, "\"coverage\"", "\"unknown\"");
  const RunRecord run = read_back(files);
  EXPECT_TRUE(run.results->model.graph.empty());
  EXPECT_FALSE(run.results->coverage.has_value());
}

TEST(RunRecord, ALargeMapIsNotRepeatedForMachines) {
  WrittenRun files;
  EXPECT_NE(read_back(files).json.find("#.#.#"), std::string::npos);
  std::string map;
  for (int row = 0; row < 300; ++row) map += (row ? ", \"" : "\"") + std::string(300, '#') + '"';
  change(*files.results, "[1, 6, 9, 1]", "[1, 400, 400, 1]");
  change(*files.results, "\"height\": 5, \"width\": 5", "\"height\": 300, \"width\": 300");
  change(*files.results, R"("#.#.#", ".....", "#.#.#", ".....", "#.#.#")", map);
  const RunRecord run = read_back(files);
  EXPECT_EQ(run.results->coverage->map.size(), 300U);
  EXPECT_EQ(run.json.find("###"), std::string::npos);
  EXPECT_NE(run.json.find("\"height\":300"), std::string::npos);
}

TEST(RunRecord, AYoungRunHasNoLogsAndNoResults) {
  const Scratch scratch;
  WrittenRun{}.write(scratch / "run");
  for (const char* name : {"metrics.csv", "events.jsonl", "results.json"}) {
    std::filesystem::remove(scratch / "run/" + name);
  }
  const RunRecord run = read_run(scratch / "run");
  EXPECT_TRUE(run.metrics.empty() && run.steps.empty() && run.events.empty() && !run.results);
}

TEST(RunRecord, ATornLastLineOfALogIsPassedOver) {
  WrittenRun files;
  files.metrics += "60,0.5,0.5";
  files.events += R"({"event":"step","step":3,"lo)";
  const RunRecord run = read_back(files);
  EXPECT_EQ(run.metrics.size(), 2U);
  EXPECT_EQ(run.steps.size(), 2U);
  // Torn inside a number it still parses, and would be another number.
  files = {};
  files.metrics.resize(files.metrics.size() - 3);
  EXPECT_EQ(read_back(files).metrics.size(), 1U);
}

TEST(RunRecord, UnknownFieldsColumnsAndEventsAreNoFault) {
  WrittenRun files;
  files.metrics =
      "new,step,train_loss,validation_loss,mean_iou,foreground_iou,pixel_accuracy,learning_rate,"
      "seconds,images_per_second,best\nx,5,1,1,0,0,0,0,0,0,0\n";
  change(files.events, "\"begin\"", "\"eclipse\"");
  change(*files.results, "\"split\"", "\"new\": {}, \"split\"");
  const RunRecord run = read_back(files);
  EXPECT_EQ(run.metrics[0].step, 5);
  EXPECT_EQ(run.events[0].event, "eclipse");
}

TEST(RunRecord, ReadsNaNAndInfinityAsWords) {
  WrittenRun files;
  change(files.events, "\"gradient_norm\":1.5", "\"gradient_norm\":\"inf\"");
  change(files.events, "\"loss\":2.25", "\"loss\":\"NaN\"");
  const RunRecord run = read_back(files);
  EXPECT_TRUE(std::isinf(run.steps[0].gradient_norm));
  EXPECT_TRUE(std::isnan(run.steps[1].loss));
}

// A score of nothing is an empty cell, and its absence is no 0.
TEST(RunRecord, MONAI_tutorials_1099_ReadsScoresThatAreAbsent) {
  WrittenRun files;
  change(files.metrics, "20,1.5,1.25,0.4,0.25,0.7,", "20,1.5,,,,,");
  change(files.events, R"("time":"2026-01-31T12:00:00Z")", R"("chosen_by":"validation_loss")");
  const RunRecord run = read_back(files);
  const MetricsRow& row = run.metrics.at(0);
  EXPECT_EQ(row.train_loss, 1.5);
  for (const auto& score :
       {row.validation_loss, row.score("mean_iou"), row.score("foreground_iou"), row.score("pixel_accuracy")})
    EXPECT_EQ(score, std::nullopt);
  EXPECT_EQ(row.learning_rate, 0.004);
  EXPECT_EQ(run.chosen_by, Criterion::validation_loss);
  EXPECT_EQ(read_back({}).chosen_by, Criterion::foreground_iou) << "older versions say nothing";
  change(*files.results, R"("split")", R"("chosen_by": "latest", "split")");
  EXPECT_EQ(read_back(files).chosen_by, Criterion::latest) << "the end has the last word";
}

TEST(RunRecord, smp_547_KnowsWhichClassIsIgnored) {
  WrittenRun files;
  change(*files.results, "[80, 20, 0], [10, 30, 0]", "[80, 20, 5], [0, 0, 0]");
  EXPECT_EQ(read_back(files).results->scores.confusion->iou(1), 0) << "older versions say nothing";
  change(*files.results, R"("split")", R"("ignored": [1], "split")");
  change(*files.results, "[[100, 0, 0], [40, 0, 0]", "[[100, 0, 0], [0, 0, 0]");
  const RunRecord run = read_back(files);
  for (const ConfusionMatrix* scores :
       {&*run.results->scores.confusion, &*run.results->baselines[0].scores.confusion}) {
    EXPECT_TRUE(scores->ignores(1));
    EXPECT_FALSE(scores->ignores(0));
    EXPECT_EQ(scores->iou(1), std::nullopt);
  }
  EXPECT_EQ(run.results->scores["mean_iou"], (80.0 / 105 + 0) / 2);
}

TEST(RunRecord, RefusesLogsByFileAndLine) {
  EXPECT_EQ(
      refusal([](WrittenRun& f) { change(f.metrics, "0.75", "much"); }),
      "read_run: run/metrics.csv line 3 has \"much\" in column train_loss, where a number belongs. Write the "
      "file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(f.metrics, ",31.5,1", ",31.5"); }),
            "read_run: run/metrics.csv line 3 has 9 cells, but the header names 10. Write the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(f.metrics, "train_loss", "loss"); }),
            "read_run: run/metrics.csv line 2 has no column train_loss. Write the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(f.metrics, "\n40,", "\n20,"); }),
            "read_run: run/metrics.csv line 3 has step 20 after step 20. Write the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(f.events, "\"loss\":2.25,", "\"loss\":2.25"); }),
            "read_run: run/events.jsonl line 3 is no JSON. Write the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(f.events, "\"loss\":2.25,", ""); }),
            "read_run: run/events.jsonl line 3 has no loss. Write the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(f.events, "\"step\":2", "\"step\":-2"); }),
            "read_run: run/events.jsonl line 3 has number at step, where a whole number from 0 to 2^53 "
            "belongs. Write "
            "the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(f.events, "\"step\":2", "\"step\":1"); }),
            "read_run: run/events.jsonl line 3 has step 1 after step 1. Write the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { f.events.insert(0, "[1]\n"); }),
            "read_run: run/events.jsonl line 1 holds no JSON object. Write the file again.");
}

TEST(RunRecord, RefusesObjectsByFileAndField) {
  EXPECT_EQ(refusal([](WrittenRun& f) { f.config = "{\n\"steps\": 1,\n}"; }),
            "read_run: run/config.json line 3 is no JSON. Write the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { f.environment = "{\"a\": \"\xff\"}"; }),
            "read_run: run/environment.json line 1 is no JSON. Write the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { f.config = "{\"a\": " + std::string(100000, '['); }),
            "read_run: run/config.json is more than 32 levels deep. Write the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { f.config = "{\"a\": 1e999}"; }),
            "read_run: run/config.json has the number 1e999, which no double holds. Write the file again.");
  EXPECT_EQ(
      refusal([](WrittenRun& f) { change(*f.results, "\"kind\": \"conv2d\"", "\"kind\": 3"); }),
      "read_run: run/results.json has number at model.layers[0].kind, where a string belongs. Write the file "
      "again.");
  EXPECT_EQ(
      refusal([](WrittenRun& f) { change(*f.results, "[10, 30, 0], ", ""); }),
      "read_run: run/results.json has scores.confusion with 2 rows for 3 classes. Write the file again.");
  EXPECT_EQ(
      refusal([](WrittenRun& f) { change(*f.results, "[10, 30, 0]", "[10, 30]"); }),
      "read_run: run/results.json has scores.confusion[1] with 2 cells for 3 classes. Write the file again.");
  EXPECT_EQ(
      refusal([](WrittenRun& f) { change(*f.results, "[[80, 20", "[[9007199254740992, 20"); }),
      "read_run: run/results.json has scores.confusion with a sum of more than 2^53 pixels. Write the file "
      "again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(*f.results, "[100, 62, 0]", "[100, 9007199254740992, 0]"); }),
            "read_run: run/results.json has data.validation.class_pixels with a sum of more than 2^53 "
            "pixels. Write "
            "the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(*f.results, "\"worst\": [1]", "\"worst\": [2]"); }),
            "read_run: run/results.json has pictures.worst with image 2 of 2. Write the file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(*f.results, "[7, 5]", "[7]"); }),
            "read_run: run/results.json has model.receptive_field with 1 numbers instead of 2. Write the "
            "file again.");
  EXPECT_EQ(refusal([](WrittenRun& f) { change(*f.results, "[12, 9, 3]", "[12, 9]"); }),
            "read_run: run/results.json has data.train.images_with_class with 2 numbers for 3 classes. Write "
            "the file "
            "again.");
  const Scratch scratch;
  EXPECT_EQ(message_of<FileError>([&] { read_run(scratch.path()); }),
            "read_run: " + scratch.path() +
                " is no run folder. It has no config.json. Give what trous train --out "
                "made.");
}

TEST(RunRecord, RefusesWhatCannotHaveBeenScored) {
  const std::string file = "read_run: run/results.json has ", again = ". Write the file again.";
  const auto with = [](const char* more) {
    return refusal(
        [=](WrittenRun& f) { change(*f.results, R"("split")", std::string(more) + R"(, "split")"); });
  };
  EXPECT_EQ(with(R"("ignored": [3])"), file + "ignored with class 3 of 3" + again);
  EXPECT_EQ(with(R"("ignored": [1])"),
            file + "scores.confusion with pixels of class 1, which is ignored" + again);
  EXPECT_EQ(with(R"("chosen_by": "good luck")"),
            file + "chosen_by with \"good luck\", which is no criterion" + again);
  EXPECT_EQ(with(R"("chosen_by": 2)"), file + "number at chosen_by, where a string belongs" + again);
}

// A side of a receptive field is a number, or "all" where it is the whole image's.
TEST(RunRecord, ReadsReceptiveFieldsOfTheWholeImage) {
  const Scratch scratch;
  WrittenRun files;
  change(*files.results, "[7, 5]", "[\"all\", 5]");
  files.write(scratch.path());
  EXPECT_EQ(read_run(scratch.path()).results->model.receptive_field, (ReceptiveField{std::nullopt, 5}));
  EXPECT_EQ(refusal([](WrittenRun& f) { change(*f.results, "[7, 5]", "[\"most\", 5]"); }),
            "read_run: run/results.json has string at model.receptive_field[0], where a whole number from 0 "
            "to 2^53 "
            "belongs. Write the file again.");
}

TEST(RunRecord, RefusesPicturesOfTheNetworkThatCannotBe) {
  const auto changed = [](const char* what, const char* with) {
    return refusal([=](WrittenRun& f) { change(*f.results, what, with); });
  };
  const std::string file = "read_run: run/results.json has ", again = ". Write the file again.";
  EXPECT_EQ(changed("\"from\": [0, 1]", "\"from\": [0, 2]"),
            file + "model.graph[2].from with box 2, which is not before it" + again);
  EXPECT_EQ(changed("\"ops\": [\"add\"], ", ""),
            "read_run: run/results.json has no model.graph[2].ops" + again);
  EXPECT_EQ(changed("[3, 4]", "[3]"), file + "coverage.pixel with 1 numbers instead of 2" + again);
  EXPECT_EQ(changed("\"input\": [1, 6, 9, 1]", "\"input\": [6, 9, 1]"),
            file + "model.input with 3 numbers instead of 4" + again);
  for (const auto& [what, with] :
       std::vector<std::pair<const char*, const char*>>{{"[3, 4]", "[6, 4]"},
                                                        {"[3, 4]", "[3, 9]"},
                                                        {"\"top\": 1", "\"top\": 2"},
                                                        {"\"left\": 2", "\"left\": 5"}}) {
    EXPECT_EQ(changed(what, with), file + "coverage beyond an input of 6x9" + again);
  }
  for (const char* row : {"\"#.#.\"", "\"#.#.#.\"", "\"#.#.x\"", "\"#.#.#\", \"#.#.#\""}) {
    EXPECT_EQ(changed("\"#.#.#\"", row),
              file + "coverage.map which is not 5 strings of 5 times # or ." + again);
  }
}

TEST(RunRecord, NestingHasALimit) {
  const auto nested = [](std::size_t lists) {
    return [=](WrittenRun& files) {
      files.config = "{\"a\": " + std::string(lists, '[') + std::string(lists, ']') + "}";
    };
  };
  EXPECT_EQ(refusal(nested(31)), "nothing was thrown");
  EXPECT_EQ(refusal(nested(32)),
            "read_run: run/config.json is more than 32 levels deep. Write the file again.");
}

TEST(RunRecord, EveryTruncationOfResultsIsAFileError) {
  const Scratch scratch;
  WrittenRun files;
  files.write(scratch / "run");
  const std::string whole = *files.results;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    rewrite(scratch / "run/results.json", whole.substr(0, i));
    EXPECT_THROW(read_run(scratch / "run"), FileError) << "cut at " << i;
  }
}

TEST(RunRecord, EveryTruncationOfALogIsReadOrPassedOver) {
  const Scratch scratch;
  const WrittenRun files;
  files.write(scratch / "run");
  for (std::size_t i = 0; i < files.metrics.size(); ++i) {
    rewrite(scratch / "run/metrics.csv", files.metrics.substr(0, i));
    EXPECT_LE(read_run(scratch / "run").metrics.size(), 1U) << "cut at " << i;
  }
  files.write(scratch / "run");
  for (std::size_t i = 0; i < files.events.size(); ++i) {
    rewrite(scratch / "run/events.jsonl", files.events.substr(0, i));
    EXPECT_LE(read_run(scratch / "run").events.size(), 1U) << "cut at " << i;
  }
}

}  // namespace
}  // namespace trous
