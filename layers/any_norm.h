// Normalisations that have a name, and a layer that is any of them.
#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <trous/layers/group_norm.h>
#include <trous/layers/norm.h>

namespace trous {

/// What the blocks of a network normalise by.
enum class NormKind {
  batch,     ///< BatchNorm
  group,     ///< GroupNorm
  instance,  ///< InstanceNorm
  layer      ///< LayerNorm
};

/// One of the normalisations, as a value.
class AnyNorm {
 public:
  using Layer = std::variant<BatchNorm, GroupNorm, InstanceNorm, LayerNorm>;

  template <class Norm>
  requires std::constructible_from<Layer, Norm> AnyNorm(Norm norm) : layer_(std::move(norm)) {}

  Variable operator()(const Variable& x, Pass& pass) const {
    return std::visit([&](const auto& norm) { return norm(x, pass); }, layer_);
  }
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  /// relu(norm(x)), in one op.
  Variable rectified(const Variable& x, Pass& pass) const {
    return std::visit([&](const auto& norm) { return norm.rectified(x, pass); }, layer_);
  }
  const Layer& layer() const { return layer_; }

  void visit_hidden(const std::string& path, const Visitor& visitor) {
    std::visit([&](auto& norm) { visit_parts(path, norm, visitor); }, layer_);
  }
  void visit_hidden(const std::string& path, const ConstVisitor& visitor) const {
    std::visit([&](const auto& norm) { visit_parts(path, norm, visitor); }, layer_);
  }

 private:
  Layer layer_;
};

struct NamedNorm {
  std::string_view name;
  NormKind kind;
  AnyNorm (*make)(std::int64_t channels);
};

/// The table of normalisations, from which options and error texts take the names.
std::span<const NamedNorm> named_norms();

std::string_view name(NormKind kind);

/// The layer with its defaults for so many channels. Throws ArgumentError as its constructor.
AnyNorm make_norm(NormKind kind, std::int64_t channels);

}  // namespace trous
