// The three slots of the form T(image, filters, result) that a convolution and its gradients contract.
#pragma once

#include <type_traits>

namespace trous::kernels {

/// A slot of the form. conv2d computes the result, conv2d_transpose the image, the filter gradient the
/// filters.
enum class Slot { image, filters, result };

/// Contiguous memory of the three slots, in the order of Slot. The slot that a kernel computes is writable,
/// the other two are read only.
template <Slot computed, class T>
struct Operands {
  template <Slot slot>
  using Pointer = std::conditional_t<slot == computed, T*, const T*>;

  Pointer<Slot::image> image;
  Pointer<Slot::filters> filters;
  Pointer<Slot::result> result;
};

}  // namespace trous::kernels
