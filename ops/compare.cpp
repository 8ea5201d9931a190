#include <algorithm>
#include <cmath>
#include <functional>
#include <type_traits>

#include <trous/autograd/linear_map.h>
#include <trous/autograd/record.h>
#include <trous/core/map.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/compare.h>

namespace trous {
namespace {

template <class Relation>
Tensor related(const Tensor& a, const Tensor& b, Relation relation) {
  Tensor y = Tensor::uninitialized(a.shape(), DType::uint8);
  std::uint8_t* const out = y.mutable_values<std::uint8_t>().data();
  visit(a.dtype(), [&]<class T> {
    const T *left = a.values<T>().data(), *right = b.values<T>().data();
    parallel_for(a.elements(), map_grain, [&](std::int64_t begin, std::int64_t end) {
      std::transform(left + begin, left + end, right + begin, out + begin,
                     [relation](T x, T z) { return static_cast<std::uint8_t>(relation(x, z)); });
    });
  });
  return y;
}

template <class Relation>
Variable compare(const char* op, const Variable& a, const Variable& b, Relation relation) {
  if (a.dtype() != b.dtype()) {
    throw DTypeError(text(op, ": ", a.dtype(), " and ", b.dtype(),
                          " do not mix. Cast one side: cast(x, DType::", b.dtype(), ")."));
  }
  const Shape shape = broadcast_shape(op, a.shape(), b.shape());
  return record({.kind = op, .pixels = Pixels::same()}, {a, b},
                [relation, shape](std::span<const Tensor> in) {
                  return related(broadcast_to(in[0], shape).value(), broadcast_to(in[1], shape).value(),
                                 relation);
                },
                {Rule::locally_constant(), Rule::locally_constant()});
}

// Against a number: floating elements meet it in their own type, as any scalar literal does; integers meet
// the number itself, so that 2 < 2.5 holds.
template <class Relation>
Variable compare(const char* op, const Variable& x, double number, Relation relation) {
  return record({.kind = op, .attributes = {{"", number}}, .pixels = Pixels::same()}, {x},
                [relation, number](std::span<const Tensor> in) {
                  Tensor y = Tensor::uninitialized(in[0].shape(), DType::uint8);
                  std::uint8_t* const out = y.mutable_values<std::uint8_t>().data();
                  visit(in[0].dtype(), [&]<class T> {
                    using Common = std::conditional_t<std::is_floating_point_v<T>, T, double>;
                    const T* const values = in[0].values<T>().data();
                    const auto against = static_cast<Common>(number);
                    parallel_for(y.elements(), map_grain, [&](std::int64_t begin, std::int64_t end) {
                      std::transform(values + begin, values + end, out + begin, [relation, against](T v) {
                        return static_cast<std::uint8_t>(relation(static_cast<Common>(v), against));
                      });
                    });
                  });
                  return y;
                },
                {Rule::locally_constant()});
}

}  // namespace

Variable equal(const Variable& a, const Variable& b) { return compare("equal", a, b, std::equal_to<>()); }
Variable less(const Variable& a, const Variable& b) { return compare("less", a, b, std::less<>()); }
Variable less_equal(const Variable& a, const Variable& b) {
  return compare("less_equal", a, b, std::less_equal<>());
}
Variable greater(const Variable& a, const Variable& b) { return compare("greater", a, b, std::greater<>()); }
Variable greater_equal(const Variable& a, const Variable& b) {
  return compare("greater_equal", a, b, std::greater_equal<>());
}

Variable equal(const Variable& x, double number) { return compare("equal", x, number, std::equal_to<>()); }
Variable less(const Variable& x, double number) { return compare("less", x, number, std::less<>()); }
Variable less_equal(const Variable& x, double number) {
  return compare("less_equal", x, number, std::less_equal<>());
}
Variable greater(const Variable& x, double number) { return compare("greater", x, number, std::greater<>()); }
Variable greater_equal(const Variable& x, double number) {
  return compare("greater_equal", x, number, std::greater_equal<>());
}

Variable masked(const Variable& x, const Variable& mask) {
  if (mask.dtype() != DType::uint8) {
    throw DTypeError(text("masked: mask is ", mask.dtype(),
                          ", must be uint8. Comparisons such as greater(x, 0) make one."));
  }
  if (mask.shape() != x.shape()) {
    throw ShapeError(text("masked: x is ", x.shape(), ", mask ", mask.shape(), ". Broadcast one of them."));
  }
  visit_floating("masked", x.dtype(), []<class T> {});
  const auto apply = [](const Tensor& t, std::span<const Tensor> parameters) {
    Tensor y = Tensor::uninitialized(t.shape(), t.dtype());
    const std::uint8_t* const keep = parameters[0].values<std::uint8_t>().data();
    visit_floating("masked", t.dtype(), [&]<class T> {
      const T* const in = t.values<T>().data();
      T* const out = y.mutable_values<T>().data();
      parallel_for(t.elements(), map_grain, [&](std::int64_t begin, std::int64_t end) {
        std::transform(in + begin, in + end, keep + begin, out + begin,
                       [](T v, std::uint8_t kept) { return kept ? v : T(0); });
      });
    });
    return y;
  };
  const Domain domain{x.shape(), x.dtype()};
  return LinearMap{"masked", "masked", {}, domain, domain, apply, apply, {mask}, Pixels::same()}(x);
}

Variable where(const Variable& mask, const Variable& a, const Variable& b) {
  if (mask.dtype() != DType::uint8) {
    throw DTypeError(text("where: mask is ", mask.dtype(),
                          ", must be uint8. Comparisons such as greater(x, 0) make one."));
  }
  if (a.dtype() != b.dtype()) {
    throw DTypeError(text("where: ", a.dtype(), " and ", b.dtype(),
                          " do not mix. Cast one side: cast(x, DType::", b.dtype(), ")."));
  }
  const Shape shape = broadcast_shape("where", mask.shape(), broadcast_shape("where", a.shape(), b.shape()));
  const Variable chosen = broadcast_to(mask, shape);
  return record({.kind = "where", .pixels = Pixels::same()},
                {chosen, broadcast_to(a, shape), broadcast_to(b, shape)},
                [](std::span<const Tensor> in) {
                  Tensor y = Tensor::uninitialized(in[1].shape(), in[1].dtype());
                  const std::uint8_t* const keep = in[0].values<std::uint8_t>().data();
                  visit(y.dtype(), [&]<class T> {
                    const T *left = in[1].values<T>().data(), *right = in[2].values<T>().data();
                    T* const out = y.mutable_values<T>().data();
                    for (std::int64_t i = 0; i < y.elements(); ++i) out[i] = keep[i] ? left[i] : right[i];
                  });
                  return y;
                },
                {Rule::locally_constant(),
                 Rule(Reads::input(0), [](const Vjp& v) { return masked(v.grad(), v.input(0)); }),
                 Rule(Reads::input(0), [](const Vjp& v) { return masked(v.grad(), equal(v.input(0), 0)); })});
}

Variable where(const Variable& mask, const Variable& a, double b) {
  return where(mask, a, Tensor::scalar(b, a.dtype()));
}
Variable where(const Variable& mask, double a, const Variable& b) {
  return where(mask, Tensor::scalar(a, b.dtype()), b);
}

Variable sign(const Variable& x) {
  visit_floating("sign", x.dtype(), []<class T> {});
  return record(
      {.kind = "sign", .pixels = Pixels::same()}, {x},
      [](std::span<const Tensor> in) {
        return map(in[0], [](auto v) { return v > 0 ? decltype(v)(1) : v < 0 ? decltype(v)(-1) : v; });
      },
      {Rule::locally_constant()});
}

Variable floor(const Variable& x) {
  visit_floating("floor", x.dtype(), []<class T> {});
  return record({.kind = "floor", .pixels = Pixels::same()}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return std::floor(v); }); },
                {Rule::locally_constant()});
}

// Of a NaN on either side the mask takes that side: of b, since nothing holds beside it.
Variable maximum(const Variable& a, const Variable& b) {
  return where(
      compare("maximum", a, b, [](auto x, auto y) { return x >= y || std::isnan(static_cast<double>(x)); }),
      a, b);
}

Variable minimum(const Variable& a, const Variable& b) {
  return where(
      compare("minimum", a, b, [](auto x, auto y) { return x <= y || std::isnan(static_cast<double>(x)); }),
      a, b);
}

}  // namespace trous
