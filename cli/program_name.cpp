#include <utility>

#include <trous/cli/program_name.h>
#include <trous/core/text.h>

namespace trous::cli {
namespace {

std::string& name_in_use() {
  static std::string name = own_program;
  return name;
}

}  // namespace

const std::string& program_name() { return name_in_use(); }

void set_program_name(std::string name) { name_in_use() = std::move(name); }

std::string hint_at_program(const std::string& wrote_it) {
  if (wrote_it.empty() || wrote_it == program_name()) return {};
  return text(" It was made by the program ", wrote_it,
              ", which may have names of its own. Give it to that one.");
}

}  // namespace trous::cli
