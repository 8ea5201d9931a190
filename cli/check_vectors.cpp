#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>

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

struct Judged {
  std::string name, op;
  double value_error = 0;  // relative to the largest element
  bool value_right = true;
  GradReport gradients = {};
  double tolerance = 0;

  Verdict verdict() const { return value_right ? gradients.verdict() : Verdict::wrong; }
};

Tensor exact(const Tensor& x) { return is_floating(x.dtype()) ? x.cast(DType::float64) : x; }

bool has_float32(const Vector& v) {
  const auto single = [](const Tensor& x) { return x.dtype() == DType::float32; };
  return (v.value && single(*v.value)) ||
         std::any_of(v.gradients.begin(), v.gradients.end(), [&](const auto& g) { return single(g.second); });
}

class Judge {
 public:
  Judge(const std::string& path, const Vector& vector, double tolerance, std::uint64_t seed)
      : path_(path), vector_(vector), seed_(seed), result_{.name = vector.name, .op = vector.op} {
    result_.tolerance = tolerance > 0 ? tolerance : has_float32(vector) ? of_float32 : of_float64;
    result_.gradients.name = vector.name;
    for (const Tensor& input : vector.inputs) inputs_.push_back(exact(input));
  }

  Judged judged() {
    const Tensor value = ours();
    if (vector_.value) judge_value(value);
    if (!vector_.gradients.empty()) judge_gradients(cotangent(value));
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const std::string& fact) const {
    throw FileError(text(path_, ": ", vector_.name, ", ", vector_.op, ", ", fact));
  }

  Tensor ours() const {
    try {
      return vector_.call({inputs_.begin(), inputs_.end()}).value();
    } catch (const Error& error) {
      fail(text("cannot be computed: ", error.what()));
    }
  }

  void judge_value(const Tensor& value) {
    const Tensor claimed = exact(*vector_.value);
    if (!(claimed.shape() == value.shape()))
      fail(text("has a value of shape ", claimed.shape(), ", the op gives ", value.shape(), '.'));
    const Tensor gap = zip(claimed, value, [](double a, double b) { return std::abs(a - b); });
    const double size = std::max(largest_magnitude(value), 1e-300);
    result_.value_error = all_finite(claimed) ? largest_magnitude(gap) / size : INFINITY;
    result_.value_right = result_.value_error <= result_.tolerance;
  }

  Tensor cotangent(const Tensor& value) const {
    if (!vector_.cotangent) {
      if (value.elements() != 1)
        fail(text("has gradients of a value of shape ", value.shape(), " and no cotangent of that shape."));
      return Tensor::ones(value.shape(), DType::float64);
    }
    Tensor given = exact(*vector_.cotangent);
    if (!(given.shape() == value.shape()) || given.dtype() != DType::float64)
      fail(text("has a cotangent ", vector_.cotangent->dtype(), ' ', given.shape(), ", the value is float64 ",
                value.shape(), '.'));
    return given;
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
    const Function truth = product(vector_.call);
    const Function claimed = [&](const std::vector<Variable>& xs) {
      std::vector<Rule> rules;
      for (const Tensor& claim : claims)
        rules.emplace_back(Reads::nothing(), [&claim](const Vjp& v) { return Variable(claim) * v.grad(); });
      return record(
          {vector_.op}, xs,
          [&](std::span<const Tensor> in) -> Computed {
            return truth({in.begin(), in.end()}).value();
          },
          std::move(rules));
    };
    GradCheckOptions options{.tolerance = result_.tolerance,
                             .tolerance_of_largest = result_.tolerance,
                             .max_coordinates = 512,
                             .seed = seed_};
    for (const GradCandidate& slip : vector_.slips)
      options.candidates.push_back({slip.name, product(slip.function)});
    result_.gradients = check_grad(vector_.name, claimed, at, options);
    for (std::size_t k = 0; k < slots.size(); ++k)
      result_.gradients.inputs.push_back(text("gradient.", slots[k]));
  }

  const std::string& path_;
  const Vector& vector_;
  std::uint64_t seed_;
  std::vector<Tensor> inputs_;
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
              << scientific(one.value_error) << std::setw(11)
              << (one.gradients.rows.empty() ? "-" : scientific(one.gradients.error())) << std::setw(11)
              << scientific(one.tolerance) << "  " << one.verdict() << '\n';
  }
  std::cout << '\n';
}

std::string failures(const Judged& one) {
  std::string all;
  if (!one.value_right) {
    all = text("check: ", one.name, ", ", one.op, ": the value is ", scientific(one.value_error),
               " of its largest element away from trous', more than ", one.tolerance, ".\n");
  }
  return all + one.gradients.failures();
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
          {"value_error", one.value_error},
          {"tolerance", one.tolerance},
          {"gradients", gradients}};
}

}  // namespace

int check_vectors(const std::string& path, double tolerance, std::int64_t seed, const Voice& voice) {
  const std::vector<Vector> vectors = read_vectors(path);
  std::vector<Judged> all;
  Verdict worst = Verdict::pass;
  for (const Vector& vector : vectors) {
    all.push_back(Judge(path, vector, tolerance, static_cast<std::uint64_t>(seed)).judged());
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
    std::cout << worst << "  " << passed << " of " << all.size() << " cases are right\n";
  }
  return worst == Verdict::pass ? ok : failed;
}

}  // namespace trous::cli
