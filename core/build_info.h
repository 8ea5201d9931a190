// What this library was built from, for the record of a run: a run repeats bit for bit with the same build
// only.
#pragma once

#include <iosfwd>
#include <string_view>

namespace trous {

/// The texts live as long as the program.
struct BuildInfo {
  std::string_view version;     ///< "0.1.0"
  std::string_view compiler;    ///< "GNU 12.2.0" or "Clang 14.0.6"
  std::string_view build_type;  ///< "Release", or "none" where no type was chosen
  /// The 40 digits of the git commit, with "-dirty" behind them where a source of the library or of the
  /// program differed from it, or "unknown" where the sources were no git checkout.
  std::string_view commit;
};

/// What the library that runs was built from. A program that is linked to a shared trous is told of that one.
const BuildInfo& build_info();

/// The version of the library that runs: `build_info().version`.
std::string_view version();

/// One line: `trous 0.1.0 (commit 1f0c..., Release, GNU 12.2.0)`.
std::ostream& operator<<(std::ostream& stream, const BuildInfo& info);

}  // namespace trous
