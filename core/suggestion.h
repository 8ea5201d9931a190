// What a misspelt name may have meant, for messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trous {

/// " Did you mean rate?" where one of `names` is within 2 letters of `word` or, for long names, a third of
/// their letters; nothing where none is. A letter inserted, deleted or replaced counts as 1.
std::string suggestion(std::string_view word, const std::vector<std::string>& names);

}  // namespace trous
