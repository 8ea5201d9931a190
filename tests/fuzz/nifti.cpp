// The first byte of an input says whether the rest is compressed before it is a file: a fuzzer that changes
// compressed bytes never gets beyond their checksum.
#include <zlib.h>

#include <trous/data/nifti.h>

#include "fuzz.h"

namespace trous::fuzz {

const char* const file_name = "input.nii";

std::vector<std::uint8_t> file_of(std::span<const std::uint8_t> input) {
  if (input.empty()) return {};
  const std::span<const std::uint8_t> rest = input.subspan(1);
  if (input[0] != 'z') return {rest.begin(), rest.end()};
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);  // 16: gzip
  std::vector<std::uint8_t> out(deflateBound(&stream, rest.size()));
  stream.next_in = const_cast<Bytef*>(rest.data());
  stream.avail_in = static_cast<uInt>(rest.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

void read(const std::string& path) { read_nifti(path); }

}  // namespace trous::fuzz
