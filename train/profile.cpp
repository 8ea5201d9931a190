#include <algorithm>
#include <chrono>
#include <ctime>
#include <numeric>
#include <optional>
#include <utility>

#include <trous/autograd/observe.h>
#include <trous/core/storage.h>
#include <trous/ops/multiply_adds.h>
#include <trous/train/profile.h>

namespace trous {
namespace {

using Clock = std::chrono::steady_clock;

// Of all tensors of a call. One that is given twice, or is another's elements under another shape, moves
// once.
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

std::int64_t multiply_adds_of(const OpEvaluation& e) {
  std::vector<Shape> inputs;
  for (const Tensor& input : e.inputs) inputs.push_back(input.shape());
  return multiply_adds(e.op, inputs, e.output.shape(), Taps::inside_image);
}

}  // namespace

double StepProfile::total() const { return std::accumulate(seconds.begin(), seconds.end(), 0.0); }

double StepProfile::in_ops(StepPhase phase) const {
  double sum = 0;
  for (const OpProfile& op : ops) sum += op.phase == phase ? op.seconds : 0;
  return sum;
}

struct StepProfiler::State {
  StepProfile profile;
  std::optional<StepPhase> phase;  // nothing between steps
  Clock::time_point phase_begin;
  double step_seconds = 0;
  std::clock_t processor_begin = 0;
  std::int64_t before = 0, peak = 0;  // bytes, of the step at hand
  MemoryPeak memory;                  // of the step at hand
  Observe scope{[this](const OpEvaluation& e) { add(e); }};

  void begin(StepPhase next);
  void end_phase();
  void add(const OpEvaluation& e);
  void add_to_op(const OpEvaluation& e, std::int64_t multiply_adds);
  void add_to_layer(const OpEvaluation& e, std::int64_t multiply_adds);
  void look_at_memory(const std::string& kind, const std::string& layer);
};

void StepProfiler::State::begin(StepPhase next) {
  if (phase) {
    end_phase();
  } else {
    step_seconds = 0;
    processor_begin = std::clock();
    lower_storage_peak();
    before = peak = storage_peak();
    memory = {.before = before};
  }
  phase = next;
  phase_begin = Clock::now();
}

void StepProfiler::State::end_phase() {
  const double took = std::chrono::duration<double>(Clock::now() - phase_begin).count();
  profile.phase_seconds[static_cast<std::size_t>(*phase)] += took;
  step_seconds += took;
  look_at_memory({}, {});
}

// The mark has risen since the last look: in what ran since then.
void StepProfiler::State::look_at_memory(const std::string& kind, const std::string& layer) {
  const std::int64_t now = storage_peak();
  if (now <= peak) return;
  peak = now;
  memory = {before, now - before, *phase, kind, layer};
}

void StepProfiler::State::add(const OpEvaluation& e) {
  if (!phase) return;
  const std::int64_t count = multiply_adds_of(e);
  add_to_op(e, count);
  add_to_layer(e, count);
  look_at_memory(e.op.kind, (e.rule_of ? *e.rule_of : e.op).name);
}

void StepProfiler::State::add_to_op(const OpEvaluation& e, std::int64_t multiply_adds) {
  auto found = std::find_if(profile.ops.begin(), profile.ops.end(),
                            [&](const OpProfile& op) { return op.phase == *phase && op.kind == e.op.kind; });
  if (found == profile.ops.end()) found = profile.ops.insert(found, {.phase = *phase, .kind = e.op.kind});
  ++found->calls;
  found->seconds += e.seconds;
  found->multiply_adds += multiply_adds;
  found->bytes += bytes_of(e);
}

void StepProfiler::State::add_to_layer(const OpEvaluation& e, std::int64_t multiply_adds) {
  const std::string& path = (e.rule_of ? *e.rule_of : e.op).name;
  auto found = std::find_if(profile.layers.begin(), profile.layers.end(),
                            [&](const LayerProfile& layer) { return layer.path == path; });
  if (found == profile.layers.end()) found = profile.layers.insert(found, {.path = path});
  (*phase == StepPhase::backward ? found->backward : found->forward) += e.seconds;
  found->multiply_adds += multiply_adds;
}

StepProfiler::StepProfiler() : state_(std::make_unique<State>()) {}
StepProfiler::~StepProfiler() = default;

void StepProfiler::begin(StepPhase phase) { state_->begin(phase); }

void StepProfiler::end_step() {
  State& s = *state_;
  if (!s.phase) return;
  s.end_phase();
  s.phase.reset();
  s.profile.seconds.push_back(s.step_seconds);
  s.profile.processor_seconds += static_cast<double>(std::clock() - s.processor_begin) / CLOCKS_PER_SEC;
  if (s.profile.seconds.size() == 1 || s.memory.added > s.profile.memory.added) s.profile.memory = s.memory;
}

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
