// trous data: counts the samples and classes of a data set, and draws or exports samples.
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

#include <trous/cli/commands.h>
#include <trous/cli/inputs.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/output.h>
#include <trous/cli/phase.h>
#include <trous/cli/program_name.h>
#include <trous/cli/tables.h>
#include <trous/core/choices.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>
#include <trous/run/detail/facts_json.h>

namespace trous::cli {
namespace {

struct DataCommand {
  std::string data, directory, split = "train", preview, folder, augment = "none", resize;
  std::int64_t count = 12, mask_threshold = 0;
  std::uint64_t seed = 0;
  OutputStyle style;
};

// Image and mask side by side, as training would see them.
void write_preview(const DataCommand& c, const Dataset& split) {
  const Augmentation augmentation = parse_augmentation(c.augment);
  std::vector<Sample> samples;
  const std::int64_t count = std::min(c.count, split.size);
  Phase drawing("data", c.style, "drawing", "samples");
  for (std::int64_t i = 0; i < count; ++i) {
    drawing.report(i, count);
    samples.push_back(augmented(checked_sample(split, i), augmentation,
                                fold_in(Key{c.seed}, static_cast<std::uint64_t>(i))));
  }
  write_png(c.preview, sample_panel(samples, {.columns = 3}));
}

// The numbers that a file stores for an image in 0..1; for an image read from a file, those of that file.
Tensor stored_image(const Tensor& image, std::int64_t white) {
  if (white <= 255) return image_picture(image);
  Tensor numbers = Tensor::uninitialized(image.shape(), DType::int32);
  std::int32_t* out = numbers.mutable_values<std::int32_t>().data();
  for (const float value : image.values<float>())
    *out++ = static_cast<std::int32_t>(std::lround(static_cast<double>(value) * static_cast<double>(white)));
  return numbers;
}

// Writes a folder for `trous train --data DIR`: images, masks as indexed PNG, and the names of the classes.
void write_folder(const DataCommand& c, const Splits& data) {
  namespace fs = std::filesystem;
  const auto palette = class_palette();
  std::int64_t written = 0, total = 0;
  for (const std::string_view name : split_names()) total += std::min(c.count, split_named(data, name).size);
  Phase writing("data", c.style, "writing", "samples");
  for (const std::string_view name : split_names()) {
    const Dataset& split = split_named(data, name);
    const fs::path images = fs::path(c.folder) / name / "images", masks = fs::path(c.folder) / name / "masks";
    make_folder(images.string(), "--export");
    make_folder(masks.string(), "--export");
    for (std::int64_t i = 0; i < std::min(c.count, split.size); ++i) {
      writing.report(written++, total);
      const Sample sample = checked_sample(split, i);
      write_png((images / numbered_png("", i)).string(), stored_image(sample.image, split.white));
      write_indexed_png((masks / numbered_png("", i)).string(), sample.target, palette);
    }
  }
  write_text((fs::path(c.folder) / "classes.json").string(), detail::dump_json(data.train.classes, 1) + '\n');
}

Splits read(const DataCommand& c) {
  Phase reading("data", c.style, "reading", "images");
  return open_data({.name = c.data,
                    .directory = c.directory,
                    .folder = {.mask_threshold = c.mask_threshold,
                               .resize = resize_of(c.resize),
                               .on_progress = reading.on_progress()}});
}

Survey counted(const DataCommand& c, const Splits& data) {
  Phase counting("data", c.style, "counting", "samples");
  return survey(data, counting.on_progress());
}

ExitCode run(const DataCommand& c) {
  if (!c.preview.empty()) check_file(c.preview, "--preview");
  if (!c.folder.empty()) check_new_folder(c.folder, "--export");
  heed_interrupts();
  const Splits data = read(c);
  const char* const drawn = !c.preview.empty() ? "--preview" : !c.folder.empty() ? "--export" : nullptr;
  if (drawn && data.train.target.role != Role::mask) {
    throw ArgumentError(text("data: ", drawn, " draws masks, and a sample of ", c.data, " has its ",
                             data.train.target.name, ". Leave it out."));
  }
  const Survey facts = counted(c, data);
  if (c.style.json) {
    std::cout << detail::dump_json(detail::json_of(data_facts(data, facts))) << '\n';
  } else if (!c.style.quiet) {
    print_data(data, facts);
    print_splits(data, facts);
  }
  if (!c.preview.empty()) {
    write_preview(c, split_named(data, c.split));
    if (c.style.prints_text()) std::cout << "  pictures  " << c.preview << "   (input | mask)\n";
  }
  if (!c.folder.empty()) {
    try {
      write_folder(c, data);
    } catch (const Interrupted& end) {
      throw Interrupted(text(end.what(), " The files in ", c.folder, " are whole, but not all are there."));
    }
    if (c.style.prints_text())
      std::cout << "  folder    " << c.folder << "   (" << program_name() << " train --data "
                << shell_word(c.folder) << " --out RUN)\n";
  }
  return ExitCode::ok;
}

}  // namespace

void add_data(CLI::App& app, ExitCode& code) {
  const auto c = std::make_shared<DataCommand>();
  CLI::App* const data = app.add_subcommand("data", "Checks a data set and counts its samples and classes.");
  data->add_option("DATA", c->data, data_choices())->required();
  data->add_option("--data-dir", c->directory,
                   text("where the files of ", data_sets_with_files(" or "), " are"))
      ->check(not_empty());
  data->add_option("--mask-threshold", c->mask_threshold,
                   "for a folder of grey masks: numbers from this one on are foreground; 0 reads classes")
      ->check(whole(0, 255))
      ->capture_default_str();
  data->add_option("--resize", c->resize, resize_help())->check(parsed_by(parse_resize));
  data->add_option("--preview", c->preview, "write a picture of the first samples to this file")
      ->check(not_empty());
  data->add_option("--split", c->split, text("split of the preview: ", listed(split_names())))
      ->check(one_of(split_names()))
      ->capture_default_str();
  data->add_option("--export", c->folder,
                   "write the first samples of each split into this folder, as PNG files")
      ->check(not_empty());
  data->add_option("--count", c->count, "samples of the preview, and of each split that is exported")
      ->check(whole(1, 1000000))
      ->capture_default_str();
  data->add_option("--augment", c->augment, "augmentation of the samples in the preview")
      ->check(parsed_by(parse_augmentation))
      ->capture_default_str();
  data->add_option("--seed", c->seed, "seed of the augmentation")
      ->check(whole(0, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
  add_output_style(*data, c->style);
  data->callback([c, data, &code] {
    check_pairs(GivenOptions(*data));
    code = run(*c);
  });
}

}  // namespace trous::cli
