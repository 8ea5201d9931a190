// What the running program is called, for texts that name its commands.
#pragma once

#include <string>

namespace trous::cli {

/// Of the program that comes with the library.
inline constexpr const char* own_program = "trous";

/// The name of this program: "trous", or that of a program that adds names of its own.
const std::string& program_name();

/// Sets it, once and before work, as main() does. `adds_names` says whether it knows more names than trous.
void set_program_name(std::string name, bool adds_names);

/// What a run and its checkpoints keep of the program: its name if it adds names of its own, else nothing.
std::string recorded_program();

/// A last sentence for an error over a file that the program `wrote_it` has made: that it may have more
/// names. Empty where none is known.
std::string hint_at_program(const std::string& wrote_it);

}  // namespace trous::cli
