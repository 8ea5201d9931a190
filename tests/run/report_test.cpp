// What the pages say: right numbers, escaped text, and what is missing or does not compare.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/run/run_folder.h>

#include "run/mask_scores.h"
#include "run/page.h"

namespace trous {
namespace {

TEST(Report, SaysTheScoreBesideTheBestBaseline) {
  const std::string page = page_of({});
  EXPECT_TRUE(has(page,
                  "<strong>0.500</strong> foreground mIoU on test; the strongest baseline, \u201Call "
                  "background\u201D, reaches 0.000."));
  EXPECT_TRUE(has(page, "<h1>tiny on toys</h1>"));
  EXPECT_TRUE(has(page, "<dt>best validation</dt><dd>0.500 at step 40</dd>"));
  EXPECT_TRUE(has(page, "<dt>parameters</dt><dd>1,234</dd>"));
  EXPECT_TRUE(has(page, "<dt>commit</dt><dd>0123456789ab</dd>"));
  EXPECT_TRUE(has(page, "<dt>peak memory</dt><dd>3\u00A0MiB</dd>"));
}

TEST(Report, SaysWhenNothingWasLearned) {
  WrittenRun files;
  change(*files.results, "[[80, 20, 0], [10, 30, 0]", "[[100, 0, 0], [40, 0, 0]");
  EXPECT_TRUE(has(page_of(files),
                  "No better than the strongest baseline: <strong>0.000</strong> foreground "
                  "mIoU on test, and \u201Call background\u201D reaches 0.000."));
}

TEST(Report, ScoresEachClassAndLeavesAbsentOnesOut) {
  const std::string page = page_of({});
  // By hand: the second class has 30 right pixels, 40 in truth, 50 predicted, of 140 in all.
  EXPECT_TRUE(has(page,
                  "<td class=\"n\">28.6\u00A0%</td><td class=\"n\">0.500</td><td><span class=\"bar\"><span "
                  "style=\"width:50.0%\"></span></span></td><td class=\"n\">0.667</td><td "
                  "class=\"n\">0.600</td><td class=\"n\">0.750</td>"));
  EXPECT_TRUE(
      has(page,
          "nowhere</span></th><td class=\"n\">0.0\u00A0%</td><td class=\"n\">\u2013</td><td>absent</td>"
          "<td class=\"n\">\u2013</td><td class=\"n\">\u2013</td><td class=\"n\">\u2013</td>"));
  EXPECT_TRUE(has(page,
                  "title=\"&lt;b&gt;bold&lt;/b&gt; &amp; &quot;co&quot; called background: 10 pixels, "
                  "25.0\u00A0%\">25</td>"));
  EXPECT_TRUE(has(page, "title=\"nowhere called nowhere: 0 pixels\">\u2013</td>"));
}

TEST(Report, smp_547_AnIgnoredClassHasDashesAndNoPartInAMean) {
  WrittenRun files;
  // Class 1 does not count; 20 pixels of background and 5 of "nowhere" are called so.
  change(*files.results, R"("split")", R"("ignored": [1], "split")");
  change(*files.results, "[80, 20, 0], [10, 30, 0], [0, 0, 0]", "[80, 20, 0], [0, 0, 0], [0, 5, 15]");
  change(*files.results, "[[100, 0, 0], [40, 0, 0]", "[[100, 0, 0], [0, 0, 0]");
  const std::string page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  // The mean over classes 1 and 2 is the IoU of class 2 alone, 15 of 20.
  EXPECT_TRUE(has(page, "<strong>0.750</strong> foreground mIoU on test"));
  EXPECT_TRUE(has(page,
                  "co&quot;</span></th><td class=\"n\">\u2013</td><td class=\"n\">\u2013</td><td>ignored</td>"
                  "<td class=\"n\">\u2013</td><td class=\"n\">\u2013</td><td class=\"n\">\u2013</td>"));
  EXPECT_TRUE(
      has(page,
          "Ignored, so that its pixels do not count and it has no score: &lt;b&gt;bold&lt;/b&gt; &amp; "
          "&quot;co&quot;."));
  EXPECT_FALSE(has(page_of({}), "Ignored"));
}

TEST(Report, MONAI_tutorials_1099_ScoresOfNothingAreDashes) {
  WrittenRun files;
  change(*files.results, "[80, 20, 0], [10, 30, 0]", "[100, 0, 0], [0, 0, 0]");
  change(*files.results, "[[100, 0, 0], [40, 0, 0]", "[[100, 0, 0], [0, 0, 0]");
  const std::string page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(
      has(page,
          "Nothing of the foreground could be scored on test: no pixel that counts is of a foreground "
          "class, in truth or prediction."));
  EXPECT_TRUE(has(page,
                  "all background</th><td class=\"n\">\u2013</td><td></td><td class=\"n\">1.000</td>"
                  "<td class=\"n\">100.0\u00A0%</td>"))
      << page.substr(page.find("all background"), 300);
  EXPECT_FALSE(has(page, "all background, test: 0.000")) << "no level to read the curve against";
}

TEST(Report, nnUNet_2530_SaysThatTheLossChoseTheWeights) {
  WrittenRun files;
  files.metrics = metrics_header(mask_score_names()) +
                  "\n20,1.5,0.75,0.9,,0.9,0.004,10,30,1\n40,1.25,0.25,0.9,0,0.8,0.003,20,30,1\n60,1,0.5,0.9,,"
                  "0.9,0.002,30,30,0\n";
  change(files.events, R"("step":0,)", R"("step":0,"chosen_by":"validation_loss",)");
  const auto says = [](const std::string& page) {
    EXPECT_EQ(xml_fault(page), "");
    EXPECT_TRUE(has(page, "<dt>best validation</dt><dd>loss 0.2500 at step 40</dd>"));
    EXPECT_TRUE(has(
        page,
        "No validation mask shows a foreground class that counts, so the IoU cannot choose the best weights: "
        "the lowest validation loss does."));
    EXPECT_EQ(count(page, "best: loss 0.2500 at step 40"), 3U)
        << "in the chart of the loss: legend, dot, words";
    EXPECT_TRUE(has(page, "<td class=\"n\">0.2500</td><td class=\"n\">0.000</td>"));
    EXPECT_TRUE(has(page, "<td class=\"n\">0.5000</td><td class=\"n\">\u2013</td>"));
  };
  says(page_of(files));
  files.results.reset();
  const std::string unfinished = page_of(files);
  says(unfinished);
  EXPECT_TRUE(has(unfinished, "<strong>0.250</strong> is the lowest loss on validation so far, at step 40."));
  const Scratch scratch;
  files.write(scratch / "run");
  EXPECT_TRUE(
      has(comparison_html({scratch / "run"}), "<td class=\"n\">loss 0.2500</td><td class=\"n\">40</td>"));
}

TEST(Report, WhereNothingCanChooseItSaysSo) {
  WrittenRun files;
  files.metrics =
      metrics_header(mask_score_names()) + "\n20,1.5,,,,,0.004,10,30,1\n40,1.25,,,,,0.003,20,30,1\n";
  change(files.events, R"("step":0,)", R"("step":0,"chosen_by":"latest",)");
  files.results.reset();
  const std::string page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(has(page, "Nothing can be scored on validation; the latest weights are kept, at step 40."));
  EXPECT_TRUE(has(page, "<dt>best validation</dt><dd>the latest, at step 40</dd>"));
  EXPECT_TRUE(
      has(page,
          "No pixel of the validation masks counts, so nothing can choose the best weights: the latest are "
          "taken."));
}

TEST(Report, SortsClassesByIou) {
  const std::string page = page_of({});
  const std::string table =
      page.substr(page.find("id=\"classes\""), page.find("id=\"confusion\"") - page.find("id=\"classes\""));
  EXPECT_LT(table.find("background"), table.find("bold"));
  EXPECT_LT(table.find("bold"), table.find("nowhere"));
}

TEST(Report, EscapesEveryText) {
  WrittenRun files;
  files.config = R"({"model": "</script><script>alert(1)</script>", "data": "a\"b'c\u0001"})";
  files.results.reset();
  const std::string page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_EQ(count(page, "<script"), 1U);
  EXPECT_TRUE(
      has(page, "<h1>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; on a&quot;b&#39;c\uFFFD</h1>"));
  EXPECT_TRUE(has(page, R"("model":"\u003c/script\u003e\u003cscript\u003ealert(1)\u003c/script\u003e")"));
  EXPECT_FALSE(has(page_of({}), "<b>"));
}

TEST(Report, AnUnfinishedRunShowsWhatThereIs) {
  WrittenRun files;
  files.results.reset();
  std::string page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(has(page, "<strong>0.500</strong> foreground mIoU on validation so far, at step 40."));
  EXPECT_TRUE(has(page, "This run is not finished: results.json is not there."));
  EXPECT_TRUE(has(page, "<h1>tiny on toys</h1>"));
  EXPECT_FALSE(has(page, "id=\"classes\""));
  files.metrics = files.events = "";
  page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(has(page, "No validation has been made yet."));
  EXPECT_EQ(count(page, "Nothing is recorded yet."), 6U);
}

TEST(Report, ShowsWhatTheNetworkSeesAndHowItIsConnected) {
  WrittenRun files;
  const std::string page = page_of(files);
  EXPECT_TRUE(has(page, "What an output pixel can see"));
  EXPECT_TRUE(has(page, "How the layers are connected"));
  EXPECT_TRUE(
      has(page, "<title>&lt;i&gt;body: atrous_conv2d rate 2x2, a &amp; b, 6 \u00D7 9 \u00D7 1</title>"));
  EXPECT_FALSE(has(page, "Each output pixel sees"));
  // What older versions wrote.
  change(*files.results, "\"graph\"", "\"unknown\"");
  change(*files.results, "\"coverage\"", "\"unknown\"");
  const std::string older = page_of(files);
  EXPECT_FALSE(has(older, "What an output pixel can see"));
  EXPECT_FALSE(has(older, "How the layers are connected"));
  EXPECT_TRUE(has(older, "Each output pixel sees 7 \u00D7 5 pixels of images of 6 \u00D7 9."));
}

TEST(Report, SaysWhereTheNetworkSeesTheWholeImage) {
  WrittenRun files;
  EXPECT_TRUE(has(page_of(files), "<dt>receptive field</dt><dd>7 \u00D7 5 pixels</dd>"));
  change(*files.results, "\"receptive_field\": [7, 5]", "\"receptive_field\": [\"all\", \"all\"]");
  change(*files.results, "\"receptive_field\": null", "\"receptive_field\": [\"all\", 5]");
  const std::string page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(has(page, "<dt>receptive field</dt><dd>whole image</dd>"));
  EXPECT_TRUE(has(page, "<td class=\"n\">whole image</td>"));
  EXPECT_TRUE(has(page, "<td class=\"n\">all \u00D7 5</td>"));
  change(*files.results, "\"coverage\"", "\"unknown\"");
  EXPECT_TRUE(has(page_of(files), "<p>Each output pixel sees the whole image.</p>"));
  change(*files.results, "\"receptive_field\": [\"all\", \"all\"]", "\"receptive_field\": [\"all\", 5]");
  EXPECT_TRUE(
      has(page_of(files), "<p>Each output pixel sees all \u00D7 5 pixels of images of 6 \u00D7 9.</p>"));
}

TEST(Report, SaysWhereTheMultiplyAddsAreNotKnown) {
  WrittenRun files;
  EXPECT_TRUE(has(page_of(files), "<dt>multiply-adds per image</dt><dd>56,789</dd>"));
  EXPECT_EQ(count(page_of(files), "<td class=\"n\">unknown</td>"), 0U);
  change(*files.results, "\"multiply_adds\": 56789,\n  \"rec", "\"multiply_adds\": null,\n  \"rec");
  change(*files.results, "\"multiply_adds\": 56789", "\"multiply_adds\": null");
  const std::string page = page_of(files);
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(has(page, "<dt>multiply-adds per image</dt><dd>unknown</dd>"));
  EXPECT_EQ(count(page, "<td class=\"n\">unknown</td>"), 2U) << "of the layer and of all";
}

TEST(Report, SharedSamplesAreSaidLoudly) {
  WrittenRun files;
  EXPECT_TRUE(has(page_of(files), "No sample is in two splits."));
  EXPECT_EQ(count(page_of(files), "class=\"warn\""), 0U);
  change(*files.results, "\"train_test\": 0", "\"train_test\": 1200");
  const std::string page = page_of(files);
  EXPECT_TRUE(has(page,
                  "The splits share samples: 0 train and validation, 1,200 train and test, 0 validation and "
                  "test. Of 2 test images 1,200 were learned from, and on 0 the weights were chosen."));
  EXPECT_EQ(count(page, "class=\"warn\""), 2U);
}

TEST(Comparison, ShowsScoresAndTheOptionsThatDiffer) {
  const Scratch scratch;
  WrittenRun files;
  files.write(scratch / "first");
  change(files.config, "0.008", "0.004");
  files.results.reset();
  files.write(scratch / "<second>");
  const std::string page = comparison_html({scratch / "first", scratch / "<second>/"});
  EXPECT_EQ(xml_fault(page), "");
  EXPECT_TRUE(has(page, "2 runs compared"));
  EXPECT_TRUE(has(page, "&lt;second&gt;</span>"));
  EXPECT_TRUE(has(page, "<th scope=\"col\">run</th><th scope=\"col\">learning_rate</th></tr>"));
  EXPECT_TRUE(has(page, "<td>0.008</td>") && has(page, "<td>0.004</td>"));
  EXPECT_TRUE(has(page, "unfinished"));
  EXPECT_FALSE(has(page, "class=\"warn\""));
  EXPECT_FALSE(has(page, scratch.path()));
}

TEST(Comparison, smp_547_RunsThatIgnoreOtherClassesDoNotCompare) {
  const Scratch scratch;
  WrittenRun files;
  files.write(scratch / "a");
  change(*files.results, R"("split")", R"("ignored": [2], "split")");
  files.write(scratch / "b");
  const std::string warning = "These runs are scored on different data: their scores do not compare.";
  EXPECT_TRUE(has(comparison_html({scratch / "a", scratch / "b"}), warning));
  EXPECT_FALSE(has(comparison_html({scratch / "b", scratch / "b"}), warning));
}

TEST(Comparison, SaysWhenRunsDoNotCompare) {
  const Scratch scratch;
  WrittenRun files;
  files.write(scratch / "a/run");
  change(*files.results, "\"name\": \"toys\"", "\"name\": \"other toys\"");
  files.write(scratch / "b/run");
  const std::string page = comparison_html({scratch / "a/run", scratch / "b/run"});
  EXPECT_TRUE(has(page, "These runs are scored on different data: their scores do not compare."));
  EXPECT_TRUE(has(page, "The runs have the same options."));
  EXPECT_TRUE(has(page, scratch / "a/run"));  // the last part alone would name both
  EXPECT_EQ(message_of<ArgumentError>([] { comparison_html({}); }),
            "comparison_html: no run is given. Give one folder or more.");
}

}  // namespace
}  // namespace trous
