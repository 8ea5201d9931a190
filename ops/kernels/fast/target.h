// The instruction set that the fast kernels are dispatched to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trous::kernels::fast {

/// Those that were generated and that this processor has, the best first.
std::vector<std::string> targets();
/// The one in use.
std::string target();
/// False if it is none of targets().
bool set_target(std::string_view name);

}  // namespace trous::kernels::fast
