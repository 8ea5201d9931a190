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
// All pictures of a page, which mail programs still send. Garments and brains take a tenth of it, noisy
// photographs of 2000 x 1500 pixels half.
constexpr std::size_t max_album_bytes = 8'000'000;

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
  std::size_t left_ = max_album_bytes;
};

// How large a pixel of a picture is on the page: by / in units.
struct Scale {
  std::int64_t by = 1, in = 1;
};

std::string image(const Picture& picture, const std::string& description, const Scale& scale,
                  const char* style = "") {
  return "<img" + std::string(style) + " alt=\"" + description + "\" width=\"" +
         std::to_string(picture.width * scale.by / scale.in) + "\" height=\"" +
         std::to_string(picture.height * scale.by / scale.in) + "\" src=\"" + picture.uri + "\"/>";
}

// The scale of columns that are `width` pixels wide together. They are enlarged in half units, which a screen
// of double density shows without a blur. Columns a little wider than the page are scrolled, those of shrunk
// photographs are made to fit it.
Scale scale_of_columns(std::int64_t width) {
  if (2 * width > 3 * page_width) return {page_width, width};
  return {std::max<std::int64_t>(2, 2 * page_width / width), 2};
}

struct Shot {
  std::string caption, description;
  Picture picture;
};

std::string column(const Shot& shot, const Scale& scale) {
  return element(
      "figure", "",
      element("figcaption", "", shot.caption) +
          image(shot.picture, shot.description, scale, scale.by < scale.in ? " class=\"smooth\"" : ""));
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
         "validation images and their targets", std::move(*fixed_images)});
  }
  for (const MetricsRow& row : thinned(run.metrics, 6)) {
    if (auto labels = album.take(labels_picture(row.step))) {
      width += labels->width;
      const std::string step = "step " + grouped(row.step);
      shots.push_back({step, "predictions at " + step, std::move(*labels)});
    }
  }
  if (shots.empty()) return "";
  const Scale scale = scale_of_columns(width);
  std::string columns;
  for (const Shot& shot : shots) columns += column(shot, scale);
  return element("h3", "", "How it learned") +
         element("p", "class=\"soft\"", "The same validation images at validations from first to last.") +
         element("div", "class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"How it learned\"",
                 element("div", "class=\"shots\"", columns));
}

std::string scores_of(const RunResults& results, const std::vector<std::int64_t>& images) {
  std::string words;
  for (const std::int64_t i : images) {
    const std::optional<double> score = results.image_scores[static_cast<std::size_t>(i)];
    const auto said = results.pictures.words.find(i);
    words += (words.empty() ? "Image " : ", ") + grouped(i) + ": " +
             (said != results.pictures.words.end() ? escaped(said->second)
              : score                              ? score_text(name(results.leading), score)
                                                   : dash);
  }
  return words;
}

// A panel of input, truth, prediction and errors. Those of large images have a row of their own each.
std::string captioned(const Picture& picture, const PictureFacts& chosen, const std::string& caption,
                      const std::string& description) {
  return element("figure", chosen.worst_places.empty() ? "" : "class=\"wide\"",
                 element("figcaption", "", caption) + image(picture, description, {}, " class=\"panel\""));
}

// What stands side by side in a panel: of labels and numbers the input alone.
std::string pictured_parts(const RunResults& results) {
  return results.pictures.words.empty() ? "input, truth, prediction, errors" : "";
}

std::string panel(const RunResults& results, Album& album, const std::string& name,
                  const std::vector<std::int64_t>& images) {
  const std::optional<Picture> picture = album.take(test_picture(name));
  if (!picture) return "";
  const std::string scores = scores_of(results, images), pictured = pictured_parts(results);
  std::string title = name;
  title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return captioned(*picture, results.pictures,
                   element("h3", "", title) + element("p", "class=\"soft\"", scores),
                   title + " images" + (pictured.empty() ? "" : ": " + pictured) + ". " + scores);
}

// The worst images around their worst places, where the pictures of the whole are shrunk.
std::string worst_places(const PictureFacts& chosen, Album& album) {
  if (chosen.worst_places.empty()) return "";
  const std::optional<Picture> picture = album.take(worst_place_picture);
  if (!picture) return "";
  std::string places;
  for (std::size_t k = 0; k < chosen.worst_places.size(); ++k) {
    const PixelPlace& place = chosen.worst_places[k];
    places += (k ? "; image " : "Image ") + grouped(chosen.worst[k]) + " around row " + grouped(place.row) +
              ", column " + grouped(place.column);
  }
  places += ", at full size.";
  return captioned(*picture, chosen,
                   element("h3", "", "Where the worst are most wrong") +
                       element("p", "class=\"soft\"", places + " The frames above show these places."),
                   "Worst places: input, truth, prediction, errors. " + places);
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

std::string panels_note(const RunResults& results) {
  if (!results.pictures.words.empty()) return "The inputs, and what they were called.";
  if (!results.of_masks()) {
    return "Input, truth, prediction and four times the distance between the two; the score is the " +
           escaped(words_of_score(name(results.leading)).words) + " of each image.";
  }
  return "Input, truth, prediction and errors; the score is the mean IoU of the foreground classes in each "
         "image.";
}

std::string pictures(const RunRecord& run) {
  Album album(run);
  std::string content;
  if (run.results) content += palette(*run.results);
  content += how_it_learned(run, album);
  if (run.results) {
    const PictureFacts& chosen = run.results->pictures;
    // One after the other: the first take what room there is.
    std::string panels = panel(*run.results, album, "best", chosen.best);
    panels += panel(*run.results, album, "median", chosen.median);
    panels += panel(*run.results, album, "worst", chosen.worst);
    panels += worst_places(chosen, album);
    if (!panels.empty()) {
      content += element("h3", "", "Images of the " + escaped(run.results->split) + " split") +
                 element("p", "class=\"soft\"", panels_note(*run.results)) +
                 element("div", "class=\"panels\"", panels);
    }
  }
  if (content.empty()) content = element("p", "class=\"soft\"", "No pictures are there yet.");
  return section("pictures", "Pictures", content + album.note());
}

}  // namespace trous::report
