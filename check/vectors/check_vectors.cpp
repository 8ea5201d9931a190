#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <new>
#include <ostream>
#include <tuple>

#include <trous/autograd/record.h>
#include <trous/check/check_grad.h>
#include <trous/check/vectors/check_vectors.h>
#include <trous/check/vectors/vector_file.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

// The error that round-off may cause in a claim, relative to the largest element of its tensor.
constexpr double float32_tolerance = 1e-5, float64_tolerance = 1e-10;

Tensor exact(const Tensor& x) { return is_floating(x.dtype()) ? x.cast(DType::float64) : x; }

std::vector<Tensor> all_exact(const std::vector<Tensor>& all) {
  std::vector<Tensor> result;
  for (const Tensor& x : all) result.push_back(exact(x));
  return result;
}

// Whether a = factor * b, precisely enough for a guess.
bool alike(const Tensor& a, const Tensor& b, double factor = 1) {
  if (a.shape() != b.shape() || !std::isfinite(factor) || factor == 0 || !all_finite(b)) return false;
  const Tensor gap = zip(a, b, [factor](double x, double y) { return x - factor * y; });
  return largest_magnitude(gap) <= 1e-5 * largest_magnitude(a);
}

bool single(const Tensor& x) { return x.dtype() == DType::float32; }

bool claims_float32(const VectorCase& v) {
  return (v.value && single(*v.value)) ||
         std::any_of(v.gradients.begin(), v.gradients.end(), [&](const auto& g) { return single(g.second); });
}

bool given_float32(const VectorCase& v) {
  return (v.cotangent && single(*v.cotangent)) || std::any_of(v.inputs.begin(), v.inputs.end(), single);
}

// Checks one case.
class CaseChecker {
 public:
  // Computes the value: a case that cannot be computed throws here, before any case is checked.
  CaseChecker(const std::string& path, const VectorCase& vector, double tolerance, std::uint64_t seed)
      : path_(path),
        vector_(vector),
        seed_(seed),
        inputs_(all_exact(vector.inputs)),
        value_(value()),
        result_{.name = vector.name, .op = vector.op.name} {
    const bool coarse = claims_float32(vector);
    result_.tolerance = tolerance > 0 ? tolerance : coarse ? float32_tolerance : float64_tolerance;
    result_.gradients.name = vector.name;
    if (!coarse && given_float32(vector)) {
      result_.hint =
          "  The claims are float64 and were computed from float32 inputs. Were these rounded when they were "
          "written? Write them as float64 then.\n";
    }
    check_cotangent();
  }

  VectorResult checked() {
    if (vector_.value) result_.value = checked_value(exact(*vector_.value));
    if (!vector_.gradients.empty() && cotangent_) check_gradients(*cotangent_);
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const std::string& fact) const {
    throw FileError(text(path_, ": ", vector_.name, ", ", vector_.op.name, ", ", fact));
  }

  Tensor value() const {
    try {
      Tensor result = vector_.op.call({inputs_.begin(), inputs_.end()}).value();
      if (all_finite(result)) return result;
    } catch (const Error& error) {
      fail(text("cannot be computed: ", error.what()));
    } catch (const std::bad_alloc&) {
      fail("cannot be computed: there is not enough memory for its value.");
    }
    fail("gives numbers that are not finite at these inputs, so nothing can be compared.");
  }

  bool has_right_shape() const { return !vector_.value || vector_.value->shape() == value_.shape(); }

  // Where the claimed value has another shape, its cotangent may have that shape too, and the file is sound.
  void check_cotangent() {
    if (vector_.cotangent && vector_.cotangent->shape() == value_.shape()) {
      cotangent_ = exact(*vector_.cotangent);
    } else if (vector_.cotangent && has_right_shape()) {
      fail(text("has a cotangent of shape ", vector_.cotangent->shape(), ", the value has ", value_.shape(),
                '.'));
    } else if (!vector_.cotangent && value_.elements() == 1) {
      cotangent_ = Tensor::ones(value_.shape(), DType::float64);
    } else if (!vector_.gradients.empty() && has_right_shape()) {
      fail(text("has gradients of a value of shape ", value_.shape(), " and no cotangent of that shape."));
    }
  }

  ClaimedValue checked_value(const Tensor& claimed) const {
    if (!has_right_shape()) {
      return {std::numeric_limits<double>::infinity(),
              text("check: ", vector_.name, ", value: claimed ", claimed.shape(), ", trous ", value_.shape(),
                   ".\n  WRONG. The shapes differ, so gradients were not judged.\n")};
    }
    const double size = largest_magnitude(value_);
    std::int64_t worst = 0;
    double gap = 0;
    for (std::int64_t i = 0; i < value_.elements(); ++i) {
      const double here = std::abs(at(claimed, i) - at(value_, i));
      if (here > gap) std::tie(gap, worst) = std::pair(here, i);
    }
    const double error = gap == 0 ? 0 : gap / size;
    if (error <= result_.tolerance) return {error, {}};
    return {error, text("check: ", vector_.name, ", value, element ", position(value_.shape(), worst),
                        ": claimed ", at(claimed, worst), ", trous ", at(value_, worst), ", relative error ",
                        scientific(error), " > ", result_.tolerance, ".\n  WRONG. ", cause(claimed), '\n')};
  }

  static double at(const Tensor& x, std::int64_t i) {
    return x.values<double>()[static_cast<std::size_t>(i)];
  }

  // What the wrong claim may be: an op with an attribute forgotten, or a multiple of the right value.
  std::string cause(const Tensor& claimed) const {
    if (largest_magnitude(claimed) == 0) return "It is zero everywhere.";
    if (largest_magnitude(value_) == 0) return "trous' is zero everywhere.";
    for (const GradCandidate& slip : vector_.op.slips) {
      try {
        if (alike(claimed, slip.function({inputs_.begin(), inputs_.end()}).value()))
          return text("It is the value of: ", slip.name, '.');
      } catch (const Error&) {  // it does not go with these inputs, so it is not what happened
      }
    }
    const double factor = dot(claimed, value_) / dot(value_, value_);
    if (alike(claimed, value_, factor)) return text("It is ", factor, " times trous' everywhere.");
    const double bound = result_.tolerance * largest_magnitude(value_);
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < value_.elements(); ++i)
      wrong += !(std::abs(at(claimed, i) - at(value_, i)) <= bound);
    return text(wrong, " of ", value_.elements(), " elements of ", value_.shape(), " differ.");
  }

  // An estimate of the largest sum_p |c_p df_p / dx_i| over the elements i of an input: the gradient as it
  // would be if no terms cancelled. The round-off of a gradient is proportional to it.
  double uncancelled(std::size_t number, const Tensor& cotangent) const {
    constexpr std::int64_t probes = 64;
    const Tensor& x = inputs_[number];
    const Tensor weights = map(cotangent, [](double c) { return std::abs(c); });
    double largest = 0;
    for (std::int64_t i = 0; i < x.elements(); i += 1 + x.elements() / probes) {
      const double h = 0x1p-16 * std::max(1.0, std::abs(at(x, i)));
      const Tensor up = value_at(number, i, h), down = value_at(number, i, -h);
      const double sum = dot(weights, zip(up, down, [](double a, double b) { return std::abs(a - b); }));
      if (std::isfinite(sum)) largest = std::max(largest, sum / (2 * h));
    }
    return largest;
  }

  Tensor value_at(std::size_t number, std::int64_t element, double h) const {
    std::vector<Variable> all(inputs_.begin(), inputs_.end());
    std::vector<double> x = inputs_[number].to_vector<double>();
    x[static_cast<std::size_t>(element)] += h;
    all[number] = Tensor(inputs_[number].shape(), x);
    return vector_.op.call(all).value();
  }

  // Records sum(cotangent * op(inputs)) as one op whose rules return the claims, and gives it to check_grad.
  void check_gradients(const Tensor& cotangent) {
    std::vector<std::size_t> slots;
    std::vector<Tensor> at, claims;
    for (const auto& [number, gradient] : vector_.gradients) {
      slots.push_back(number);
      at.push_back(inputs_[number]);
      claims.push_back(exact(gradient));
    }
    const auto filled = [&](const auto& xs) {
      std::vector<Variable> all(inputs_.begin(), inputs_.end());
      for (std::size_t k = 0; k < slots.size(); ++k) all[slots[k]] = xs[k];
      return all;
    };
    const auto product = [&](const Function& call) {
      return [&filled, &cotangent, call](const std::vector<Variable>& xs) {
        return sum(call(filled(xs)) * cotangent);
      };
    };
    const Function truth = product(vector_.op.call);
    const Function claimed = [&](const std::vector<Variable>& xs) {
      std::vector<Rule> rules;
      for (const Tensor& claim : claims)
        rules.emplace_back(Reads::nothing(), [&claim](const Vjp& v) { return Variable(claim) * v.grad(); });
      return record(
          {vector_.op.name}, xs,
          [&](std::span<const Tensor> in) -> Computed {
            return truth({in.begin(), in.end()}).value();
          },
          std::move(rules));
    };
    GradCheckOptions options{.tolerance = result_.tolerance,
                             .tolerance_of_largest = result_.tolerance,
                             .max_coordinates = 512,
                             .seed = seed_};
    for (const std::size_t number : slots)
      options.negligible.push_back(result_.tolerance * uncancelled(number, cotangent));
    for (const GradCandidate& slip : vector_.op.slips)
      options.candidates.push_back({slip.name, product(slip.function)});
    result_.gradients = check_grad(vector_.name, claimed, at, options);
    for (std::size_t k = 0; k < slots.size(); ++k)
      result_.gradients.inputs.push_back(text("gradient.", slots[k]));
  }

  const std::string& path_;
  const VectorCase& vector_;
  std::uint64_t seed_;
  std::vector<Tensor> inputs_;
  Tensor value_;
  std::optional<Tensor> cotangent_;  // none if the value has a wrong shape
  VectorResult result_;
};

}  // namespace

Verdict VectorResult::verdict() const {
  return value.explanation.empty() ? gradients.verdict() : Verdict::wrong;
}

std::string VectorResult::failures() const {
  const std::string all = value.explanation + gradients.failures();
  return all.empty() ? all : all + hint;
}

Verdict VectorReport::verdict() const {
  Verdict worst = Verdict::pass;
  for (const VectorResult& one : cases) worst = more_severe(worst, one.verdict());
  return worst;
}

std::int64_t VectorReport::passed() const {
  return std::count_if(cases.begin(), cases.end(),
                       [](const VectorResult& one) { return one.verdict() == Verdict::pass; });
}

std::string VectorReport::failures() const {
  std::string all;
  for (const VectorResult& one : cases) all += one.failures();
  return all;
}

std::ostream& operator<<(std::ostream& stream, const VectorReport& report) {
  std::size_t longest = 4;
  for (const VectorResult& one : report.cases) longest = std::max(longest, one.name.size());
  const auto width = static_cast<int>(longest);
  stream << "  " << std::left << std::setw(width) << "case" << std::right
         << "     value  gradients  tolerance  verdict\n";
  for (const VectorResult& one : report.cases) {
    stream << "  " << std::left << std::setw(width) << one.name << std::right << std::setw(10)
           << (one.value.error ? scientific(*one.value.error) : "-") << std::setw(11)
           << (one.gradients.rows.empty() ? "-" : scientific(one.gradients.error())) << std::setw(11)
           << scientific(one.tolerance) << "  " << one.verdict() << '\n';
  }
  return stream;
}

VectorReport check_vectors(const std::string& path, const VectorCheckOptions& options) {
  const std::vector<VectorCase> cases = read_vectors(path);
  std::vector<CaseChecker> checkers;
  for (const VectorCase& one : cases) checkers.emplace_back(path, one, options.tolerance, options.seed);
  VectorReport report;
  for (CaseChecker& checker : checkers) {
    report.cases.push_back(checker.checked());
    if (options.on_case) options.on_case(report.cases.back());
  }
  return report;
}

}  // namespace trous
