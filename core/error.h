// The kinds of error that trous throws. A message has the form `op: the fact with numbers. The evidence with
// layouts. What would work.` It is part of the contract; tests compare the whole string.
#pragma once

#include <stdexcept>

#include <trous/core/text.h>

namespace trous {

/// The base of every exception that trous throws.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Extents or ranks that do not fit.
struct ShapeError : Error {
  using Error::Error;
};

/// Element types that do not fit; nothing is promoted silently.
struct DTypeError : Error {
  using Error::Error;
};

/// A value outside its domain: rate 0, padding "FULL", probability 1.5.
struct ArgumentError : Error {
  using Error::Error;
};

/// A request that the recorded graph cannot fulfil, such as a gradient of a constant.
struct GraphError : Error {
  using Error::Error;
};

/// A file that is absent, truncated, corrupt or of another format. Names the file.
struct FileError : Error {
  using Error::Error;
};

}  // namespace trous
