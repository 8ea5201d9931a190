#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <ostream>
#include <utility>

#include <trous/core/parallel.h>
#include <trous/core/tensor.h>

namespace trous {
namespace {

constexpr std::int64_t grain = 1 << 15;  // elements a chunk of cheap per-element work

std::string only_one(const Tensor& tensor) {
  return text("item: the tensor has shape ", tensor.shape(), ", which is not one element. Reduce it first.");
}

// A number beyond an integer type is undefined in C++ and differs between machines, so the ends are held.
template <class To, class From>
To convert(From x) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr double low = std::numeric_limits<To>::min(), high = std::numeric_limits<To>::max();
    if (std::isnan(x)) return 0;
    return static_cast<To>(std::clamp(static_cast<double>(x), low, high));
  } else if constexpr (std::is_integral_v<From> && std::is_integral_v<To>) {
    return std::in_range<To>(x) ? static_cast<To>(x)
           : x < 0              ? std::numeric_limits<To>::min()
                                : std::numeric_limits<To>::max();
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace

Tensor::Tensor(const Shape& shape, DType dtype, std::shared_ptr<Storage> storage)
    : shape_(shape), dtype_(dtype), elements_(shape.elements()), storage_(std::move(storage)) {}

Tensor Tensor::uninitialized(const Shape& shape, DType dtype) {
  check_tensor_shape(shape, size_of(dtype));
  const auto bytes = static_cast<std::size_t>(shape.elements()) * size_of(dtype);
  return {shape, dtype, std::make_shared<Storage>(bytes, Storage::Use::tensor)};
}

template <Element T>
Tensor::Tensor(const Shape& shape, std::span<const T> values)
    : shape_(shape), dtype_(dtype_of<T>()), elements_(shape.elements()) {
  check_tensor_shape(shape, sizeof(T));
  if (static_cast<std::int64_t>(values.size()) != elements_) {
    throw ShapeError(text("tensor: shape ", shape, " has ", elements_, " elements, but ", values.size(),
                          " values are given. Give one value per element."));
  }
  storage_ = std::make_shared<Storage>(values.size_bytes(), Storage::Use::tensor);
  if (!values.empty()) std::memcpy(storage_->data(), values.data(), values.size_bytes());
}

Tensor Tensor::full(const Shape& shape, DType dtype, double value) {
  Tensor result = uninitialized(shape, dtype);
  visit(dtype, [&]<class T> {
    const std::span<T> out = result.mutable_values<T>();
    std::fill(out.begin(), out.end(), convert<T>(value));
  });
  return result;
}

template <Element T>
std::span<const T> Tensor::values() const {
  if (!storage_) {
    throw Error("tensor: its elements were moved away. Read the value before std::move gives it up.");
  }
  if (dtype_ != dtype_of<T>()) {
    throw DTypeError(text("tensor: the elements are ", dtype_, ", not ", dtype_of<T>(), ". Read them as ",
                          dtype_, " or cast the tensor."));
  }
  return {static_cast<const T*>(storage_->data()), static_cast<std::size_t>(elements_)};
}

template <Element T>
std::span<T> Tensor::mutable_values() {
  const std::span<const T> read = values<T>();
  if (storage_.use_count() != 1) {
    throw Error("tensor: its elements are shared, so they no longer change. Fill a fresh tensor.");
  }
  return {const_cast<T*>(read.data()), read.size()};
}

template <Element T>
std::vector<T> Tensor::to_vector() const {
  const std::span<const T> read = values<T>();
  return {read.begin(), read.end()};
}

template <Element T>
T Tensor::item() const {
  if (elements_ != 1) throw ShapeError(only_one(*this));
  return values<T>()[0];
}

double Tensor::to_double() const {
  return visit(dtype_, [&]<class T> { return static_cast<double>(item<T>()); });
}

Tensor Tensor::reshaped(const Shape& shape) const {
  check_tensor_shape(shape, size_of(dtype_));
  if (shape.elements() != elements_) {
    throw ShapeError(text("reshape: ", shape_, " has ", elements_, " elements, ", shape, " has ",
                          shape.elements(), ". Choose extents with the same product."));
  }
  return {shape, dtype_, storage_};
}

Tensor Tensor::cast(DType dtype) const {
  if (dtype == dtype_) return *this;
  Tensor result = uninitialized(shape_, dtype);
  visit(dtype_, [&]<class From> {
    visit(dtype, [&]<class To> {
      const std::span<const From> in = values<From>();
      const std::span<To> out = result.mutable_values<To>();
      std::transform(in.begin(), in.end(), out.begin(), [](From x) { return convert<To>(x); });
    });
  });
  return result;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  return visit(a.dtype(), [&]<class T> {
    return a.elements() == 0 || std::memcmp(a.values<T>().data(), b.values<T>().data(), a.bytes()) == 0;
  });
}

bool all_finite(const Tensor& tensor) {
  return visit(tensor.dtype(), [&]<class T> {
    if constexpr (std::is_floating_point_v<T>) {
      const std::span<const T> values = tensor.values<T>();
      std::vector<char> finite(static_cast<std::size_t>(chunks(tensor.elements(), grain)), 1);
      parallel_for(tensor.elements(), grain, [&](std::int64_t begin, std::int64_t end) {
        // x * 0 is 0 for finite x and NaN otherwise; the sum keeps a NaN and vectorises.
        T sum = 0;
        for (std::int64_t i = begin; i < end; ++i) sum += values[static_cast<std::size_t>(i)] * T(0);
        finite[static_cast<std::size_t>(begin / grain)] = sum == T(0);
      });
      return std::all_of(finite.begin(), finite.end(), [](char x) { return x != 0; });
    } else {
      return true;
    }
  });
}

namespace {

void print_axis(std::ostream& stream, const Tensor& tensor, int axis, std::int64_t offset) {
  const Shape& shape = tensor.shape();
  if (axis == shape.rank()) {
    visit(tensor.dtype(), [&]<class T> { stream << +tensor.values<T>()[static_cast<std::size_t>(offset)]; });
    return;
  }
  constexpr std::int64_t edge = 3;
  const std::int64_t stride = shape.elements(axis + 1, shape.rank());
  stream << '[';
  for (std::int64_t i = 0; i < shape[axis]; ++i) {
    if (i == edge && shape[axis] > 2 * edge) {
      stream << ", ...";
      i = shape[axis] - edge;
    }
    if (i) stream << ", ";
    print_axis(stream, tensor, axis + 1, offset + i * stride);
  }
  stream << ']';
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Tensor& tensor) {
  stream << short_name(tensor.dtype()) << tensor.shape() << ' ';
  print_axis(stream, tensor, 0, 0);
  return stream;
}

#define TROUS_INSTANTIATE(T)                                 \
  template Tensor::Tensor(const Shape&, std::span<const T>); \
  template std::span<const T> Tensor::values<T>() const;     \
  template std::span<T> Tensor::mutable_values<T>();         \
  template std::vector<T> Tensor::to_vector<T>() const;      \
  template T Tensor::item<T>() const;
TROUS_INSTANTIATE(float)
TROUS_INSTANTIATE(double)
TROUS_INSTANTIATE(std::int32_t)
TROUS_INSTANTIATE(std::uint8_t)
#undef TROUS_INSTANTIATE

}  // namespace trous
