#include <utility>

#include <trous/cli/program_name.h>
#include <trous/core/text.h>

namespace trous::cli {
namespace {

struct Named {
  std::string name = own_program;
  bool adds_names = false;
};

Named& in_use() {
  static Named program;
  return program;
}

}  // namespace

const std::string& program_name() { return in_use().name; }

void set_program_name(std::string name, bool adds_names) { in_use() = {std::move(name), adds_names}; }

std::string recorded_program() { return in_use().adds_names ? program_name() : std::string(); }

std::string hint_at_program(const std::string& wrote_it) {
  if (wrote_it.empty()) return {};
  return text(" It was made by ", wrote_it == program_name() ? "a program of this name, " : "the program ",
              wrote_it, ", which has names of its own. Give it to that one.");
}

}  // namespace trous::cli
