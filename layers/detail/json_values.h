// The values of layers' options in JSON, read and written.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/detail/json.h>
#include <trous/layers/any_norm.h>
#include <trous/layers/named_activations.h>
#include <trous/ops/window.h>

namespace trous::detail {

using Names = std::vector<std::string>;

/// The place of a value in a description, and the function that reads it, for error messages.
struct Place {
  std::string_view op;
  std::string path;  ///< empty for the description itself
};

/// Throws ArgumentError: "op: path" and the fact.
[[noreturn]] void fail(const Place& place, const std::string& fact);

/// Returns the value as text, or a shorter text if it is long.
std::string shown(const Json& value);

/// " Did you mean relu? Layers are abs, ..."
std::string choices(std::string_view word, const char* what, const Names& names);

// Each throws ArgumentError unless `given` is such a value.
void read_value(const Json& given, const Place& place, std::int64_t& result);
void read_value(const Json& given, const Place& place, double& result);
void read_value(const Json& given, const Place& place, bool& result);
void read_value(const Json& given, const Place& place, WindowPadding& result);
void read_value(const Json& given, const Place& place, Initializer& result);
void read_value(const Json& given, const Place& place, NormKind& result);
void read_value(const Json& given, const Place& place, Activation& result);
void read_pair(const Json& given, const Place& place, std::int64_t& height, std::int64_t& width);
/// Kernel, Stride, Rate: 3, or [height, width].
template <std::derived_from<PerAxis> Count>
void read_value(const Json& given, const Place& place, Count& result) {
  std::int64_t height = 0, width = 0;
  read_pair(given, place, height, width);
  result = Count(height, width);
}

// The inverse of read_value.
Json written(std::int64_t value);
Json written(double value);
Json written(bool value);
Json written(const Initializer& value);
Json written(NormKind value);
Json written(Activation value);
Json written(const PerAxis& value);
Json written(const WindowPadding& value);

}  // namespace trous::detail
