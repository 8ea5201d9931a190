#include <filesystem>
#include <iostream>

#include <trous/cli/inputs.h>
#include <trous/cli/resume.h>
#include <trous/core/build_info.h>
#include <trous/core/error.h>
#include <trous/core/utf8.h>
#include <trous/run/environment.h>

namespace trous::cli {
namespace {

std::string last_of(const std::string& run) { return run + "/last.safetensors"; }

// Bits are promised for one build and one instruction set.
void warn_of_other_build(const std::string& run, const Environment& record) {
  const std::string now(build_info().commit), before = record.commit.empty() ? "unknown" : record.commit;
  if (now != before) {
    std::cerr << "train: the run in " << run << " was begun by commit " << before << ", this is " << now
              << ". The bits of the two may differ.\n";
  }
  if (!record.kernels.empty() && record.kernels != kernels_in_use()) {
    std::cerr << "train: the run in " << run << " was begun with the kernels " << record.kernels
              << ", these are " << kernels_in_use() << ". The bits of the two may differ.\n";
  }
}

// Whether the contents are the same. The folder may be named otherwise: from elsewhere, or because all was
// moved.
bool same_file(const FileDigest& before, const FileDigest& now) {
  const auto name = [](const std::string& path) { return std::filesystem::path(path).filename(); };
  return name(before.path) == name(escaped_bytes(now.path)) && before.bytes == now.bytes &&
         before.sha256 == now.sha256;
}

// Other data in the same place would be other batches, and the run would be no repetition of anything.
void check_same_origin(const std::string& run, const Splits& data) {
  const std::string path = run + "/environment.json";
  const Environment record = read_environment(path);
  warn_of_other_build(run, record);
  if (!record.files)
    throw FileError(text(path, ": it does not list the files of the data. Begin another run."));
  const std::vector<FileDigest>& before = *record.files;
  const std::vector<FileDigest> now = digests_of(data.files);
  const std::string remedy =
      text(" Put them back, or begin another run with --weights ", run, "/best.safetensors.");
  if (before.size() != now.size()) {
    throw FileError(text(run, ": the data had ", before.size(), " files when the run began and have ",
                         now.size(), " now.", remedy));
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (same_file(before[i], now[i])) continue;
    throw FileError(text(now[i].path, ": it is not what the run in ", run, " has read.", remedy));
  }
}

}  // namespace

bool has_state(const std::string& run) {
  std::error_code failure;
  return std::filesystem::exists(last_of(run), failure);
}

std::int64_t white_of_run(const std::string& run) {
  if (!has_state(run)) return 0;
  const std::string last = last_of(run);
  return white_for_deep_images(checkpoint_info(last, read_safetensors(last)).white);
}

std::int64_t resume(const std::string& run, const TrainConfig& config, const Splits& data,
                    const CheckpointInfo& about, Trainer& trainer) {
  TrainConfig before = read_config(run + "/config.json");
  resolve(before);
  resolve_for(before, data.train, WeightsFrom::run);
  check_same_run(run, to_json(before), to_json(config));
  check_same_origin(run, data);
  if (!has_state(run)) return 0;
  const std::string last = last_of(run);
  const SafetensorsFile file = read_safetensors(last);
  // Described anew, since networks have had fewer options.
  if (resolved_description(checkpoint_info(last, file).network) != about.network) {
    throw ArgumentError(text("train: ", config.model, " is not the network of the run in ", run,
                             " any more. Put it back, or begin another run."));
  }
  trainer.restore(last, file);
  return trainer.step();
}

}  // namespace trous::cli
