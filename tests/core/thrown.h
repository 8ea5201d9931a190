// What an expression throws, as text: the texts of errors are part of the contract, so tests compare them
// whole, together with the kind.
#pragma once

#include <exception>
#include <string>

namespace trous {

/// The text of the `E` that `f` throws; otherwise a text that no error has, saying what happened instead.
template <class E, class F>
std::string thrown(F&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("(another kind) ") + error.what();
  }
  return "(nothing was thrown)";
}

}  // namespace trous
