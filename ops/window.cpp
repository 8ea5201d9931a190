#include <ostream>

#include <trous/core/error.h>
#include <trous/ops/detail/windows.h>
#include <trous/ops/window.h>

namespace trous {

std::ostream& operator<<(std::ostream& stream, const PerAxis& count) {
  stream << count.height;
  return count.height == count.width ? stream : stream << 'x' << count.width;
}

std::string_view name(Padding padding) { return padding == Padding::same ? "SAME" : "VALID"; }

ResolvedPadding WindowPadding::resolve(std::string_view op) const {
  if (const auto* named = std::get_if<Padding>(&choice_)) return *named;
  if (const auto* written = std::get_if<std::string>(&choice_)) return detail::parse_padding(op, *written);
  const auto& counts = std::get<ExplicitPadding>(choice_);
  for (const std::int64_t count : {counts.top, counts.bottom, counts.left, counts.right}) {
    if (count < 0) {
      throw ArgumentError(text(op, ": padding ", detail::padding_text(counts),
                               " has a negative count. Crop the image to take pixels away."));
    }
  }
  return counts;
}

}  // namespace trous
