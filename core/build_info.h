// The build of this library, for the record of a run: a run repeats bit for bit with the same build only.
#pragma once

#include <iosfwd>
#include <string_view>

namespace trous {

/// Version, compiler, build type and commit of the library. The texts live as long as the program.
struct BuildInfo {
  std::string_view version;     ///< "0.1.0"
  std::string_view compiler;    ///< "GNU 12.2.0" or "Clang 14.0.6"
  std::string_view build_type;  ///< "Release", or "none" where no type was chosen
  /// The 40 digits of the git commit, with "-dirty" behind them where a source of the library or of the
  /// program differed from it, or "unknown" where the sources were no git checkout.
  std::string_view commit;
};

/// Returns the build of the library that runs. In a program that is linked to a shared trous, that is the
/// shared library, not the headers that the program was compiled with.
const BuildInfo& build_info();

/// The version of the library that runs: `build_info().version`.
std::string_view version();

/// One line: `trous 0.1.0 (commit 1f0c..., Release, GNU 12.2.0)`.
std::ostream& operator<<(std::ostream& stream, const BuildInfo& info);

}  // namespace trous
