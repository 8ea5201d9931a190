// The instruction set that the fast kernels are dispatched to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trous::kernels::fast {

std::vector<std::string> targets();
std::string target();
/// False if it is none of targets().
bool set_target(std::string_view name);

}  // namespace trous::kernels::fast
