// Slips, made inside a test: one rule of a recorded node, or one member of a form or a map, is replaced by
// itself and one of these steps. Nobody picked them by what finds them.
//
//   negate   -g
//   scale    2 g, and (1 + 2^-20) g, a relative error below 1e-6
//   swap     two axes exchanged as if the memory of g were read in the other order; and the rule of one
//            input used for another of its shape
//   drop     zeros
//   shift    rolled by one along an axis
#pragma once

#include <functional>
#include <op_catalogue.h>
#include <ostream>
#include <string>
#include <vector>

#include <trous/autograd/node.h>
#include <trous/core/random.h>

namespace trous::mutation {

enum class Kind { negate, scale, swap, drop, shift };

std::ostream& operator<<(std::ostream& stream, Kind kind);

/// A step that a wrong rule takes more than the right one. It is made of ops, so that it can be
/// differentiated.
struct Slip {
  Kind kind;
  std::string text;  ///< "swap of axes 0 and 2"
  std::function<Variable(const Variable&)> apply;
};

/// Those that can be made with a tensor of `shape`: no shift along an axis of one element, and no swap with
/// it.
std::vector<Slip> slips(const Shape& shape);

/// A node with one wrong rule.
struct Mutant {
  Kind kind;
  std::size_t slot;  ///< of the input whose rule is wrong
  std::string text;  ///< "conv2d, rule of input 1: negate"
  std::function<std::vector<Rule>(const std::vector<Rule>&)> rules;
};

/// All of `node`: of each rule that can run.
std::vector<Mutant> mutants_of(const Node& node);

/// The nodes under `roots` that are no leaves and have rules that can run, oldest first; none whose serial
/// number is below `oldest`. They are the same under Recording::needed and Recording::everything.
std::vector<NodePtr> ops_under(const std::vector<Variable>& roots, std::uint64_t oldest = 0);

/// Whether the rule of input `slot` runs where the inputs of `node` are as they are.
bool runs(const Node& node, std::size_t slot);

/// Whether the wrong rule gives what the right one gives, number for number, at a random cotangent and the
/// inputs that `node` has; it was recorded under Recording::everything.
bool gives_the_same(const Node& node, const Mutant& mutant, Key key);

/// The lines of which the rules of the gradient's ops are made wrong, too. Not those of composites whose
/// rules are gradients of their definitions: these record many ops, all of which have lines of their own.
std::vector<catalogue::Line> order_2_lines();

}  // namespace trous::mutation
