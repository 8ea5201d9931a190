// What the network sees and says: samples as pictures inside the page.
#include <algorithm>
#include <filesystem>
#include <system_error>

#include <trous/data/file.h>
#include <trous/data/png.h>
#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>
#include <trous/run/samples.h>

namespace trous::report {
namespace {

constexpr std::int64_t page_width = 1070;

struct Picture {
  std::string uri;
  std::int64_t height, width;
};

// Takes PNG files into the page until they are `left` bytes; the page must stay small enough to be sent.
class Album {
 public:
  explicit Album(const RunRecord& run) : folder_(run.folder) {}

  // Nothing if the file is not there or would make the page too large.
  std::optional<Picture> take(const std::string& name) {
    const std::string path = folder_ + '/' + name;
    std::error_code none;
    if (!std::filesystem::exists(path, none)) return std::nullopt;
    const std::vector<std::uint8_t> bytes = read_file(path);
    if (bytes.size() > left_) {
      left_out_ += (left_out_.empty() ? "" : ", ") + name;
      return std::nullopt;
    }
    left_ -= bytes.size();
    const Shape shape = read_png(path).shape();  // judges the file, too
    return Picture{"data:image/png;base64," + base64(bytes), shape[0], shape[1]};
  }

  std::string note() const {
    if (left_out_.empty()) return "";
    return element("p", "class=\"soft\"", "Too large for this page: " + escaped(left_out_) + '.');
  }

 private:
  std::string folder_, left_out_;
  std::size_t left_ = 1'000'000;
};

// `halves` is the size of a pixel in half units: a screen of double density shows these, too, without a blur.
std::string image(const Picture& picture, const std::string& description, std::int64_t halves,
                  const char* style = "") {
  return "<img" + std::string(style) + " alt=\"" + description + "\" width=\"" +
         std::to_string(picture.width * halves / 2) + "\" height=\"" +
         std::to_string(picture.height * halves / 2) + "\" src=\"" + picture.uri + "\"/>";
}

struct Shot {
  std::string caption, description;
  Picture picture;
};

std::string column(const Shot& shot, std::int64_t halves) {
  return element("figure", "",
                 element("figcaption", "", shot.caption) + image(shot.picture, shot.description, halves));
}

// The fixed validation images, one below the other: what they are, then what was predicted as training went
// on.
std::string how_it_learned(const RunRecord& run, Album& album) {
  std::vector<Shot> shots;
  std::int64_t width = 0;
  if (auto fixed_images = album.take(fixed_picture)) {
    width += fixed_images->width;
    shots.push_back(
        {element("span", "class=\"two\"", element("span", "", "input") + element("span", "", "truth")),
         "validation images and their true classes", std::move(*fixed_images)});
  }
  for (const MetricsRow& row : thinned(run.metrics, 6)) {
    if (auto labels = album.take(labels_picture(row.step))) {
      width += labels->width;
      const std::string step = "step " + grouped(row.step);
      shots.push_back({step, "predicted classes at " + step, std::move(*labels)});
    }
  }
  if (shots.empty()) return "";
  const std::int64_t halves = std::max<std::int64_t>(2, 2 * page_width / width);
  std::string columns;
  for (const Shot& shot : shots) columns += column(shot, halves);
  return element("h3", "", "How it learned") +
         element("p", "class=\"soft\"", "The same validation images at validations from first to last.") +
         element("div", "class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"How it learned\"",
                 element("div", "class=\"shots\"", columns));
}

std::string scores_of(const RunResults& results, const std::vector<std::int64_t>& images) {
  std::string words;
  for (const std::int64_t i : images) {
    const std::optional<double> score = results.image_scores[static_cast<std::size_t>(i)];
    words += (words.empty() ? "Image " : ", ") + grouped(i) + ": " + (score ? fixed(*score, 3) : dash);
  }
  return words;
}

std::string panel(const RunResults& results, Album& album, const std::string& name,
                  const std::vector<std::int64_t>& images) {
  const std::optional<Picture> picture = album.take(test_picture(name));
  if (!picture) return "";
  const std::string scores = scores_of(results, images);
  std::string title = name;
  title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return element(
      "figure", "",
      element("figcaption", "", element("h3", "", title) + element("p", "class=\"soft\"", scores)) +
          image(*picture, title + " images: input, truth, prediction, errors. " + scores, 2,
                " class=\"panel\""));
}

std::string palette(const RunResults& results) {
  std::string entries;
  for (std::size_t c = 0; c < results.classes.size(); ++c) {
    entries +=
        element("span", "class=\"name\"", chip(static_cast<std::int64_t>(c)) + escaped(results.classes[c])) +
        ' ';
  }
  return element("div", "class=\"palette\"", entries);
}

}  // namespace

std::string pictures(const RunRecord& run) {
  Album album(run);
  std::string content;
  if (run.results) content += palette(*run.results);
  content += how_it_learned(run, album);
  if (run.results) {
    const PictureFacts& chosen = run.results->pictures;
    const std::string panels = panel(*run.results, album, "best", chosen.best) +
                               panel(*run.results, album, "median", chosen.median) +
                               panel(*run.results, album, "worst", chosen.worst);
    if (!panels.empty()) {
      content +=
          element("h3", "", "Images of the " + escaped(run.results->split) + " split") +
          element(
              "p", "class=\"soft\"",
              "Input, truth, prediction and errors; the score is the mean IoU of the foreground classes in "
              "each image.") +
          element("div", "class=\"panels\"", panels);
    }
  }
  if (content.empty()) content = element("p", "class=\"soft\"", "No pictures are there yet.");
  return section("pictures", "Pictures", content + album.note());
}

}  // namespace trous::report
