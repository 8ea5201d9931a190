#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <sha2.h>
#include <span>
#include <sys/types.h>
#include <vector>

#include <trous/data/digest.h>
#include <trous/data/file.h>

namespace trous {
namespace {

// A bijection of 64-bit words in which every bit of the argument reaches every bit of the result.
// Source: the finalizer of SplitMix64, Steele, Lea and Flood, OOPSLA 2014.
std::uint64_t spread(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
  return word ^ (word >> 31);
}

// A bijection of the state and of the word, so one changed word always changes the result. One multiplication
// is not enough: the floats 0 and 1 differ in high bits, which it does not carry down.
std::uint64_t take(std::uint64_t state, std::uint64_t word) {
  return spread(state ^ word) + 0x9e3779b97f4a7c15U;
}

std::span<const std::uint8_t> bytes_of(const Tensor& tensor) {
  return visit(tensor.dtype(), [&]<class T>() -> std::span<const std::uint8_t> {
    return {reinterpret_cast<const std::uint8_t*>(tensor.values<T>().data()), tensor.bytes()};
  });
}

}  // namespace

std::string sha256_of_file(const std::string& path) {
  const InputFile file(path);
  SHA2_CTX context;
  SHA256Init(&context);
  std::vector<std::uint8_t> piece(std::size_t{1} << 20);
  for (std::int64_t at = 0; at < file.bytes();) {
    const std::size_t count = std::min(piece.size(), static_cast<std::size_t>(file.bytes() - at));
    file.read(at, std::span(piece).first(count));
    SHA256Update(&context, piece.data(), count);
    at += static_cast<std::int64_t>(count);
  }
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256Final(digest.data(), &context);
  std::string result;
  for (const std::uint8_t byte : digest) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", byte);
    result += digits.data();
  }
  return result;
}

std::uint64_t content_hash(const Tensor& tensor) {
  std::uint64_t state = take(0, static_cast<std::uint64_t>(tensor.dtype()));
  state = take(state, static_cast<std::uint64_t>(tensor.shape().rank()));
  for (int axis = 0; axis < tensor.shape().rank(); ++axis) {
    state = take(state, static_cast<std::uint64_t>(tensor.shape()[axis]));
  }
  const std::span<const std::uint8_t> bytes = bytes_of(tensor);
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    state = take(state, word);
  }
  std::uint64_t rest = 0;
  if (at < bytes.size()) std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
  return take(state, rest);
}

}  // namespace trous
