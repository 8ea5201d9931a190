#include <algorithm>
#include <array>

#include <trous/layers/any_norm.h>

namespace trous {
namespace {

template <class Norm>
AnyNorm of_channels(std::int64_t channels) {
  return Norm{{.channels = channels}};
}

// The only list of normalisations.
constexpr std::array norms{
    NamedNorm{"batch", NormKind::batch, of_channels<BatchNorm>},
    NamedNorm{"group", NormKind::group, of_channels<GroupNorm>},
    NamedNorm{"instance", NormKind::instance, of_channels<InstanceNorm>},
    NamedNorm{"layer", NormKind::layer, of_channels<LayerNorm>},
};

const NamedNorm& row_of(NormKind kind) {
  return *std::find_if(norms.begin(), norms.end(), [&](const NamedNorm& row) { return row.kind == kind; });
}

}  // namespace

std::span<const NamedNorm> named_norms() { return norms; }

std::string_view name(NormKind kind) { return row_of(kind).name; }

AnyNorm make_norm(NormKind kind, std::int64_t channels) { return row_of(kind).make(channels); }

}  // namespace trous
