#include <algorithm>

#include <trous/ops/kernels/fast/column_segments.h>
#include <trous/ops/kernels/fast/policy.h>

namespace trous::kernels::fast {
namespace {

std::vector<std::int64_t> cuts_of(const Phase& phase, std::int64_t width) {
  std::vector<std::int64_t> places, sharp;
  for (const ColumnTap& tap : phase.taps) {
    const Reach reach = reach_of(phase, tap.shift, width);
    if (reach.begin >= reach.end) continue;
    for (const std::int64_t place : {reach.begin, reach.end})
      (2 * (reach.end - reach.begin) < phase.count ? sharp : places).push_back(place);
  }
  places.insert(places.end(), sharp.begin(), sharp.end());
  std::sort(places.begin(), places.end());
  std::sort(sharp.begin(), sharp.end());
  std::vector<std::int64_t> cuts{0};
  for (const std::int64_t place : places) {
    const bool wide = place - cuts.back() >= policy::min_segment_columns &&
                      phase.count - place >= policy::min_segment_columns;
    const bool must = std::binary_search(sharp.begin(), sharp.end(), place);
    if (place > cuts.back() && place < phase.count && (wide || must)) cuts.push_back(place);
  }
  cuts.push_back(phase.count);
  return cuts;
}

}  // namespace

ColumnSegments column_segments(const GatherPlan& plan) {
  ColumnSegments result;
  for (std::size_t q = 0; q < plan.phases.size(); ++q) {
    const Phase& phase = plan.phases[q];
    const std::vector<std::int64_t> cuts = cuts_of(phase, plan.in_width);
    const std::int64_t first_slot = std::ssize(result.slots);
    for (const ColumnTap& tap : phase.taps) result.slots.push_back(tap.b);
    for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
      Segment segment{static_cast<std::int64_t>(q), cuts[k], cuts[k + 1] - cuts[k], {}};
      for (std::size_t t = 0; t < phase.taps.size(); ++t) {
        const std::int64_t shift = phase.taps[t].shift, slot = first_slot + static_cast<std::int64_t>(t);
        const Reach reach = reach_of(phase, shift, plan.in_width);
        if (std::max(reach.begin, cuts[k]) >= std::min(reach.end, cuts[k + 1])) continue;
        result.left = std::max(result.left, -(cuts[k] * phase.step_in + shift));
        result.right = std::max(result.right, (cuts[k + 1] - 1) * phase.step_in + shift - plan.in_width + 1);
        TapRun* const last = segment.runs.empty() ? nullptr : &segment.runs.back();
        if (last && last->slot + last->taps == slot && last->shift + last->taps == shift) {
          ++last->taps;
        } else {
          segment.runs.push_back({slot, shift, 1});
        }
      }
      result.segments.push_back(std::move(segment));
    }
  }
  return result;
}

}  // namespace trous::kernels::fast
