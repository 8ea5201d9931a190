// Lists of names as the program's texts have them, made from the tables, so that a new row changes no test.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <trous/core/choices.h>
#include <trous/data/named_data_sets.h>
#include <trous/layers/from_json.h>

namespace trous {

inline std::string networks(std::string_view last = ", ") {
  const std::vector<std::string> names = network_names();
  return listed({names.begin(), names.end()}, last);
}

inline std::string data_sets() { return listed(names_in(named_data_sets()), ", "); }

}  // namespace trous
