#include <algorithm>
#include <utility>

#include <trous/ops/kernels/fast/windows.h>

namespace trous::kernels::fast {
namespace {

// Cuts a phase where a tap begins or ends to reach into the image.
void add_groups(const Phase& phase, std::int64_t number, std::int64_t width,
                std::vector<ColumnGroup>& groups) {
  std::vector<std::int64_t> cuts{0, phase.count};
  for (const ColumnTap& tap : phase.taps) {
    const Reach reach = reach_of(phase, tap.shift, width);
    if (reach.begin < reach.end) cuts.insert(cuts.end(), {reach.begin, reach.end});
  }
  std::sort(cuts.begin(), cuts.end());
  for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
    if (cuts[k] == cuts[k + 1]) continue;
    ColumnGroup group{number, cuts[k], cuts[k + 1] - cuts[k], {}};
    for (const ColumnTap& tap : phase.taps) {
      const Reach reach = reach_of(phase, tap.shift, width);
      if (reach.begin <= cuts[k] && cuts[k] < reach.end) group.taps.push_back(tap);
    }
    groups.push_back(std::move(group));
  }
}

WindowPlan with_groups(Gather gather) {
  WindowPlan plan{std::move(gather), {}};
  for (std::size_t q = 0; q < plan.phases.size(); ++q)
    add_groups(plan.phases[q], static_cast<std::int64_t>(q), plan.in_width, plan.columns);
  return plan;
}

}  // namespace

WindowPlan windows_forward(const ConvGeometry& g) {
  return with_groups(gather_forward(g, g.in_channels, g.in_channels * g.out_channels));
}

WindowPlan windows_transposed(const ConvGeometry& g) {
  return with_groups(gather_transposed(g, g.in_channels, g.in_channels * g.out_channels));
}

}  // namespace trous::kernels::fast
