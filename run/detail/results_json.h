// results.json as a value, both ways.
#pragma once

#include <trous/core/detail/json.h>
#include <trous/run/results.h>

namespace trous::detail {

/// The fields in the order of docs/run-folder.md.
Json json_of(const RunResults& results);

/// What json_of wrote, of this version or an older one. Throws FileError naming the field.
RunResults results_from(const JsonPlace& all);

}  // namespace trous::detail
