// The texts come from CMake. The commit stands in a file of its own, which every build looks at and writes
// where it differs: a new commit compiles that one file.
#include <ostream>

#include <trous/core/build_info.h>

namespace trous {

extern const char* const built_from_commit;  // cmake/write_commit.cmake writes its definition

const BuildInfo& build_info() {
  static const BuildInfo info{.version = TROUS_VERSION,
                              .compiler = TROUS_COMPILER,
                              .build_type = *TROUS_BUILD_TYPE ? TROUS_BUILD_TYPE : "none",
                              .commit = built_from_commit};
  return info;
}

std::string_view version() { return build_info().version; }

std::ostream& operator<<(std::ostream& stream, const BuildInfo& info) {
  return stream << "trous " << info.version << " (commit " << info.commit << ", " << info.build_type << ", "
                << info.compiler << ')';
}

}  // namespace trous
