// Layers in sequence, whose types are known only where the list is written.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <trous/layers/pass.h>

namespace trous {

/// The values that a layer is a function of: one, two, or as many as are given. A layer of any number may
/// have a member `takes(count)` that allows some.
template <class Layer>
concept TakesOne =
    std::invocable<const Layer&, const Variable&, Pass&> || std::invocable<const Layer&, const Variable&>;
template <class Layer>
concept TakesTwo = std::invocable<const Layer&, const Variable&, const Variable&, Pass&> ||
    std::invocable<const Layer&, const Variable&, const Variable&>;
template <class Layer>
concept SaysCount = requires(const Layer& layer, std::size_t count) {
  { layer.takes(count) } -> std::same_as<bool>;
};
// A generic function of one value is not asked whether it is one of many: it may not compile with them.
template <class Layer>
concept TakesMany = SaysCount<Layer> ||(!TakesOne<Layer> && !TakesTwo<Layer> &&
                                        (std::invocable<const Layer&, std::span<const Variable>, Pass&> ||
                                         std::invocable<const Layer&, std::span<const Variable>>));
template <class Layer>
concept IsLayer = TakesOne<Layer> || TakesTwo<Layer> || TakesMany<Layer>;

/// Any layer, or any function of Variables, as a value: copying copies the layer. Errors in it begin with its
/// path, if the pass knows it.
class AnyLayer {
 public:
  template <class Layer>
  requires(!std::same_as<std::remove_cvref_t<Layer>, AnyLayer> && IsLayer<Layer>) AnyLayer(Layer layer)
      : held_(std::make_unique<Held<Layer>>(std::move(layer))) {}
  AnyLayer(const AnyLayer& other) : held_(other.held_->clone()) {}
  AnyLayer(AnyLayer&&) noexcept = default;
  AnyLayer& operator=(AnyLayer other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }
  ~AnyLayer() = default;

  Variable operator()(const Variable& x, Pass& pass) const { return (*this)(std::span(&x, 1), pass); }
  /// Throws ArgumentError unless the layer takes as many values.
  Variable operator()(std::span<const Variable> inputs, Pass& pass) const { return held_->run(inputs, pass); }

  /// Whether the layer takes `count` values.
  bool takes(std::size_t count) const { return held_->takes(count); }
  /// How many values the layer takes, in words: "1 value", "1 or 2 values", "2 values or more".
  std::string takes_in_words() const;

  void visit_hidden(const std::string& path, const Visitor& visitor) { held_->visit(path, visitor); }
  void visit_hidden(const std::string& path, const ConstVisitor& visitor) const {
    std::as_const(*held_).visit(path, visitor);
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::unique_ptr<Interface> clone() const = 0;
    virtual Variable run(std::span<const Variable> inputs, Pass& pass) const = 0;
    virtual bool takes(std::size_t count) const = 0;
    virtual void visit(const std::string& path, const Visitor& visitor) = 0;
    virtual void visit(const std::string& path, const ConstVisitor& visitor) const = 0;
  };

  static std::string in_words(const Interface& held);
  [[noreturn]] static void refuse_inputs(std::size_t count, const Interface& held);

  template <class Layer>
  struct Held final : Interface {
    explicit Held(Layer l) : layer(std::move(l)) {}
    std::unique_ptr<Interface> clone() const override { return std::make_unique<Held>(layer); }
    Variable run(std::span<const Variable> inputs, Pass& pass) const override {
      return pass.under(this, [&](std::string_view) { return call(inputs, pass); });
    }
    bool takes(std::size_t count) const override {
      if constexpr (SaysCount<Layer>) {
        return layer.takes(count);
      } else {
        return (TakesMany<Layer> && count > 0) || (TakesTwo<Layer> && count == 2) ||
               (TakesOne<Layer> && count == 1);
      }
    }
    void visit(const std::string& path, const Visitor& visitor) override {
      if constexpr (HasParts<Layer>) visit_parts(path, layer, visitor);
    }
    // A layer and its first part have one address, so the pass knows the layer by that of what holds it.
    void visit(const std::string& path, const ConstVisitor& visitor) const override {
      if (visitor.layer) visitor.layer(path, this);
      if constexpr (HasParts<Layer>) visit_parts(path, layer, visitor);
    }

    Variable call(std::span<const Variable> inputs, Pass& pass) const {
      if constexpr (TakesTwo<Layer>) {
        if (inputs.size() == 2) return invoke(pass, inputs[0], inputs[1]);
      }
      if constexpr (TakesOne<Layer>) {
        if (inputs.size() == 1) return invoke(pass, inputs[0]);
      }
      if constexpr (TakesMany<Layer>) return invoke(pass, inputs);
      refuse_inputs(inputs.size(), *this);
    }
    template <class... Inputs>
    Variable invoke(Pass& pass, const Inputs&... inputs) const {
      if constexpr (std::invocable<const Layer&, const Inputs&..., Pass&>) {
        return layer(inputs..., pass);
      } else {
        return layer(inputs...);
      }
    }
    Layer layer;
  };

  std::unique_ptr<Interface> held_;
};

/// Runs its layers in order. A layer is anything with parts, or a function of a Variable:
///
///   Sequential net{Conv2d{{.in_channels = 1, .out_channels = 8}}, [](const Variable& x) { return relu(x); },
///                  Conv2d{{.in_channels = 8, .out_channels = 2, .kernel = 1}}};
struct Sequential {
  std::vector<AnyLayer> layers;

  /// A single Sequential as argument is copied, not nested.
  template <class... Layers>
  requires(sizeof...(Layers) > 1 || (sizeof...(Layers) == 1 && (!std::same_as<Layers, Sequential> &&
                                                                ...))) explicit Sequential(Layers... list) {
    layers.reserve(sizeof...(list));
    (layers.push_back(AnyLayer(std::move(list))), ...);
  }
  explicit Sequential(std::vector<AnyLayer> list) : layers(std::move(list)) {}

  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    for (std::size_t i = 0; i < self.layers.size(); ++i) f(std::to_string(i), self.layers[i]);
  }
};

/// y = x + layers(x), which must have x's shape. Throws ShapeError otherwise.
struct Residual {
  Sequential layers;

  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) { f("layers", self.layers); }
};

}  // namespace trous
