#include <algorithm>
#include <optional>

#include <trous/check/check_grad_shrinking.h>
#include <trous/core/error.h>

namespace trous {
namespace {

using Sizes = std::vector<std::int64_t>;

class Shrinking {
 public:
  Shrinking(std::string_view name, const Function& f, const InputGenerator& generator,
            const GradCheckOptions& options)
      : name_(name), f_(f), generator_(generator), options_(options) {}

  GradReport check(const Sizes& sizes) const {
    return check_grad(text(name_, " at sizes ", Shape(sizes)), f_,
                      generator_.inputs(sizes, Key{options_.seed}), options_);
  }

  // The report at these sizes if the gradient is wrong there; nothing, too, where the sizes do not go
  // together.
  std::optional<GradReport> wrong(const Sizes& sizes) const {
    try {
      GradReport report = check(sizes);
      if (report.verdict() == Verdict::wrong) return report;
    } catch (const std::exception&) {
    }
    return {};
  }

  GradReport smallest(Sizes sizes, GradReport report) const {
    for (bool smaller = true; smaller;) {
      smaller = false;
      for (std::size_t i = 0; i < sizes.size(); ++i) {
        for (const std::int64_t size : {std::int64_t{1}, sizes[i] / 2, sizes[i] - 1}) {
          if (size < 1 || size >= sizes[i]) continue;
          Sizes next = sizes;
          next[i] = size;
          if (auto found = wrong(next)) {
            sizes = next;
            report = std::move(*found);
            smaller = true;
            break;
          }
        }
      }
    }
    return report;
  }

 private:
  std::string_view name_;
  const Function& f_;
  const InputGenerator& generator_;
  const GradCheckOptions& options_;
};

}  // namespace

GradReport check_grad_shrinking(std::string_view name, const Function& f, const InputGenerator& generator,
                                const GradCheckOptions& options) {
  if (!generator.inputs || generator.sizes.empty() ||
      std::any_of(generator.sizes.begin(), generator.sizes.end(), [](std::int64_t s) { return s < 1; })) {
    throw ArgumentError(text("check_grad: ", name, ": the generator has ", generator.sizes.size(), " sizes",
                             generator.inputs ? "" : " and no function",
                             ". Give sizes of 1 or more, and a function from sizes to inputs."));
  }
  const Shrinking shrinking(name, f, generator, options);
  GradReport report = shrinking.check(generator.sizes);
  if (report.verdict() != Verdict::wrong) return report;
  return shrinking.smallest(generator.sizes, std::move(report));
}

}  // namespace trous
