#include <algorithm>
#include <iostream>
#include <utility>

#include <trous/cli/interrupt.h>
#include <trous/cli/memory.h>
#include <trous/cli/phase.h>
#include <trous/cli/prediction_notes.h>
#include <trous/core/error.h>
#include <trous/train/crop.h>
#include <trous/train/mirror_averaged.h>

namespace trous::cli {

void PredictionMemory::check(const Shape& image, const TilePlan& plan) {
  const TileSpan &rows = plan.rows.front(), &columns = plan.columns.front();
  const Shape tile{1, rows.end - rows.begin, columns.end - columns.begin, image[2]};
  if (tile[1] * tile[2] <= max_whole_pixels) return;
  if (tile != tile_) forecast(tile);
  tile_ = tile;
  if (!bytes_) return;
  const std::string words = text(cuts_ ? "a tile" : "an image", " of ", tile[1], 'x', tile[2],
                                 " pixels is predicted to take ", memory_text(*bytes_));
  const std::optional<AvailableMemory> available = available_memory();
  if (available && *bytes_ > available->bytes) {
    throw ArgumentError(text("predict: ", words, ", and ", memory_text(available->bytes), " are available. ",
                             remedy(std::max(tile[1], tile[2]), available->bytes)));
  }
  if (!plan.whole() && style_.prints_text())
    std::cerr << "predict: " << plan.rows.size() * plan.columns.size() << " tiles; " << words << ".\n";
}

// A network whose memory cannot be predicted is not refused.
void PredictionMemory::forecast(const Shape& tile) {
  bytes_.reset();
  try {
    const AnyLayer net = predictor_.mirror ? AnyLayer(MirrorAveraged{predictor_.net}) : predictor_.net;
    forecast_.emplace(prediction_memory(net, tile));
    bytes_ = forecast_->at(tile).resident;
  } catch (const Error&) {
  }
}

std::string PredictionMemory::remedy(std::int64_t side, std::int64_t available) const {
  if (!cuts_) return "Take a smaller image, a narrower network, or a machine with more memory.";
  while ((side /= 2) >= 64) {
    if (forecast_->at({1, side, side, tile_[3]}).resident <= available)
      return text("Cut the image into smaller ones, with --tile ", side, '.');
  }
  return "No tile fits. Take a narrower network, or a machine with more memory.";
}

void PredictionNotes::add(const std::string& path, const Prediction& found) {
  if (found.resized && !std::exchange(resized_, true) && style_.prints_text()) {
    std::cerr << path << ": it was read with " << predictor_.resize->longest
              << " pixels on the longest side, as in the training. The " << made_
              << " has the size of the file.\n";
  }
  const bool large = tile_ > 0 && std::max(found.shape[0], found.shape[1]) > tile_;
  any_large_ = any_large_ || large;
  if (!found.plan.exact) {
    if (!std::exchange(blended_, true)) note_blended(path, found.shape);
  } else if (large && found.plan.whole()) {
    if (!std::exchange(whole_, true)) note_whole(path, found.shape);
  } else if (large && overlap_ && !raised_) {
    note_raised(path, found.shape);
  }
}

void PredictionNotes::note_blended(const std::string& path, const Shape& image) {
  std::cerr << path << ": " << note_on_tiles(tile_);
  if (const std::optional<Tiling> tiling = tiling_for(predictor_, image)) {
    std::cerr << " Tiles of " << min_exact_tile(*tiling)
              << " pixels a side give the result of the whole image.";
  }
  std::cerr << '\n';
}

void PredictionNotes::note_whole(const std::string& path, const Shape& image) {
  std::cerr << path << ": it is taken whole, since tiles of at most " << tile_ << 'x' << tile_
            << " pixels would not give the result of the whole image.";
  if (const std::optional<Tiling> tiling = tiling_for(predictor_, image))
    std::cerr << " Tiles of " << min_exact_tile(*tiling) << " pixels a side give it.";
  std::cerr << '\n';
}

void PredictionNotes::note_raised(const std::string& path, const Shape& image) {
  const std::optional<Tiling> tiling = tiling_for(predictor_, image);
  const std::int64_t needed =
      std::max(tiling->before.height + tiling->after.height, tiling->before.width + tiling->after.width);
  if (*overlap_ >= needed) return;
  raised_ = true;
  std::cerr << path << ": its tiles share " << needed << " pixels, not the " << *overlap_
            << " of --overlap, since the network's result depends on them.\n";
}

void PredictionNotes::finish() const {
  if (overlap_ && !any_large_) {
    std::cerr << "predict: --overlap changed nothing, since no image that was read has more than " << tile_
              << " pixels a side.\n";
  }
}

Prediction predict_with_notes(const PredictCommand& command, const Predictor& predictor,
                              PredictionMemory& memory, const std::string& image,
                              const std::function<PixelWriter&(const HeightWidth& size)>& open) {
  Phase predicting("predict", command.style, "predicting", "rows");
  const InterruptibleOps ops("predict", text("in ", image, ", of which nothing was written"));
  return predict_pixels(
      predictor, image,
      {.on_plan = [&](const Shape& shape, const TilePlan& plan) { memory.check(shape, plan); },
       .on_rows = predicting.on_progress(),
       .open = open});
}

void print_note(const std::string& image, const Prediction& found) {
  if (!found.note.empty()) std::cerr << image << ": " << found.note << '\n';
}

std::string smaller_tiles(std::int64_t tile) {
  return text("Predict it in smaller parts, with --tile ",
              std::max<std::int64_t>(64, (tile == 0 ? 1024 : tile) / 2), " or less.");
}

}  // namespace trous::cli
