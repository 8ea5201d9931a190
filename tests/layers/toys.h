// What the tests of layers share: reproducible tensors, and a comparison of bits that says where they part.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/random.h>
#include <trous/layers/network.h>

namespace trous {

/// Numbers in -1 .. 1, others for every `which`.
inline Tensor numbers(const Shape& shape, std::uint64_t which, DType dtype = DType::float32) {
  return uniform(shape, dtype, fold_in(Key{20231}, which), -1, 1);
}

/// Passes where both are the same bits.
inline testing::AssertionResult same(const Variable& a, const Variable& b) {
  if (same_bits(a.value(), b.value())) return testing::AssertionSuccess();
  return testing::AssertionFailure() << a.value() << "\nand\n" << b.value();
}

template <class Net>
std::vector<std::string> parameter_paths(Net& net) {
  std::vector<std::string> paths;
  for (const auto& [path, part] : parameters(net)) paths.push_back(path);
  return paths;
}

template <class Net>
std::vector<std::string> buffer_paths(Net& net) {
  std::vector<std::string> paths;
  for (const auto& [path, part] : buffers(net)) paths.push_back(path);
  return paths;
}

/// Whether every parameter and buffer of both networks has the same bits.
template <class Net>
testing::AssertionResult same_network(const Net& a, const Net& b) {
  const auto left = parameters(a), right = parameters(b);
  const auto kept = buffers(a), other = buffers(b);
  if (left.size() != right.size() || kept.size() != other.size()) {
    return testing::AssertionFailure() << "the networks have other parts";
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!same_bits(left[i].part->get().value(), right[i].part->get().value())) {
      return testing::AssertionFailure() << left[i].path << " differs";
    }
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (!same_bits(kept[i].part->get(), other[i].part->get())) {
      return testing::AssertionFailure() << kept[i].path << " differs";
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace trous
