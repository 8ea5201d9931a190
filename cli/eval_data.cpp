#include <algorithm>
#include <filesystem>
#include <iostream>

#include <trous/cli/eval_data.h>
#include <trous/cli/inputs.h>
#include <trous/cli/phase.h>
#include <trous/cli/tables.h>
#include <trous/core/error.h>
#include <trous/data/folder_layout.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;

// "3 images are new (the first is images/a.png)"
std::string counted(const std::vector<std::string>& names, const char* one, const char* many) {
  return text(names.size(), ' ', names.size() == 1 ? one : many, " (",
              names.size() == 1 ? "" : "the first is ", names.front(), ')');
}

void warn_of_changes(const std::string& folder, const FolderChanges& changes, bool anew) {
  if (changes.none()) return;
  std::string words;
  const auto add = [&](const std::vector<std::string>& names, const char* one, const char* many) {
    if (!names.empty()) words += (words.empty() ? "" : ", ") + counted(names, one, many);
  };
  add(changes.added, "image is new", "images are new");
  add(changes.gone, "image is gone", "images are gone");
  add(changes.changed, "image or its mask has changed", "images or their masks have changed");
  std::cerr << "eval: since the run began, in " << folder << ' ' << words << '.'
            << (anew                    ? ""
                : changes.added.empty() ? " The split is the run's."
                                        : " The split is the run's, so what is new is not scored.")
            << '\n';
}

void warn_of_depth(const EvalData& data, std::int64_t learned_with) {
  if (learned_with > 255 || data.splits.train.white <= 255) return;
  std::cerr << "eval: images of " << data.name
            << " have 16 bits, and the network learned from images of 8, as far as its checkpoint says. "
               "Their numbers are divided by "
            << data.splits.train.white << ".\n";
}

// Whether the folder is the run's: most of its images are there, under their names.
bool is_same_folder(const RunData& past, const FolderDigests& now) {
  const auto kept = std::count_if(past.digests.begin(), past.digests.end(), [&](const auto& entry) {
    const auto found = now.find(entry.first);
    return found != now.end() && found->second == entry.second;
  });
  return 2 * kept >= std::ssize(past.digests);
}

// The digests of the folder, whose files may be many gigabytes.
FolderDigests digests_now(const EvalRequest& r, const std::string& folder) {
  Phase comparing("eval", r.style, "comparing", "images");
  return folder_digests(folder, comparing.on_progress());
}

Splits opened(const EvalRequest& r, DataRequest request) {
  Phase reading("eval", r.style, "reading", "images");
  request.folder.on_progress = reading.on_progress();
  return open_data(std::move(request));
}

[[noreturn]] void nothing_to_split(const std::string& name, const char* why) {
  throw ArgumentError(text("eval: --split-anew does nothing with ", name, ": ", why, ". Leave it out."));
}

[[noreturn]] void refuse(const std::string& folder, const std::string& split,
                         const std::vector<std::string>& seen, std::int64_t size) {
  throw ArgumentError(text("eval: ", seen.size(), " of the ", size, ' ', split, " images of ", folder,
                           seen.size() == 1 ? " is one" : " are some",
                           " that the run was trained on, such as ", seen.front(),
                           ", so the score would be no test. Score images of its own, or give --split-anew "
                           "to score these all the same."));
}

// The data to score, with the options of its run but for those that were said.
DataRequest data_request(const EvalRequest& r) {
  DataRequest request = r.config ? data_of(*r.config) : DataRequest{};
  request.program = r.program;
  if (!r.data.empty() || !r.config) {
    request.name = r.data.empty() ? r.learned_from : r.data;
    request.directory = r.data_dir;
  } else if (!r.data_dir.empty()) {
    request.directory = r.data_dir;
  }
  if (request.name.empty()) {
    throw ArgumentError(
        text("eval: ", r.checkpoint, " does not say what data its network learned from. Give --data."));
  }
  if (is_built_in_data(request.name)) {
    request.folder = {};
  } else {
    request.folder.white = white_for_deep_images(r.white);
    if (r.target_white > 255) request.folder.target_white = r.target_white;
    request.folder.resize = r.resize;
  }
  if (r.mask_threshold) request.folder.mask_threshold = *r.mask_threshold;
  if (r.ignored) request.ignored = *r.ignored;
  return request;
}

// Says that the folder of a run has another table of classes, and refuses one that may be split otherwise.
void check_known(const EvalRequest& r, const std::string& folder, const RunData& past, bool split_here,
                 bool unchanged) {
  if (!has_same_table(past, folder)) {
    const bool labels = folder_layout(folder) == FolderLayout::table;
    std::cerr << "eval: " << (labels ? "labels.csv" : "classes.json") << " of " << folder
              << " is not what the run has read. "
              << (labels ? "Does it still say the same of the images?\n"
                         : "Are its classes still those that the network knows?\n");
  }
  if (past.split || !split_here || unchanged || r.split_anew) return;
  throw ArgumentError(text("eval: ", folder,
                           " has changed since the run began, and the run, of an earlier trous, does not "
                           "remember its split, so images that it was trained on might be scored. Put the "
                           "folder back, or give --split-anew to score them all the same."));
}

}  // namespace

const Dataset& EvalData::split() const { return split_named(splits, split_name); }

std::string EvalData::in_words() const {
  const bool anew = origin == SplitOrigin::anew;
  if (trained_on.empty()) return anew ? ", split anew" : "";
  return text(anew ? ", split anew: " : ": ", trained_on.size(), " of them ",
              trained_on.size() == 1 ? "was" : "were", " trained on");
}

EvalData eval_data(const EvalRequest& r) {
  const bool of_run = r.data.empty() && r.config.has_value();
  DataRequest request = data_request(r);
  EvalData result{.name = request.name, .splits = {}, .split_name = r.split, .changes = {}, .trained_on = {}};
  const bool built_in = is_built_in_data(request.name), asks_to_train = r.split == "train";
  const std::string run = fs::path(r.checkpoint).parent_path().string();
  const auto past = !built_in && r.config ? run_data(run.empty() ? "." : run) : std::nullopt;
  std::error_code failure;
  if (!past || !fs::is_directory(request.name, failure)) {
    if (r.split_anew) nothing_to_split(request.name, "the run remembers no split of it");
    const std::string& learned = r.config ? r.config->data : r.learned_from;
    result.may_be_trained_on = !built_in && !is_built_in_data(learned) && !asks_to_train;
    result.splits = opened(r, std::move(request));
    warn_of_depth(result, r.white);
    return result;
  }
  const FolderDigests now = digests_now(r, request.name);
  const bool same_folder = of_run || is_same_folder(*past, now),
             split_here = ready_made_splits(request.name).empty();
  if (same_folder) result.changes = changes_since(*past, now);
  const bool unchanged = result.changes && result.changes->none();
  const bool anew = r.split_anew && (split_here || (same_folder && !unchanged));
  result.origin = anew                         ? SplitOrigin::anew
                  : same_folder && past->split ? SplitOrigin::run
                                               : SplitOrigin::folder;
  if (same_folder) {
    check_known(r, request.name, *past, split_here, unchanged);
    warn_of_changes(request.name, *result.changes, anew);
    if (!anew) {
      request.folder.split = past->split;
      request.folder.stratified = past->split.has_value();
    }
  }
  result.splits = opened(r, std::move(request));
  warn_of_depth(result, r.white);
  // An earlier trous wrote down no split, and an unchanged folder splits as it did.
  result.may_be_trained_on = !past->split && !asks_to_train && !unchanged;
  if (!asks_to_train) result.trained_on = trained_on(*past, now, result.split());
  if (r.split_anew && !anew && result.trained_on.empty())
    nothing_to_split(result.name, "it has splits of its own");
  if (!result.trained_on.empty() && !r.split_anew)
    refuse(result.name, r.split, result.trained_on, result.split().size);
  return result;
}

}  // namespace trous::cli
