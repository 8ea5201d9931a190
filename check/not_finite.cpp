#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <utility>

#include <trous/autograd/add.h>
#include <trous/autograd/observe.h>
#include <trous/check/not_finite.h>
#include <trous/core/error.h>

namespace trous {
namespace {

constexpr std::size_t max_inputs_listed = 4;

std::vector<double> numbers(const Tensor& tensor) { return tensor.cast(DType::float64).to_vector<double>(); }

bool is_bad(double v) { return !std::isfinite(v); }

std::int64_t count_bad(const std::vector<double>& values) {
  return std::count_if(values.begin(), values.end(), is_bad);
}

NotFinite::Read read(const Tensor& input, const Tensor& bad, std::int64_t first) {
  const std::vector<double> values = numbers(input);
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  NotFinite::Read result{input.shape(), input.dtype(), count_bad(values), none, none, {}};
  for (const double v : values) {
    if (is_bad(v)) continue;
    result.low = std::isnan(result.low) ? v : std::min(result.low, v);
    result.high = std::isnan(result.high) ? v : std::max(result.high, v);
  }
  if (input.shape() == bad.shape()) result.there = values[static_cast<std::size_t>(first)];
  return result;
}

NotFinite described(const OpEvaluation& e, NotFinite::Where where, std::size_t which, const Tensor& value) {
  const std::vector<double> values = numbers(value);
  NotFinite bad{.op = e.op,
                .rule_of = e.rule_of ? std::optional(*e.rule_of) : std::nullopt,
                .summed_after = {},
                .where = where,
                .which = static_cast<int>(which),
                .value = value,
                .first = std::find_if(values.begin(), values.end(), is_bad) - values.begin(),
                .nans = std::count_if(values.begin(), values.end(), [](double v) { return std::isnan(v); }),
                .infinities = 0,
                .reads = {}};
  bad.infinities = count_bad(values) - bad.nans;
  for (const Tensor& input : e.inputs) bad.reads.push_back(read(input, value, bad.first));
  return bad;
}

bool same_op(const Op& a, const Op& b) { return a.kind == b.kind && a.name == b.name; }

bool is_zero_at(const Tensor& tensor, std::int64_t i) {
  return is_floating(tensor.dtype()) &&
         visit(tensor.dtype(), [&]<class T> { return tensor.values<T>()[static_cast<std::size_t>(i)] == 0; });
}

// An op in whose rule a cotangent became 0, and where.
struct Mask {
  Op op;
  Shape shape;
  std::vector<bool> at;
};

// Notes which elements are 0 in the output and not 0 in an input of the same shape.
std::optional<Mask> mask(const OpEvaluation& e) {
  if (!is_floating(e.output.dtype())) return {};
  Mask result{*e.rule_of, e.output.shape(), {}};
  bool any = false;
  for (const Tensor& input : e.inputs) {
    if (input.dtype() != e.output.dtype() || input.shape() != e.output.shape()) continue;
    result.at.resize(static_cast<std::size_t>(e.output.elements()));
    visit(e.output.dtype(), [&]<class T> {
      const auto in = input.values<T>(), out = e.output.values<T>();
      for (std::size_t i = 0; i < result.at.size(); ++i) {
        if (out[i] != 0 || in[i] == 0) continue;
        result.at[i] = true;
        any = true;
      }
    });
  }
  return any ? std::optional(std::move(result)) : std::nullopt;
}

class Seen {
 public:
  std::optional<NotFinite> found;

  void operator()(const OpEvaluation& e) {
    if (found) {
      if (!found->masked_by) look_for_its_mask(e);
      return;
    }
    if (e.rule_of) {
      if (auto here = mask(e)) note(std::move(*here));
    }
    const bool sum = !e.rule_of && is_sum(e.op) && e.op.name.empty();
    judge(e);
    if (found && sum) found->summed_after = last_rule_;
    if (found && found->rule_of) look_among_masks(e);
    if (e.rule_of) {
      last_rule_ = *e.rule_of;
    } else if (!sum) {
      last_rule_.reset();
    }
  }

 private:
  // Where the cotangent was 0 already, a product with it masks nothing.
  void note(Mask made) {
    for (const Mask& earlier : masks_) {
      if (earlier.shape != made.shape) continue;
      for (std::size_t i = 0; i < made.at.size(); ++i) made.at[i] = made.at[i] && !earlier.at[i];
    }
    if (std::find(made.at.begin(), made.at.end(), true) != made.at.end()) masks_.push_back(std::move(made));
  }

  void judge(const OpEvaluation& e) {
    const auto finite = [](const Tensor& tensor) { return all_finite(tensor); };
    const bool good = all_finite(e.output);
    const auto product = std::find_if_not(e.kept.begin(), e.kept.end(), finite);
    if (good && product == e.kept.end()) return;
    const auto input = std::find_if_not(e.inputs.begin(), e.inputs.end(), finite);
    if (input != e.inputs.end()) {
      if (good) return;
      found =
          described(e, NotFinite::Where::input, static_cast<std::size_t>(input - e.inputs.begin()), *input);
    } else if (!good) {
      found = described(e, NotFinite::Where::output, 0, e.output);
    } else {
      products_.push_back(described(e, NotFinite::Where::by_product,
                                    static_cast<std::size_t>(product - e.kept.begin()), *product));
    }
    if (found) look_for_its_product();
  }

  // By-products are read as inputs, or inside the rules of their op.
  void look_for_its_product() {
    for (NotFinite& product : products_) {
      const bool is_it = found->value.same_storage(product.value);
      const bool read_inside =
          found->rule_of && (same_op(product.op, *found->rule_of) ||
                             (product.rule_of && same_op(*product.rule_of, *found->rule_of)));
      if (!is_it && (found->where == NotFinite::Where::input || !read_inside)) continue;
      found = std::move(product);
      return;
    }
  }

  // Looks for a mask in an op that reads the bad value: the op leaves the value out, or multiplies it with a
  // cotangent that a mask made 0.
  void look_for_its_mask(const OpEvaluation& e) {
    const auto is_it = [&](const Tensor& input) { return input.same_storage(found->value); };
    if (std::none_of(e.inputs.begin(), e.inputs.end(), is_it)) return;
    if (!all_finite(e.output)) {
      if (e.rule_of) look_among_masks(e);
    } else if (!e.rule_of && is_floating(e.output.dtype())) {  // one that gives places or truth hides nothing
      found->masked_by = e.op;
    }
  }

  void look_among_masks(const OpEvaluation& e) {
    const Shape& shape = found->value.shape();
    const bool times_zero = std::any_of(e.inputs.begin(), e.inputs.end(), [&](const Tensor& input) {
      return input.shape() == shape && is_zero_at(input, found->first);
    });
    if (!times_zero) return;
    const auto made = std::find_if(masks_.rbegin(), masks_.rend(), [&](const Mask& mask) {
      return mask.shape == shape && mask.at[static_cast<std::size_t>(found->first)];
    });
    if (made != masks_.rend()) found->masked_by = made->op;
  }

  std::vector<Mask> masks_;          // oldest first
  std::vector<NotFinite> products_;  // by-products that are bad, oldest first
  std::optional<Op> last_rule_;      // as long as nothing but sums came after it
};

std::string word(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "infinity" : "-infinity";
  return text(v);
}

std::string phrase(const NotFinite::Read& input) {
  std::string words = text(short_name(input.dtype), input.shape);
  if (std::isnan(input.low)) return words;
  if (input.shape.elements() == 1) return text(words, " of ", input.low);
  words += text(" within ", input.low, " .. ", input.high);
  if (input.there) words += text(", is ", word(*input.there), " there");
  return words;
}

std::string how_bad(const NotFinite& bad) {
  std::string first = word(numbers(bad.value)[static_cast<std::size_t>(bad.first)]);
  const std::int64_t count = bad.nans + bad.infinities, all = bad.value.elements();
  if (all == 1) return first;
  return text(first, " at ", position(bad.value.shape(), bad.first), ", and ", count, " of ", all,
              count == 1 ? " elements is bad" : " elements are bad");
}

std::string remedy(const NotFinite& bad) {
  const std::string& culprit = bad.rule_of ? bad.rule_of->kind : bad.op.kind;
  return text(
      ' ', *bad.masked_by,
      bad.rule_of ? " made the cotangent 0 there, and" : " keeps that out of its value, but in a gradient",
      " 0 times infinity is NaN. Give ", culprit, " an input inside its domain, as in where(mask, ", culprit,
      "(where(mask, x, 1)), 0).");
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const NotFinite& bad) {
  std::string line = text(bad.op);
  if (bad.rule_of) line += text(", in the rule of ", *bad.rule_of);
  if (bad.summed_after) line += text(", right after the rule of ", *bad.summed_after);
  const std::string type = text(short_name(bad.value.dtype()), bad.value.shape());
  if (bad.where == NotFinite::Where::input) {
    return stream << line << ": input " << bad.which << ", " << type << ", came in bad. It is "
                  << how_bad(bad) << ". No op before gave it, so look at where it comes from, not at "
                  << bad.op.kind << '.';
  }
  line += bad.where == NotFinite::Where::output ? ": the output, " : text(": by-product ", bad.which, ", ");
  line += text(type, ", is ", how_bad(bad), ", though all that it read is finite.");
  for (std::size_t i = 0; i < std::min(bad.reads.size(), max_inputs_listed); ++i)
    line += text(" Input ", i, ", ", phrase(bad.reads[i]), '.');
  if (bad.masked_by) line += remedy(bad);
  return stream << line;
}

std::optional<NotFinite> trace_not_finite(const std::function<void()>& step) {
  if (!step)
    throw ArgumentError("trace_not_finite: the step is an empty function. Give one that can be called.");
  Seen seen;
  const Observe scope(std::ref(seen));
  try {
    step();
  } catch (...) {
    if (!seen.found) throw;
  }
  return std::move(seen.found);
}

}  // namespace trous
