#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <new>
#include <optional>
#include <tuple>

#include <trous/autograd/record.h>
#include <trous/cli/check_vectors.h>
#include <trous/cli/commands.h>
#include <trous/cli/tell.h>
#include <trous/cli/vectors.h>
#include <trous/core/build_info.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/reduce.h>

namespace trous::cli {
namespace {

using Json = nlohmann::ordered_json;

// What roundings leave of a claim, relative to the largest number of its tensor.
constexpr double of_float32 = 1e-5, of_float64 = 1e-10;

// A claimed value beside ours.
struct ValueCheck {
  std::optional<double> error = {};  // of the worst element, relative to the largest
  std::string fault = {};            // in words, unless it is right
};

struct Judged {
  std::string name, op;
  ValueCheck value = {};
  GradReport gradients = {};
  double tolerance = 0;
  std::string hint = {};

  Verdict verdict() const { return value.fault.empty() ? gradients.verdict() : Verdict::wrong; }
};

Tensor exact(const Tensor& x) { return is_floating(x.dtype()) ? x.cast(DType::float64) : x; }

std::vector<Tensor> all_exact(const std::vector<Tensor>& all) {
  std::vector<Tensor> result;
  for (const Tensor& x : all) result.push_back(exact(x));
  return result;
}

// Whether a = factor * b, as far as a guess needs to be sharp.
bool alike(const Tensor& a, const Tensor& b, double factor = 1) {
  if (!(a.shape() == b.shape()) || !std::isfinite(factor) || factor == 0 || !all_finite(b)) return false;
  const Tensor gap = zip(a, b, [factor](double x, double y) { return x - factor * y; });
  return largest_magnitude(gap) <= 1e-5 * largest_magnitude(a);
}

bool single(const Tensor& x) { return x.dtype() == DType::float32; }

bool claims_float32(const Vector& v) {
  return (v.value && single(*v.value)) ||
         std::any_of(v.gradients.begin(), v.gradients.end(), [&](const auto& g) { return single(g.second); });
}

bool given_float32(const Vector& v) {
  return (v.cotangent && single(*v.cotangent)) || std::any_of(v.inputs.begin(), v.inputs.end(), single);
}

class Judge {
 public:
  // Computes the value, so that a case which cannot be judged is told before any is.
  Judge(const std::string& path, const Vector& vector, double tolerance, std::uint64_t seed)
      : path_(path),
        vector_(vector),
        seed_(seed),
        inputs_(all_exact(vector.inputs)),
        value_(value()),
        result_{.name = vector.name, .op = vector.op.name} {
    const bool coarse = claims_float32(vector);
    result_.tolerance = tolerance > 0 ? tolerance : coarse ? of_float32 : of_float64;
    result_.gradients.name = vector.name;
    if (!coarse && given_float32(vector)) {
      result_.hint =
          "  The claims are float64 and were computed from float32 inputs. Were these rounded when they were "
          "written? Write them as float64 then.\n";
    }
    check_cotangent();
  }

  Judged judged() {
    if (vector_.value) result_.value = judged_value(exact(*vector_.value));
    if (!vector_.gradients.empty() && cotangent_) judge_gradients(*cotangent_);
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

  // Where the claimed value has another shape, so may its cotangent: that is no fault of the file.
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

  ValueCheck judged_value(const Tensor& claimed) const {
    if (!has_right_shape()) {
      return {INFINITY,
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

  // What the wrong value may be.
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

  // The largest sum_p |c_p df_p / dx_i| over elements i of an input, about: what its gradient would be if no
  // terms cancelled. Roundings are shares of that.
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

  // sum(cotangent * op(inputs)) as one op whose rules are the claims: what the checker takes them for.
  void judge_gradients(const Tensor& cotangent) {
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
  const Vector& vector_;
  std::uint64_t seed_;
  std::vector<Tensor> inputs_;
  Tensor value_;
  std::optional<Tensor> cotangent_;  // none if the value has a wrong shape
  Judged result_;
};

void tell(const std::vector<Judged>& all) {
  std::size_t width = 4;
  for (const Judged& one : all) width = std::max(width, one.name.size());
  const auto padded = static_cast<int>(width);
  std::cout << "  " << std::left << std::setw(padded) << "case" << std::right
            << "     value  gradients  tolerance  verdict\n";
  for (const Judged& one : all) {
    std::cout << "  " << std::left << std::setw(padded) << one.name << std::right << std::setw(10)
              << (one.value.error ? scientific(*one.value.error) : "-") << std::setw(11)
              << (one.gradients.rows.empty() ? "-" : scientific(one.gradients.error())) << std::setw(11)
              << scientific(one.tolerance) << "  " << one.verdict() << '\n';
  }
  std::cout << '\n';
}

std::string failures(const Judged& one) {
  const std::string all = one.value.fault + one.gradients.failures();
  return all.empty() ? all : all + one.hint;
}

Json json_of(const Judged& one) {
  Json gradients = Json::array();
  for (const GradCheckRow& row : one.gradients.rows) {
    gradients.push_back({{"gradient", one.gradients.input(row.input)},
                         {"verdict", name(row.verdict)},
                         {"checked", row.checked},
                         {"error", row.error},
                         {"where", row.where},
                         {"claimed", row.rule},
                         {"difference", row.difference},
                         {"why", row.why}});
  }
  return {{"event", "vector"},
          {"case", one.name},
          {"op", one.op},
          {"verdict", name(one.verdict())},
          {"value_error", one.value.error ? Json(*one.value.error) : Json()},
          {"value_fault", one.value.fault},
          {"tolerance", one.tolerance},
          {"gradients", gradients}};
}

}  // namespace

int check_vectors(const std::string& path, double tolerance, std::int64_t seed, const Voice& voice) {
  const std::vector<Vector> vectors = read_vectors(path);
  std::vector<Judge> judges;
  for (const Vector& vector : vectors)
    judges.emplace_back(path, vector, tolerance, static_cast<std::uint64_t>(seed));
  std::vector<Judged> all;
  Verdict worst = Verdict::pass;
  for (Judge& judge : judges) {
    all.push_back(judge.judged());
    worst = graver(worst, all.back().verdict());
    if (voice.json) say(voice, json_of(all.back()));
  }
  if (!voice.json) {
    if (voice.talks()) {
      std::cout << "trous " << build_info().version << "  check --vectors " << path
                << ": claims against trous' values and differences, float64\n\n";
      tell(all);
    }
    for (const Judged& one : all) std::cout << failures(one);
    const auto passed = std::count_if(all.begin(), all.end(),
                                      [](const Judged& one) { return one.verdict() == Verdict::pass; });
    std::cout << worst << "  " << passed << " of " << all.size()
              << (all.size() == 1 ? " case is right\n" : " cases are right\n");
  }
  return worst == Verdict::pass ? ok : failed;
}

}  // namespace trous::cli
