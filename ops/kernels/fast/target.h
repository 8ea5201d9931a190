// The instruction set that the fast kernels are dispatched to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trous::kernels::fast {

/// The names of the instruction sets that were compiled and that this processor has, the best first.
std::vector<std::string> targets();
/// The name of the instruction set in use.
std::string target();
/// Uses the instruction set `name` from now on. Returns false if it is not in targets().
bool set_target(std::string_view name);

}  // namespace trous::kernels::fast
