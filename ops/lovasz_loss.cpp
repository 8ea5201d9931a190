#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <trous/autograd/composite.h>
#include <trous/core/parallel.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/detail/labels.h>
#include <trous/ops/detail/region_truth.h>
#include <trous/ops/lovasz_loss.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/softmax.h>

namespace trous {
namespace {

constexpr const char* lovasz_op = "lovasz_loss";

// The counted pixels and their labels, in the order of memory.
struct CountedPixels {
  std::vector<std::int64_t> places;
  std::vector<std::int32_t> labels;
};

CountedPixels counted_pixels(const Tensor& labels, std::optional<std::int32_t> ignore_index) {
  CountedPixels counted;
  const std::span<const std::int32_t> all = labels.values<std::int32_t>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (ignore_index && all[i] == *ignore_index) continue;
    counted.places.push_back(static_cast<std::int64_t>(i));
    counted.labels.push_back(all[i]);
  }
  return counted;
}

// Calls f(k, J(k) - J(k - 1)) for the pixels k of one class in the order of their errors.
template <class F>
void for_each_rank(const std::vector<double>& errors, const std::vector<std::uint8_t>& of_class, const F& f) {
  std::vector<std::size_t> order(errors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return errors[a] > errors[b]; });
  const auto size = static_cast<double>(std::count(of_class.begin(), of_class.end(), std::uint8_t{1}));
  double mistaken = 0, beside = 0, before = 0;  // pixels of the class, others, and the Jaccard loss
  for (const std::size_t k : order) {
    (of_class[k] ? mistaken : beside) += 1;
    const double now = 1 - (size - mistaken) / (size + beside);
    f(k, now - before);
    before = now;
  }
}

// [pixels, classes]: the derivative of the loss in p, J(k) - J(k - 1) at the rank k of the pixel's error,
// negative where the pixel is of the class, over the number of classes that occur; 0 for a class that does
// not.
template <class T>
void fill_slopes(std::span<const T> p, const CountedPixels& counted, const detail::RegionTruth& truth,
                 std::span<T> slopes) {
  const std::int64_t classes = truth.present.elements();
  const std::span<const std::uint8_t> present = truth.present.values<std::uint8_t>();
  parallel_for(classes, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> errors(counted.places.size());
    std::vector<std::uint8_t> of_class(counted.places.size());
    for (std::int64_t c = begin; c < end; ++c) {
      if (!present[static_cast<std::size_t>(c)]) continue;
      const auto place = [&](std::size_t k) {
        return static_cast<std::size_t>(counted.places[k] * classes + c);
      };
      for (std::size_t k = 0; k < errors.size(); ++k) {
        of_class[k] = counted.labels[k] == c ? 1 : 0;
        const auto value = static_cast<double>(p[place(k)]);
        // A NaN is in no order with others; it has any place, and the loss is NaN.
        errors[k] = std::isnan(value) ? 2 : of_class[k] ? 1 - value : value;
      }
      for_each_rank(errors, of_class, [&](std::size_t k, double step) {
        const double share = step / static_cast<double>(truth.classes_present);
        slopes[place(k)] = static_cast<T>(of_class[k] ? -share : share);
      });
    }
  });
}

Variable lovasz_definition(const Variable& logits, const Tensor& labels,
                           std::optional<std::int32_t> ignore_index) {
  const Shape shape{labels.elements(), detail::classes_of(logits.shape())};
  const detail::RegionTruth truth = detail::region_truth(labels, shape[1], logits.dtype(), ignore_index);
  // Masked before the softmax too, so that no logit of an ignored pixel reaches a gradient.
  const Variable p = softmax(masked(reshape(logits, shape), truth.counted));
  Tensor slopes = Tensor::zeros(shape, logits.dtype());
  visit_floating(lovasz_op, logits.dtype(), [&]<class T> {
    fill_slopes<T>(p.value().values<T>(), counted_pixels(labels, ignore_index), truth,
                   slopes.mutable_values<T>());
  });
  // p - g is the error up to its sign, which is that of the slope.
  const Variable distance = where(truth.of_class, p - 1.0, p);
  return sum(distance * Variable(slopes));
}

}  // namespace

Variable lovasz_loss(const Variable& logits, const Variable& labels, const LovaszOptions& options,
                     std::string_view name) {
  detail::check_labelled(lovasz_op, logits, labels, std::nullopt, options.ignore_index);
  const std::optional<std::int32_t> ignore = options.ignore_index;
  const Attributes attributes = detail::with_ignored({}, ignore);
  return composite(
      {lovasz_op, attributes, std::string(name), Pixels::mixed()}, {logits, labels},
      [ignore](std::span<const Tensor> in) { return lovasz_definition(in[0], in[1], ignore).value(); },
      [ignore](const std::vector<Variable>& in) { return lovasz_definition(in[0], in[1].value(), ignore); },
      {{}, {nullptr, false}});
}

}  // namespace trous
