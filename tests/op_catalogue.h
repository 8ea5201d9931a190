// The catalogue: one line per op and way to call it. Every property test runs over all lines of the kinds it
// concerns, so a new op is tested by the line it adds here; `catalogue_complete` fails until it has one.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous::catalogue {

/// What is known of an op, and so what is tested of it.
enum class Kind {
  pointwise,        ///< a function of one element, or of one element of each input
  linear,           ///< linear in all its differentiable inputs together: the dot test
  trilinear,        ///< linear in each of two inputs: the three-way identity too
  composite,        ///< a nonlinear function of many elements
  locally_constant  ///< derivative exactly zero
};

/// Where the elements of an input come from.
enum class Draw {
  real,      ///< uniform in low .. high
  off_zero,  ///< as real, but at least 1/10 away from 0, where kinks are
  apart,     ///< 1/4 and more of the mean gap between any two: no ties, so that winners stay winners
  whole,     ///< int32 in low .. high - 1
  bits       ///< uint8, 0 or 1
};

struct Input {
  Shape shape;
  Draw draw = Draw::real;
  double low = -1, high = 1;
  bool batched = true;         ///< axis 0 is a batch; false for filters and the like
  bool differentiable = true;  ///< false also for class weights; integers never are
};

/// What the result is where each batch is followed by itself once more.
enum class Doubled {
  repeats,  ///< the result of each sample, again
  stays,    ///< a mean over the batch
  adds,     ///< a sum over it: twice as much
  first,    ///< as it was, and so are the gradients of the first batch; those of the second are 0
  mixes     ///< something else, for which op_traits.cpp has a reason
};

/// With input i scaled by factor^powers[i], the result is scaled by factor^degree.
struct Scaling {
  std::vector<double> powers;
  double degree;
};

using Xs = const std::vector<Variable>&;

struct Line {
  std::string op;      ///< as it is called in ops/*.h
  std::string sample;  ///< what tells this line from others of the op
  Kind kind;
  std::vector<Input> inputs;
  std::function<Variable(Xs)> call;  ///< works at any batch
  std::optional<Shape> batch_0;      ///< the result's shape where the batch is 0, or throws_shape_error
  bool exact = true;                 ///< linear maps: the weights are integers or powers of two

  // The rest is in op_traits.cpp.
  Doubled doubled = Doubled::repeats;
  std::vector<Scaling> scalings = {};  ///< those of the kind, and others; empty: the op has no degree
  bool shift_free = false;             ///< what is added to all elements of input 0 leaves the result
  std::string rigid = {};  ///< axes that cannot have extent 1 in this call, as "0.1 1.3": input.axis

  std::string name() const { return op + "_" + sample; }
};

inline constexpr std::nullopt_t throws_shape_error = std::nullopt;

std::ostream& operator<<(std::ostream& stream, const Line& line);

/// Every line. In op_catalogue.cpp, those about order and shape in op_catalogue_order.cpp.
const std::vector<Line>& lines();

/// Writes into each line what the properties know of it beyond its kind. In op_traits.cpp.
void add_traits(std::vector<Line>& lines);

// ---- What the property tests do with a line. In properties/catalogue_tools.cpp.

/// The lines of these kinds.
std::vector<Line> lines_of(std::initializer_list<Kind> kinds);
std::vector<Line> differentiable_lines();

/// The line with every batch multiplied: by 0 for the batch of none, by many to have work for threads.
Line with_batches(Line line, std::int64_t factor);

/// The same inputs for the same line and seed, whatever `dtype` their real numbers have: float64 ones are
/// rounded to float32 first.
std::vector<Tensor> sample(const Line& line, DType dtype, std::uint64_t seed = 1);

/// Small integers in place of real numbers, so that every sum is exact in any order.
std::vector<Tensor> integer_sample(const Line& line, DType dtype, std::uint64_t seed = 1);

/// Which inputs are differentiable, in order.
std::vector<std::size_t> differentiable(const Line& line);

/// The inputs, the differentiable ones as tracked leaves, and those leaves.
struct Tracked {
  std::vector<Variable> inputs, leaves;
};
Tracked tracked(const Line& line, const std::vector<Tensor>& inputs);

/// The line at these inputs: value, and the gradients of <seed, value> in every differentiable input.
struct Evaluation {
  Tensor value;
  std::vector<Tensor> gradients;
};
Evaluation evaluate(const Line& line, const std::vector<Tensor>& inputs, std::uint64_t seed = 2);

/// For INSTANTIATE_TEST_SUITE_P, so that a failure names the line.
struct LineName {
  template <class Info>
  std::string operator()(const Info& info) const {
    return info.param.name();
  }
};

}  // namespace trous::catalogue
