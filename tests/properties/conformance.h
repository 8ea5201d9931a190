// What docs/conformance.md is made of: each property notes with one line how far off its worst case was.
// Where the environment's TROUS_CONFORMANCE names a file, the page is written there when all tests have run
// and passed; otherwise nothing happens.
#pragma once

#include <cstdint>
#include <op_catalogue.h>
#include <properties/mutations.h>
#include <string>

namespace trous::conformance {

enum class Property {
  order_1,  ///< error relative to the largest derivative
  order_2,
  order_3,
  jvp,
  dot_test,   ///< error relative to |A x| |y|
  three_way,  ///< from here on, share of the derived bound
  additivity,
  value,            ///< on the fast kernels, whatever the instruction set
  value_reference,  ///< and on the reference ones
  kernels,          ///< gradients on one set of kernels against those on another, or loops
  float32,
  homogeneity,
  replication,
  size_one,
  batch_0,  ///< from here on, nothing but equality
  threads,
  determinism,
  unchanged
};

/// `cases` more cases of a property, the worst of them off by `error`.
void note(const catalogue::Line& line, Property property, double error, std::int64_t cases = 1);

/// Which share of what is allowed a gap is.
double share(double gap, double allowed);

enum class Fate { killed, hidden, equivalent };

/// A mutant of a rule on the line's tape, or, at order 2, on its gradient's.
void note(const catalogue::Line& line, int order, const mutation::Mutant& mutant, Fate fate);

/// That they have been looked for: of some lines there are none.
void note(const catalogue::Line& line, int order);

/// What belongs to no op alone; `what` is a line of the page.
void note(const std::string& what, double error, std::int64_t cases);

/// The part of the page that the catalogue decides, with # for whatever a run finds, ...
std::string outline();

/// ... and that part of a page, with # for what its run has found.
std::string outline_of(const std::string& page);

}  // namespace trous::conformance
