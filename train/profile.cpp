#include <algorithm>
#include <ctime>
#include <numeric>
#include <optional>
#include <utility>

#include <trous/autograd/observe.h>
#include <trous/core/clock.h>
#include <trous/core/storage.h>
#include <trous/train/profile.h>

namespace trous {
namespace {

// The bytes of all tensors of a call. A tensor that is given twice, or that has the elements of another one
// under another shape, counts once.
std::int64_t bytes_of(const OpEvaluation& e) {
  std::vector<const Tensor*> seen;
  std::int64_t bytes = 0;
  const auto add = [&](const Tensor& tensor) {
    const auto same = [&](const Tensor* other) { return other->same_storage(tensor); };
    if (std::any_of(seen.begin(), seen.end(), same)) return;
    seen.push_back(&tensor);
    bytes += static_cast<std::int64_t>(tensor.bytes());
  };
  for (const Tensor& input : e.inputs) {
    if (input.same_storage(e.output)) return 0;  // a view: nothing moves
    add(input);
  }
  add(e.output);
  for (const Tensor& kept : e.kept) add(kept);
  return bytes;
}

// Adds an evaluation to the sums of its phase and kind.
void add_to(std::vector<OpProfile>& ops, const OpProfile& more) {
  const auto found = std::ranges::find_if(
      ops, [&](const OpProfile& op) { return op.phase == more.phase && op.kind == more.kind; });
  if (found == ops.end()) return ops.push_back(more);
  found->calls += more.calls;
  found->seconds += more.seconds;
  found->multiply_adds += more.multiply_adds;
  found->unknown_costs += more.unknown_costs;
  found->bytes += more.bytes;
}

// Adds an evaluation to the sums of its layer.
void add_to(std::vector<LayerProfile>& layers, const LayerProfile& more) {
  const auto found = std::ranges::find(layers, more.path, &LayerProfile::path);
  if (found == layers.end()) return layers.push_back(more);
  found->forward += more.forward;
  found->backward += more.backward;
  found->multiply_adds += more.multiply_adds;
  found->unknown_costs += more.unknown_costs;
}

}  // namespace

double StepProfile::total() const { return std::accumulate(seconds.begin(), seconds.end(), 0.0); }

double StepProfile::in_ops(StepPhase phase) const {
  double sum = 0;
  for (const OpProfile& op : ops) sum += op.phase == phase ? op.seconds : 0;
  return sum;
}

struct StepProfiler::State {
  StepProfile profile;             // of all finished steps
  StepProfile step;                // of the one at hand
  std::optional<StepPhase> phase;  // nothing between steps
  Clock::time_point phase_begin;
  std::clock_t processor_begin = 0;
  std::int64_t peak = 0;  // bytes, of the step at hand
  Observe scope{[this](const OpEvaluation& e) { add(e); }};

  void begin(StepPhase next);
  void end_phase();
  void end_step();
  void add(const OpEvaluation& e);
  void look_at_memory(const std::string& kind, const std::string& layer);
};

void StepProfiler::State::begin(StepPhase next) {
  if (phase && (next != StepPhase::batch || *phase == StepPhase::backward)) {
    end_phase();
  } else {
    processor_begin = std::clock();
    lower_storage_peak();
    peak = storage_peak();
    step = {.memory = {.before = peak}};
  }
  phase = next;
  phase_begin = Clock::now();
}

void StepProfiler::State::end_phase() {
  step.phase_seconds[static_cast<std::size_t>(*phase)] += seconds_since(phase_begin);
  look_at_memory({}, {});
}

// Notes a new peak: the mark has risen since the last call, so the peak lies in between.
void StepProfiler::State::look_at_memory(const std::string& kind, const std::string& layer) {
  const std::int64_t now = storage_peak();
  if (now <= peak) return;
  peak = now;
  step.memory = {step.memory.before, now - step.memory.before, *phase, kind, layer};
}

void StepProfiler::State::add(const OpEvaluation& e) {
  if (!phase) return;
  const std::optional<std::int64_t> cost = e.op.pixels.multiply_adds(Taps::inside_image);
  const std::int64_t known = cost.value_or(0), unknown = cost ? 0 : 1;
  const std::string& layer = (e.rule_of ? *e.rule_of : e.op).name;
  const bool backward = *phase == StepPhase::backward;
  add_to(step.ops, {*phase, e.op.kind, 1, e.seconds, known, unknown, bytes_of(e)});
  add_to(step.layers, {layer, backward ? 0 : e.seconds, backward ? e.seconds : 0, known, unknown});
  look_at_memory(e.op.kind, layer);
}

void StepProfiler::State::end_step() {
  if (!phase) return;
  end_phase();
  phase.reset();
  profile.processor_seconds += static_cast<double>(std::clock() - processor_begin) / CLOCKS_PER_SEC;
  profile.seconds.push_back(std::accumulate(step.phase_seconds.begin(), step.phase_seconds.end(), 0.0));
  for (std::size_t i = 0; i < step.phase_seconds.size(); ++i)
    profile.phase_seconds[i] += step.phase_seconds[i];
  for (const OpProfile& op : step.ops) add_to(profile.ops, op);
  for (const LayerProfile& layer : step.layers) add_to(profile.layers, layer);
  if (profile.seconds.size() == 1 || step.memory.added > profile.memory.added) profile.memory = step.memory;
}

StepProfiler::StepProfiler() : state_(std::make_unique<State>()) {}
StepProfiler::~StepProfiler() = default;

void StepProfiler::begin(StepPhase phase) { state_->begin(phase); }

void StepProfiler::end_step() { state_->end_step(); }

void StepProfiler::clear() {
  state_->phase.reset();
  state_->profile = {};
}

StepProfile StepProfiler::profile() const {
  StepProfile profile = state_->profile;
  std::stable_sort(profile.ops.begin(), profile.ops.end(),
                   [](const OpProfile& a, const OpProfile& b) { return a.seconds > b.seconds; });
  return profile;
}

}  // namespace trous
