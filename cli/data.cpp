// trous data: counts the samples and classes of a data set, and draws or exports samples.
#include <iostream>
#include <limits>
#include <memory>
#include <vector>

#include <trous/cli/commands.h>
#include <trous/cli/data_files.h>
#include <trous/cli/inputs.h>
#include <trous/cli/option_pairs.h>
#include <trous/cli/output.h>
#include <trous/cli/phase.h>
#include <trous/cli/program_name.h>
#include <trous/cli/tables.h>
#include <trous/core/choices.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
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

std::vector<std::int64_t> chosen_samples(const DataCommand& c, const Dataset& split) {
  Phase choosing("data", c.style, "choosing", "samples");
  return first_samples(split, c.count, choosing.on_progress());
}

// Samples as training would see them.
void write_preview(const DataCommand& c, const Dataset& split) {
  const Augmentation augmentation = parse_augmentation(c.augment);
  const std::vector<std::int64_t> chosen = chosen_samples(c, split);
  std::vector<Sample> samples;
  Phase drawing("data", c.style, "drawing", "samples");
  for (const std::int64_t i : chosen) {
    drawing.report(std::ssize(samples), std::ssize(chosen));
    samples.push_back(augmented(fields_of(split), checked_sample(split, i), augmentation,
                                fold_in(Key{c.seed}, static_cast<std::uint64_t>(i))));
  }
  const Preview preview = preview_of(split, samples);
  write_png(c.preview, preview.picture);
  if (!c.style.prints_text()) return;
  const std::string line = text("  pictures  ", c.preview, "   (");
  std::cout << line << wrapped(preview.words + ')', static_cast<int>(line.size()), columns()) << '\n';
}

void write_export(const DataCommand& c, const Splits& data) {
  SplitIndices chosen;
  for (std::size_t k = 0; k < chosen.size(); ++k)
    chosen[k] = chosen_samples(c, split_named(data, split_names()[k]));
  try {
    Phase writing("data", c.style, "writing", "samples");
    write_data_folder(data, chosen, c.folder, writing.on_progress());
  } catch (const Interrupted& end) {
    throw Interrupted(text(end.what(), " The files in ", c.folder, " are whole, but not all are there."));
  }
  if (c.style.prints_text())
    std::cout << "  folder    " << c.folder << "   (" << shell_word(program_name()) << " train --data "
              << shell_word(c.folder) << " --out RUN)\n";
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
  const Survey facts = counted(c, data);
  if (c.style.json) {
    std::cout << detail::dump_json(detail::json_of(data_facts(data, facts))) << '\n';
  } else if (!c.style.quiet) {
    print_data(data, facts);
    print_splits(data, facts);
  }
  if (!c.preview.empty()) write_preview(c, split_named(data, c.split));
  if (!c.folder.empty()) write_export(c, data);
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
  data->add_option("--count", c->count,
                   "samples of the preview, and of each split that is exported; of labels one of each class "
                   "at least")
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
