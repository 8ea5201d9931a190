#include <algorithm>
#include <filesystem>

#include <trous/cli/output.h>
#include <trous/cli/run_data.h>
#include <trous/cli/train_config.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/data/digest.h>
#include <trous/data/folder_files.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;
using detail::Json, detail::JsonPlace;

// The folder of the data as paths in it begin.
std::string trimmed(std::string directory) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  return directory;
}

std::string table_of(const std::string& directory) { return directory + "/classes.json"; }

std::optional<Json> json_in(const std::string& path) {
  std::error_code failure;
  if (!fs::exists(path, failure)) return std::nullopt;
  Json value = json_in_file(path, put_back);
  if (!value.is_object()) throw FileError(text(path, ": it is no JSON object. ", put_back));
  return value;
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

bool is_image(const std::string& name) {
  return name.starts_with("images/") || name.find("/images/") != std::string::npos;
}

// The images and, right behind each, its mask.
FolderDigests digests_in(const JsonPlace& environment, const std::string& directory) {
  FolderDigests digests;
  const std::vector<JsonPlace> files = environment["files"].items();
  for (std::size_t i = 0; i + 1 < files.size(); ++i) {
    const auto name = name_in(directory, files[i]["path"].string());
    if (!name || !is_image(*name)) continue;
    digests[*name] = {files[i]["sha256"].string(), files[i + 1]["sha256"].string()};
    ++i;
  }
  return digests;
}

std::optional<std::string> table_in(const JsonPlace& environment, const std::string& directory) {
  for (const JsonPlace& file : environment["files"].items())
    if (file["path"].string() == table_of(directory)) return file["sha256"].string();
  return std::nullopt;
}

}  // namespace

Json split_record(const Splits& data) {
  Json record;
  if (data.train.names.empty()) return record;
  record["train"] = data.train.names;
  record["validation"] = data.validation.names;
  record["test"] = data.test.names;
  return record;
}

std::optional<RunData> run_data(const std::string& run) {
  const std::string path = run + "/environment.json", split_path = run + "/split.json";
  const auto environment = json_in(path), config = json_in(run + "/config.json");
  const bool listed = environment && environment->contains("files") && (*environment)["files"].is_array();
  const bool named = config && config->contains("data") && (*config)["data"].is_string();
  if (!listed || !named) return std::nullopt;
  const JsonPlace files(*environment, path + ": it", put_back);
  const std::string directory = trimmed((*config)["data"].get<std::string>());
  RunData past{
      .split = std::nullopt, .digests = digests_in(files, directory), .table = table_in(files, directory)};
  if (past.digests.empty()) return std::nullopt;
  const auto record = json_in(split_path);
  if (!record && environment->contains(config_format_key))  // every run since that key has written one
    throw FileError(text(split_path, ": it is missing. ", put_back));
  if (record) {
    const JsonPlace place(*record, split_path + ": it", put_back);
    past.split = SplitNames{.train = names_in(place, "train"),
                            .validation = names_in(place, "validation"),
                            .test = names_in(place, "test")};
  }
  return past;
}

std::vector<std::string> new_images(const RunData& past, const std::string& directory) {
  const FolderFiles files = list_folder(directory);
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
  const std::string path = table_of(trimmed(directory));
  std::error_code failure;
  return past.table == (fs::exists(path, failure) ? std::optional(sha256_of_file(path)) : std::nullopt);
}

FolderDigests folder_digests(const std::string& directory) {
  const FolderFiles files = list_folder(directory);
  std::vector<FolderPair> pairs;
  for (const FolderPart& part : files.parts) pairs.insert(pairs.end(), part.pairs.begin(), part.pairs.end());
  std::vector<PairDigests> digests(pairs.size());
  parallel_for(std::ssize(pairs), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      digests[i] = {sha256_of_file(pairs[i].image), sha256_of_file(pairs[i].mask)};
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

}  // namespace trous::cli
