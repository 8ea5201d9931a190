// Predictions of trous predict that are lines of a table: classes, and numbers.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include <trous/cli/interrupt.h>
#include <trous/cli/phase.h>
#include <trous/cli/predict.h>
#include <trous/cli/prediction_notes.h>
#include <trous/cli/tables.h>
#include <trous/core/error.h>
#include <trous/data/csv.h>
#include <trous/data/file.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string sized(const HeightWidth& size) { return text(size.width, 'x', size.height); }

// The table that the images share. It is in memory until the last image is predicted.
class RowWork {
 public:
  RowWork(PredictCommand command, const Trained& trained)
      : command_(std::move(command)),
        size_(trained.loaded.info.image_size),
        predictor_(command_.predictor(trained)),
        memory_(command_.style, predictor_, false) {}

  std::string path() const { return (std::filesystem::path(command_.out) / "predictions.csv").string(); }

  // The numbers that the network gives for an image.
  std::vector<float> output_for(const std::string& image) {
    const std::string when = text("in ", image, ", and ", path(), " was not written");
    check_interrupt("predict", when);
    const InterruptibleOps ops("predict", when);
    Shape read;
    const WholePrediction found = [&] {
      try {
        return predict_whole(predictor_, image, [&](const Shape& shape, const TilePlan& plan) {
          read = shape;
          memory_.check(shape, plan);
        });
      } catch (const ShapeError& error) {
        refuse({read[0], read[1]}, error);
      }
    }();
    print_note(image, found.about);
    return found.output.to_vector<float>();
  }

  // Sets the headings of the columns behind the image. The first line needs them.
  void begin(const std::vector<std::string>& columns) {
    if (!table_.empty()) return;
    table_ = "image";
    add_cells(columns);
  }

  // Adds a line and prints it, as an event or in words.
  void add(const std::string& image, const std::vector<std::string>& cells, const Json& facts,
           const std::string& words) {
    table_ += csv_cell(image);
    add_cells(cells);
    Json event{{"event", "prediction"}, {"image", image}};
    event.update(facts);
    print_event(command_.style, event);
    if (command_.style.prints_text()) std::cout << image << ": " << words << std::endl;
  }

  void finish() const {
    write_text(path(), table_);
    if (command_.style.prints_text()) std::cout << path() << std::endl;
  }

  const PredictCommand& command() const { return command_; }

 private:
  void add_cells(const std::vector<std::string>& cells) {
    for (const std::string& cell : cells) {
      table_ += ',';
      table_ += csv_cell(cell);
    }
    table_ += '\n';
  }

  // Dense layers behind a Flatten take images of one size.
  [[noreturn]] void refuse(const HeightWidth& read, const ShapeError& error) const {
    if (!size_ || *size_ == read) throw error;
    throw ArgumentError(text("predict: the network does not take ", sized(read), " pixels. It learned from ",
                             "images of ", sized(*size_),
                             " (width x height). Resize or crop the image to them."));
  }

  PredictCommand command_;
  std::optional<HeightWidth> size_;
  Predictor predictor_;
  PredictionMemory memory_;
  std::string table_;
};

void predict_label(RowWork& work, const std::vector<std::string>& names, const std::string& image) {
  const std::vector<float> logits = work.output_for(image);
  const std::vector<std::string> classes = named_or_numbered(names, logits.size(), "class", 0);
  const auto likeliest =
      static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  const std::vector<double> probabilities = softmax_of(logits);
  std::vector<std::string> headings{"class", "probability"};
  std::vector<std::string> cells{classes[likeliest],
                                 float_digits(static_cast<float>(probabilities[likeliest]))};
  Json facts{{"class", classes[likeliest]}, {"probability", probabilities[likeliest]}};
  if (work.command().probabilities) {
    headings.insert(headings.end(), classes.begin(), classes.end());
    for (std::size_t c = 0; c < classes.size(); ++c) {
      cells.push_back(float_digits(static_cast<float>(probabilities[c])));
      facts["probabilities"][classes[c]] = probabilities[c];
    }
  }
  work.begin(headings);
  work.add(image, cells, facts,
           text(classes[likeliest], ", probability ", fixed(probabilities[likeliest], 4)));
}

void predict_class(RowWork& work, const std::vector<std::string>& names, const std::string& image) {
  const std::vector<float> one_hot = work.output_for(image);
  const auto index =
      static_cast<std::size_t>(std::max_element(one_hot.begin(), one_hot.end()) - one_hot.begin());
  work.begin({"class"});
  work.add(image, {names[index]}, {{"class", names[index]}}, names[index]);
}

void predict_numbers(RowWork& work, const std::vector<std::string>& names, const std::string& image) {
  const std::vector<float> numbers = work.output_for(image);
  const std::vector<std::string> headings = named_or_numbered(names, numbers.size(), "number", 1);
  std::vector<std::string> cells;
  Json facts;
  std::string words;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    cells.push_back(float_digits(numbers[i]));
    facts["numbers"][headings[i]] = numbers[i];
    words += text(i == 0 ? "" : ", ", headings[i], ' ', cells[i]);
  }
  work.begin(headings);
  work.add(image, cells, facts, words);
}

using PredictRow = void (*)(RowWork& work, const std::vector<std::string>& names, const std::string& image);

PredictionWork row_predictions(const PredictCommand& command, const Trained& trained,
                               const std::vector<std::string>& names, PredictRow predict) {
  const auto work = std::make_shared<RowWork>(command, trained);
  return {.files_of = [](const std::string&) { return std::vector<std::string>(); },
          .table = work->path(),
          .predict = [work, names, predict](const std::string& image,
                                            const std::string&) { predict(*work, names, image); },
          .finish = [work] { work->finish(); }};
}

}  // namespace

PredictionWork label_predictions(const PredictCommand& command, const Trained& trained) {
  return row_predictions(command, trained, trained.loaded.info.classes, predict_label);
}

PredictionWork class_predictions(const PredictCommand& command, const Trained& trained) {
  return row_predictions(command, trained, trained.loaded.info.classes, predict_class);
}

PredictionWork number_predictions(const PredictCommand& command, const Trained& trained) {
  return row_predictions(command, trained, trained.loaded.info.number_names, predict_numbers);
}

}  // namespace trous::cli
