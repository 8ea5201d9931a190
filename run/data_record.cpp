#include <algorithm>
#include <filesystem>

#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/digest.h>
#include <trous/data/folder_files.h>
#include <trous/data/folder_layout.h>
#include <trous/data/image.h>
#include <trous/run/data_record.h>
#include <trous/run/detail/record_text.h>
#include <trous/run/environment.h>

namespace trous {
namespace {

namespace fs = std::filesystem;
using detail::Json, detail::JsonPlace;

// The folder of the data as paths in it begin.
std::string trimmed(std::string directory) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  return directory;
}

std::vector<std::string> names_in(const JsonPlace& record, const char* split) {
  std::vector<std::string> names = record[split].strings();
  if (names.empty()) record[split].fail("without an image");
  return names;
}

// The part of a recorded path from the folder of the data on, where it lies in it.
std::optional<std::string> name_in(const std::string& directory, const std::string& path) {
  if (!path.starts_with(directory + '/')) return std::nullopt;
  return path.substr(directory.size() + 1);
}

// Whether a file of the data is the mask or the target of an image.
bool is_partner(const std::string& name) {
  const auto lies_in = [&](const std::string& folder) {
    return name.starts_with(folder) || name.find('/' + folder) != std::string::npos;
  };
  return lies_in("masks/") || lies_in("targets/");
}

// The images and, right behind each that has one, its mask or target.
FolderDigests digests_in(const std::vector<FileDigest>& files, const std::string& directory) {
  FolderDigests digests;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto name = name_in(directory, files[i].path);
    if (!name || !is_image_name(*name) || is_partner(*name)) continue;
    const auto next = i + 1 < files.size() ? name_in(directory, files[i + 1].path) : std::nullopt;
    digests[*name] = {files[i].sha256, next && is_partner(*next) ? files[i + 1].sha256 : ""};
  }
  return digests;
}

// The digests of the tables, one behind the other.
std::optional<std::string> table_in(const std::vector<FileDigest>& files, const std::string& directory) {
  std::optional<std::string> tables;
  for (const FileDigest& file : files) {
    const auto name = name_in(directory, file.path);
    if (name && !is_image_name(*name)) tables = tables.value_or("") + file.sha256;
  }
  return tables;
}

// The files of a folder of any layout.
FolderFiles listed_folder(const std::string& directory) {
  return list_folder(directory, folder_layout(trimmed(directory)));
}

bool is_there(const std::string& path) {
  std::error_code failure;
  return fs::exists(path, failure);
}

}  // namespace

std::optional<SplitNames> split_names_of(const Splits& data) {
  if (data.train.names.empty()) return std::nullopt;
  return SplitNames{.train = data.train.names, .validation = data.validation.names, .test = data.test.names};
}

std::string to_json(const SplitNames& names) {
  const Json record{{"train", names.train}, {"validation", names.validation}, {"test", names.test}};
  return detail::dump_strict_json("train", record, 1) + '\n';
}

SplitNames read_split(const std::string& path) {
  const Json record = detail::json_object_in(path);
  const JsonPlace place(record, path + ": it", detail::put_back);
  return {.train = names_in(place, "train"),
          .validation = names_in(place, "validation"),
          .test = names_in(place, "test")};
}

std::optional<RunData> run_data(const std::string& run) {
  const std::string path = run + "/environment.json", config_path = run + "/config.json",
                    split_path = run + "/split.json";
  if (!is_there(path) || !is_there(config_path)) return std::nullopt;
  const Environment environment = read_environment(path);
  const Json config = detail::json_object_in(config_path);
  if (!environment.files || !config.contains("data") || !config["data"].is_string()) return std::nullopt;
  const std::string directory = trimmed(config["data"].get<std::string>());
  RunData past{.split = std::nullopt,
               .digests = digests_in(*environment.files, directory),
               .table = table_in(*environment.files, directory)};
  if (past.digests.empty()) return std::nullopt;
  if (is_there(split_path)) {
    past.split = read_split(split_path);
  } else if (environment.config_format > 1) {  // every run since then has written one
    throw FileError(text(split_path, ": it is missing. ", detail::put_back));
  }
  return past;
}

std::vector<std::string> new_images(const RunData& past, const std::string& directory) {
  const FolderFiles files = listed_folder(directory);
  std::vector<std::string> result;
  for (const FolderPart& part : files.parts) {
    for (const FolderPair& pair : part.pairs) {
      std::string name = files.name_of(pair);
      if (!past.digests.contains(name)) result.push_back(std::move(name));
    }
  }
  return result;
}

bool has_same_table(const RunData& past, const std::string& directory) {
  std::optional<std::string> tables;
  for (const std::string& path : listed_folder(directory).tables) {
    if (is_there(path)) tables = tables.value_or("") + sha256_of_file(path);
  }
  return past.table == tables;
}

FolderDigests folder_digests(const std::string& directory, const OnProgress& on_progress) {
  const FolderFiles files = listed_folder(directory);
  std::vector<FolderPair> pairs;
  for (const FolderPart& part : files.parts) pairs.insert(pairs.end(), part.pairs.begin(), part.pairs.end());
  std::vector<PairDigests> digests(pairs.size());
  ProgressCount progress(on_progress, std::ssize(pairs));
  parallel_for(std::ssize(pairs), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      digests[i] = {sha256_of_file(pairs[i].image),
                    pairs[i].mask.empty() ? "" : sha256_of_file(pairs[i].mask)};
      progress.add_one();
    }
  });
  FolderDigests result;
  for (std::size_t i = 0; i < pairs.size(); ++i) result[files.name_of(pairs[i])] = digests[i];
  return result;
}

FolderChanges changes_since(const RunData& past, const FolderDigests& now) {
  FolderChanges changes;
  for (const auto& [name, digests] : now) {
    const auto before = past.digests.find(name);
    if (before == past.digests.end()) {
      changes.added.push_back(name);
    } else if (before->second != digests) {
      changes.changed.push_back(name);
    }
  }
  for (const auto& [name, digests] : past.digests) {
    if (!now.contains(name)) changes.gone.push_back(name);
  }
  return changes;
}

std::vector<std::string> trained_on(const RunData& past, const FolderDigests& now, const Dataset& split) {
  std::set<std::string> seen;
  for (const std::string& name : past.split ? past.split->train : std::vector<std::string>()) {
    if (const auto found = past.digests.find(name); found != past.digests.end())
      seen.insert(found->second.image);
  }
  std::vector<std::string> result;
  for (const std::string& name : split.names) {
    const auto found = now.find(name);
    if (found != now.end() && seen.contains(found->second.image)) result.push_back(name);
  }
  return result;
}

}  // namespace trous
