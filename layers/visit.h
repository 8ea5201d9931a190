// Walking a network's parts. A layer is a plain struct with one
//
//   static void parts(auto& self, auto&& f) { f("down", self.down); f("up", self.up); }
//
// which names its parts for const and mutable networks alike. From it come listing, counting, saving,
// loading, casting and printing; there is no base class and no registration.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <trous/layers/parameter.h>

namespace trous {

/// Marks a member that its options aggregate has no default for. Options have `parts` too, which read, write
/// and print them: f("in_channels", self.in_channels, required); f("bias", self.bias);
struct Required {};
inline constexpr Required required;

/// Functions that are called at every part, with its path such as "encoder.0.filters".
template <bool is_const>
struct BasicVisitor {
  template <class T>
  using Access = std::conditional_t<is_const, const T, T>;

  std::function<void(const std::string& path, Access<Parameter>&)> parameter = nullptr;
  std::function<void(const std::string& path, Access<Buffer>&)> buffer = nullptr;
  /// Called with a layer's address before its parts; for a layer whose type is hidden before that with the
  /// address of what holds it.
  std::function<void(const std::string& path, const void* layer)> layer = nullptr;
};
using Visitor = BasicVisitor<false>;
using ConstVisitor = BasicVisitor<true>;

template <class Layer>
concept HasParts = requires(Layer& layer) {
  std::remove_const_t<Layer>::parts(layer, [](std::string_view, auto&) {});
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

/// Calls `visitor` at `part` and at everything below it. A part is a Parameter, a Buffer, something with
/// `parts` of its own, an optional or vector of these, or a layer whose type is hidden (layers/sequential.h).
template <class Part, bool is_const>
void visit_parts(const std::string& path, Part& part, const BasicVisitor<is_const>& visitor) {
  using Plain = std::remove_const_t<Part>;
  const auto below = [&path](std::string_view name) {
    return path.empty() ? std::string(name) : path + '.' + std::string(name);
  };
  if constexpr (std::same_as<Plain, Parameter>) {
    if (visitor.parameter) visitor.parameter(path, part);
  } else if constexpr (std::same_as<Plain, Buffer>) {
    if (visitor.buffer) visitor.buffer(path, part);
  } else if constexpr (is_optional<Plain>) {
    if (part) visit_parts(path, *part, visitor);
  } else if constexpr (is_vector<Plain>) {
    for (std::size_t i = 0; i < part.size(); ++i) visit_parts(below(std::to_string(i)), part[i], visitor);
  } else if constexpr (requires { part.visit_hidden(path, visitor); }) {
    part.visit_hidden(path, visitor);
  } else {
    static_assert(HasParts<Part>, "a part needs `static void parts(auto& self, auto&& f)`");
    if (visitor.layer) visitor.layer(path, &part);
    Plain::parts(part, [&](std::string_view name, auto& child) { visit_parts(below(name), child, visitor); });
  }
}

/// A part and its path.
template <class T>
struct Named {
  std::string path;
  T* part;
};

/// The parameters, and the buffers, of a const or mutable network in the order of `parts`.
template <class Net>
auto parameters(Net& net) {
  using AnyVisitor = BasicVisitor<std::is_const_v<Net>>;
  using Part = typename AnyVisitor::template Access<Parameter>;
  std::vector<Named<Part>> found;
  visit_parts({}, net, AnyVisitor{.parameter = [&](const std::string& path, Part& part) {
                found.push_back({path, &part});
              }});
  return found;
}

template <class Net>
auto buffers(Net& net) {
  using AnyVisitor = BasicVisitor<std::is_const_v<Net>>;
  using Part = typename AnyVisitor::template Access<Buffer>;
  std::vector<Named<Part>> found;
  visit_parts({}, net, AnyVisitor{.buffer = [&](const std::string& path, Part& part) {
                found.push_back({path, &part});
              }});
  return found;
}

}  // namespace trous
