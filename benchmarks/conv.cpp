// bench_conv: the conv triple over shapes.json, ours and the rivals in turns.
//
//   bench_conv [--shapes FILE] [--only TEXT] [--quick] [--threads N] [--no-rivals] [--instruction-set NAME]
//              [--out FILE] [--calibrate-only]
//
// --only takes the shapes with TEXT in their names and those of the group TEXT. --instruction-set chooses
// whose peak is the yardstick, for a program that was told to use no wider one.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>

#include <trous/benchmarks/conv_engine.h>
#include <trous/benchmarks/machine.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/ops/kernel_set.h>
#include <trous/ops/machine_peak.h>

namespace {

using namespace trous;
using namespace trous::benchmarks;
using Json = nlohmann::json;

struct Options {
  std::string shapes = "benchmarks/shapes.json", only, out, instruction_set;
  bool quick = false, rivals = true, calibrate_only = false;
  int threads = trous::threads();
};

Options read_options(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto value = [&]() -> std::string {
      if (++i == count) throw ArgumentError(text("bench_conv: ", word, " needs a value."));
      return words[i];
    };
    if (word == "--shapes") {
      options.shapes = value();
    } else if (word == "--only") {
      options.only = value();
    } else if (word == "--out") {
      options.out = value();
    } else if (word == "--instruction-set") {
      options.instruction_set = value();
    } else if (word == "--threads") {
      options.threads = std::stoi(value());
    } else if (word == "--quick") {
      options.quick = true;
    } else if (word == "--no-rivals") {
      options.rivals = false;
    } else if (word == "--calibrate-only") {
      options.calibrate_only = true;
    } else {
      throw ArgumentError(text("bench_conv: unknown option '", word, "'."));
    }
  }
  return options;
}

bool wanted(const ConvShape& shape, const Options& options) {
  if (options.only.empty()) return !options.quick || shape.in_group("quick");
  return shape.name.find(options.only) != std::string::npos || shape.in_group(options.only);
}

// A job of one engine, whatever thread that needs.
struct Entry {
  ConvEngine* engine;
  std::unique_ptr<ConvJob> job;
  double difference = 0;

  void on_its_thread(const std::function<void()>& work) const {
    if (engine->worker()) {
      engine->worker()->run(work);
    } else {
      work();
    }
  }
};

Entry make_entry(ConvEngine& engine, const ConvShape& shape, ConvPass pass, const ConvData& data) {
  Entry entry{&engine, nullptr};
  entry.on_its_thread([&] { entry.job = engine.prepare(shape, pass, data); });
  return entry;
}

Tensor run_once(const Entry& entry) {
  std::optional<Tensor> result;
  entry.on_its_thread([&] {
    entry.job->run();
    result = entry.job->result();
  });
  return *result;
}

// Runs each once and drops, with a message, whose result is not ours. Ours must be what the definition says:
// a time of a wrong answer is none.
std::vector<Entry> agreeing(std::vector<Entry> entries, const ConvShape& shape, ConvPass pass,
                            const ConvData& data, Json& refused) {
  const double bound = shape.dtype == DType::float64 ? 1e-11 : 2e-4;
  std::vector<Entry> kept;
  std::optional<Tensor> ours;
  for (Entry& entry : entries) {
    const Tensor result = run_once(entry);
    if (!ours) {
      ours = result;
      entry.difference = difference_from_definition(shape, pass, data, result);
    } else {
      entry.difference = difference(result, *ours);
    }
    if (entry.difference <= bound) {
      kept.push_back(std::move(entry));
      continue;
    }
    std::printf("%s: %s of %s is WRONG by %g: not timed\n", shape.name.c_str(), name(pass).c_str(),
                entry.engine->name().c_str(), entry.difference);
    entry.on_its_thread([&] { entry.job.reset(); });
    refused.push_back({{"engine", entry.engine->name()}, {"difference", entry.difference}});
    if (&entry == &entries.front()) return {};
  }
  return kept;
}

// Operations per second, by the median and by the best repetition.
struct Rate {
  double median, best;
  Rate(double operations, const Timing& timing)
      : median(operations / timing.median()), best(operations / timing.best()) {}
};

Json figures(const Entry& entry, const Timing& timing, const ConvShape& shape, const Rate& peak) {
  const Rate rate(shape.operations(), timing);
  const double slowest = *std::max_element(timing.seconds.begin(), timing.seconds.end());
  return {{"engine", entry.engine->name()},       {"ms", timing.median() * 1e3},
          {"best_ms", timing.best() * 1e3},       {"worst_ms", slowest * 1e3},
          {"repetitions", timing.seconds.size()}, {"calls", timing.calls},
          {"gflops", rate.median / 1e9},          {"share", rate.median / peak.median},
          {"best_share", rate.best / peak.best},  {"cpu_per_wall", timing.cpu_per_wall},
          {"algorithm", entry.job->algorithm()},  {"reorder_ms", entry.job->reorder_seconds() * 1e3},
          {"difference", entry.difference}};
}

Json run_pass(const ConvEngines& engines, const ConvShape& shape, ConvPass pass, const ConvData& data,
              const Options& options) {
  std::vector<Entry> entries;
  for (const auto& engine : engines) {
    Entry entry = make_entry(*engine, shape, pass, data);
    if (entry.job) entries.push_back(std::move(entry));
  }
  Json result{{"pass", name(pass)}, {"engines", Json::array()}, {"refused", Json::array()}};
  entries = agreeing(std::move(entries), shape, pass, data, result["refused"]);

  std::vector<Contestant> contestants;
  for (const Entry& entry : entries)
    contestants.push_back({entry.engine->name(), [&entry] { entry.job->run(); }, entry.engine->worker()});
  // The peak is measured as one of them and on our threads: what slows the machine for a while slows it too.
  const PeakBurst burst(shape.dtype);
  contestants.push_back({"peak", [&] { burst.run(); }});
  TurnOptions turns;
  if (options.quick) turns = {.repetitions = 5, .block = 0.008, .budget = 0.25, .least = 3};
  const auto timings = take_turns(contestants, turns);
  const Rate peak(burst.operations(), timings.back());
  result["peak"] = peak.median;

  std::printf("  %-15s | peak %.0f GF", name(pass).c_str(), peak.median / 1e9);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Json line = figures(entries[i], timings[i], shape, peak);
    std::printf(" | %s %.3f ms %.1f GF %.0f%% c/w %.2f", entries[i].engine->name().c_str(),
                line["ms"].get<double>(), line["gflops"].get<double>(), 100 * line["share"].get<double>(),
                line["cpu_per_wall"].get<double>());
    result["engines"].push_back(line);
  }
  std::printf("\n");
  std::fflush(stdout);
  // A job is freed where it was made.
  for (Entry& entry : entries) entry.on_its_thread([&] { entry.job.reset(); });
  return result;
}

Json describe(const ConvShape& shape) {
  return {{"name", shape.name},
          {"net", shape.net},
          {"layer", shape.layer},
          {"n", shape.n},
          {"h", shape.h},
          {"w", shape.w},
          {"in", shape.in},
          {"out", shape.out},
          {"kernel", {shape.kernel.height, shape.kernel.width}},
          {"rate", shape.rate.height},
          {"stride", shape.stride.height},
          {"channel_groups", shape.channel_groups},
          {"padding", shape.padding.top},
          {"dtype", shape.dtype == DType::float64 ? "float64" : "float32"},
          {"groups", shape.groups},
          {"operations", shape.operations()},
          {"nominal_operations", shape.nominal_operations()}};
}

ConvEngines all_engines([[maybe_unused]] Worker& worker, const Options& options) {
  ConvEngines engines = trous_engines();
  [[maybe_unused]] const auto add = [&](ConvEngines more) {
    for (auto& engine : more) engines.push_back(std::move(engine));
  };
  if (!options.rivals) return engines;
#ifdef TROUS_BENCH_TORCH
  add(torch_engines(worker, options.threads));
#endif
#ifdef TROUS_BENCH_ONEDNN
  add(onednn_engines(worker, options.threads));
#endif
#ifdef TROUS_BENCH_EIGEN
  add(eigen_engines());
#endif
  return engines;
}

// "libtorch 1.13.1 (AVX512), oneDNN 2.6.3".
std::string libraries(const ConvEngines& engines) {
  std::string list;
  for (const auto& engine : engines) {
    const std::string one = engine->library();
    if (!one.empty() && list.find(one) == std::string::npos) list += (list.empty() ? "" : ", ") + one;
  }
  return list;
}

int run(const Options& options) {
  set_threads(options.threads);
  if (options.instruction_set == "portable") {
    set_simd_target(simd_targets().back());
  } else if (!options.instruction_set.empty()) {
    set_simd_target(options.instruction_set == "AVX-512" ? "AVX3" : options.instruction_set);
  }
  std::vector<ConvShape> shapes = load_shapes(options.shapes);
  std::erase_if(shapes,
                [&](const ConvShape& shape) { return options.calibrate_only || !wanted(shape, options); });
  if (shapes.empty() && !options.calibrate_only) {
    throw ArgumentError(text("bench_conv: no shape in ", options.shapes, " has '", options.only,
                             "' in its name or is of a group of that name."));
  }
  Worker worker;
  const ConvEngines engines = all_engines(worker, options);
  const Calibration machine = calibrate(options.threads, options.quick, options.instruction_set);
  Json result{{"machine", describe_machine()}, {"quick", options.quick}, {"shapes", Json::array()}};
  result["machine"]["rivals"] = libraries(engines);
  result["calibration"].push_back(machine.figures);

  std::uint64_t seed = 1;
  for (const ConvShape& shape : shapes) {
    std::printf("%s (%s; %s)\n", shape.name.c_str(), shape.net.c_str(), shape.layer.c_str());
    const ConvData data = make_data(shape, ++seed);
    Json line = describe(shape);
    for (const ConvPass pass : conv_passes)
      line["passes"].push_back(run_pass(engines, shape, pass, data, options));
    result["shapes"].push_back(line);
    if (!options.out.empty()) write_json(options.out, result);
  }
  result["calibration"].push_back(calibrate(options.threads, true, options.instruction_set).figures);
  if (!options.out.empty()) write_json(options.out, result);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  unbind_thread();
  try {
    return run(read_options(count, words));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
