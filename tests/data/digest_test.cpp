#include <set>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/digest.h>

#include "data/scratch.h"

namespace trous {
namespace {

std::string sha256_of(const std::string& content) {
  const Scratch scratch;
  spill(scratch / "file", bytes_of(content));
  return sha256_of_file(scratch / "file");
}

// The first three are NIST's examples for FIPS 180-4; all are what `printf ... | sha256sum` prints.
TEST(Digest, IsTheStandards) {
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // Longer than one piece, and no multiple of it: head -c 3000001 /dev/zero | sha256sum
  EXPECT_EQ(sha256_of(std::string(3'000'001, '\0')),
            "4f3c36cc4ec3bc4ac4c40dfc33a9c5505a31fd01c106a5277fdcc63239a8f34d");
}

TEST(Digest, SaysWhichFileItCannotRead) {
  EXPECT_EQ(message_of<FileError>([] { sha256_of_file("/none/file"); }),
            "read_file: /none/file cannot be opened. The system says: No such file or directory. Give the "
            "path of a readable file.");
}

TEST(ContentHash, IsOfDtypeShapeAndEveryByte) {
  const Tensor image({3, 5, 1}, Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
  const std::uint64_t hash = content_hash(image);
  EXPECT_EQ(content_hash(Tensor({3, 5, 1}, image.to_vector<std::uint8_t>())), hash);
  std::set<std::uint64_t> hashes{hash,
                                 content_hash(image.reshaped({5, 3, 1})),
                                 content_hash(image.reshaped({3, 5})),
                                 content_hash(image.reshaped({15})),
                                 content_hash(Tensor::zeros({2}, DType::float32)),
                                 content_hash(Tensor::zeros({2}, DType::int32)),
                                 content_hash(Tensor::zeros({8}, DType::uint8)),
                                 content_hash(Tensor::zeros({7}, DType::uint8))};
  for (std::size_t at = 0; at < 15; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes changed = image.to_vector<std::uint8_t>();
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ (1 << bit));
      hashes.insert(content_hash(Tensor({3, 5, 1}, changed)));
    }
  }
  EXPECT_EQ(hashes.size(), 8U + 15 * 8);
}

// Chance would give a pair with probability 1e-10.
TEST(ContentHash, TellsManySimilarImagesApart) {
  std::set<std::uint64_t> hashes;
  for (std::int64_t i = 0; i < 65536; ++i) {  // sixteen pixels that are black or white
    Tensor image = Tensor::zeros({4, 4, 1}, DType::float32);
    for (std::size_t bit = 0; bit < 16; ++bit) {
      image.mutable_values<float>()[bit] = static_cast<float>((i >> bit) & 1);
    }
    hashes.insert(content_hash(image));
  }
  EXPECT_EQ(hashes.size(), 65536U);
}

}  // namespace
}  // namespace trous
