#include <algorithm>
#include <utility>

#include <trous/check/vectors/vector_file.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/data/safetensors.h>

namespace trous {
namespace {

// The number behind "input." or "gradient.", of one or two digits, as a writer would count.
std::optional<std::size_t> number_after(const std::string& word, const std::string& prefix) {
  if (!word.starts_with(prefix)) return {};
  const std::string digits = word.substr(prefix.size());
  const bool counts = !digits.empty() && digits.size() <= 2 && (digits.size() == 1 || digits[0] != '0') &&
                      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return counts ? std::optional<std::size_t>(std::stoul(digits)) : std::nullopt;
}

// A case as its tensors arrive.
struct Pieces {
  std::map<std::size_t, Tensor> inputs, gradients;
  std::optional<Tensor> value, cotangent;
};

void take(Pieces& pieces, const std::string& where, const std::string& part, const Tensor& tensor) {
  if (const auto i = number_after(part, "input.")) {
    pieces.inputs.emplace(*i, tensor);
  } else if (const auto g = number_after(part, "gradient.")) {
    pieces.gradients.emplace(*g, tensor);
  } else if (part == "value") {
    pieces.value = tensor;
  } else if (part == "cotangent") {
    pieces.cotangent = tensor;
  } else {
    throw FileError(
        text(where, " has a tensor ", part,
             ". It is none of input.0, input.1, ..., value, cotangent, gradient.0, gradient.1, ..."));
  }
}

// A case that was put together, and what it lacks.
class CaseCheck {
 public:
  CaseCheck(const VectorCase& vector, const std::string& where)
      : vector_(vector), where_(text(where, ", ", vector.op.name, ',')) {}

  void expect_inputs(const std::map<std::size_t, Tensor>& inputs) const {
    std::size_t next = 0;
    for (const auto& [number, tensor] : inputs) {
      if (number != next++) fail(text("has input.", number, " and no input.", next - 1, '.'));
      if (is_floating(tensor.dtype())) expect_finite(text("input.", number), tensor);
    }
    const auto [min, max] = std::pair(vector_.op.min_inputs, vector_.op.max_inputs);
    if (inputs.size() < min || inputs.size() > max) {
      fail(text("has ", inputs.size(), inputs.size() == 1 ? " input" : " inputs", ". It takes ", min,
                max > min ? text(" to ", max) : "", '.'));
    }
  }

  void expect_claims() const {
    if (vector_.gradients.empty() && !vector_.value)
      fail("has neither a value nor a gradient: there is nothing to judge.");
    if (vector_.value) expect_real("value", *vector_.value);
    if (vector_.cotangent) expect_real("cotangent", *vector_.cotangent);
    for (const auto& [number, tensor] : vector_.gradients) expect_gradient(number, tensor);
  }

 private:
  [[noreturn]] void fail(const std::string& fact) const { throw FileError(text(where_, ' ', fact)); }

  void expect_finite(const std::string& part, const Tensor& tensor) const {
    if (!all_finite(tensor)) fail(text("has numbers in ", part, " that are not finite."));
  }
  void expect_real(const std::string& part, const Tensor& tensor) const {
    if (!is_floating(tensor.dtype()))
      fail(text("has the ", part, " in ", tensor.dtype(), ". It is float32 or float64."));
    expect_finite(part, tensor);
  }

  void expect_gradient(std::size_t number, const Tensor& tensor) const {
    const std::string part = text("gradient.", number);
    if (number >= vector_.inputs.size()) fail(text("has ", part, " and no input of that number."));
    const Tensor& input = vector_.inputs[number];
    if (!is_floating(input.dtype()))
      fail(text("has ", part, " of an input that is ", input.dtype(), ". Only real numbers have one."));
    if (number >= vector_.op.constants_from)
      fail(text("has ", part, " of the class weights. They have none: the loss takes them as constants."));
    if (input.shape() != tensor.shape())
      fail(text("has ", part, " of shape ", tensor.shape(), ", its input has ", input.shape(), '.'));
    if (input.elements() == 0)
      fail(text("has ", part, " of an input without elements, ", input.shape(), ". Leave it out."));
    expect_real(part, tensor);
  }

  const VectorCase& vector_;
  std::string where_;
};

VectorCase assembled(const std::string& where, const Pieces& pieces, const SafetensorsFile& file,
                     const std::string& name) {
  const auto described = file.metadata.find(name);
  if (described == file.metadata.end()) {
    throw FileError(text(where,
                         " has tensors and no entry in __metadata__ that says the op, such as {\"op\": "
                         "\"atrous_conv2d\", \"rate\": 2}. Write one under the name of the case."));
  }
  VectorCase vector{.name = name,
                    .op = described_vector_op(described->second, where),
                    .value = pieces.value,
                    .cotangent = pieces.cotangent,
                    .gradients = pieces.gradients};
  const CaseCheck check(vector, where);
  check.expect_inputs(pieces.inputs);
  for (const auto& [number, tensor] : pieces.inputs) vector.inputs.push_back(tensor);
  check.expect_claims();
  return vector;
}

// Metadata may hold notes, such as a version, but no op without a case that is checked.
void expect_no_op(const std::string& where, const std::string& note) {
  const detail::Json json = detail::parse_json(note).value;
  if (json.is_object() && json.contains("op"))
    throw FileError(text(where, " has an entry in __metadata__ that names an op, and no tensors."));
}

}  // namespace

std::vector<VectorCase> read_vectors(const std::string& path) {
  const SafetensorsFile file = read_safetensors(path);
  std::vector<std::string> names;
  std::map<std::string, Pieces> cases;
  for (const auto& [name, tensor] : file.tensors) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string::npos || slash == 0) {
      throw FileError(text(path, ": the tensor ", name,
                           " belongs to no case. Call it <case>/input.0, <case>/value and so on."));
    }
    const std::string of = name.substr(0, slash);
    if (!cases.contains(of)) names.push_back(of);
    take(cases[of], text(path, ": ", of), name.substr(slash + 1), tensor);
  }
  for (const auto& [name, note] : file.metadata) {
    if (!cases.contains(name)) expect_no_op(text(path, ": ", name), note);
  }
  if (cases.empty()) throw FileError(text(path, ": there is no tensor in it, so nothing to judge."));
  std::vector<VectorCase> vectors;
  for (const std::string& name : names)
    vectors.push_back(assembled(text(path, ": ", name), cases.at(name), file, name));
  return vectors;
}

}  // namespace trous
