#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include <trous/core/error.h>
#include <trous/core/utf8.h>
#include <trous/data/file.h>
#include <trous/data/safetensors.h>

namespace trous {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the data of a safetensors file are little-endian");

constexpr std::int64_t max_header = 100'000'000;  // the reference implementation's limit
constexpr const char* metadata_key = "__metadata__";

// In the order of DType, which is the index.
constexpr std::array<std::pair<DType, const char*>, 4> dtypes{{
    {DType::float32, "F32"},
    {DType::float64, "F64"},
    {DType::int32, "I32"},
    {DType::uint8, "U8"},
}};

// A string from a file for an error: quoted, escaped, at most 80 bytes of it.
std::string shown(const std::string& value) {
  return json(value.substr(0, 80)).dump(-1, ' ', false, json::error_handler_t::replace);
}

struct Entry {
  std::string name;
  std::optional<std::string> dtype;
  std::optional<std::vector<std::int64_t>> shape, offsets;
};

struct Header {
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
};

// Fills a Header from the events of nlohmann's parser, which is a loop: neither deep nesting nor a name
// that occurs twice can hide in a document that was built first. `where_` is the place in the format's
// fixed tree; whatever does not fit there is a fault.
class HeaderReader : public json::json_sax_t {
 public:
  HeaderReader(const std::string& path, Header& header) : path_(path), header_(header) {}

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_integer(json::number_integer_t value) override {
    return unexpected(text("the number ", value));
  }
  bool number_float(json::number_float_t, const std::string& digits) override {
    return unexpected("the number " + digits.substr(0, 40));
  }
  bool binary(json::binary_t&) override { return unexpected("binary data"); }

  bool number_unsigned(json::number_unsigned_t value) override {
    if (where_ != Where::shape && where_ != Where::offsets) return unexpected(text("the number ", value));
    if (value > static_cast<json::number_unsigned_t>(INT64_MAX)) {
      fail(text("has the number ", value, " at ", place(), ", more than 2^63 - 1"));
    }
    auto& numbers = where_ == Where::shape ? header_.entries.back().shape : header_.entries.back().offsets;
    numbers->push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool string(json::string_t& value) override {
    if (where_ == Where::metadata_value) {
      header_.metadata[key_] = value;
      where_ = Where::metadata;
    } else if (where_ == Where::dtype_value) {
      header_.entries.back().dtype = value;
      where_ = Where::tensor;
    } else {
      return unexpected("a string");
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (where_ == Where::start) {
      where_ = Where::root;
    } else if (where_ == Where::root_value) {
      where_ = key_ == metadata_key ? Where::metadata : Where::tensor;
    } else {
      return unexpected("an object");
    }
    return true;
  }

  bool key(json::string_t& name) override {
    key_ = name;
    if (where_ == Where::root) {
      if (!names_.insert(name).second) fail(text("names ", shown(name), " twice"));
      if (name != metadata_key)
        header_.entries.push_back({.name = name, .dtype = {}, .shape = {}, .offsets = {}});
      where_ = Where::root_value;
    } else if (where_ == Where::metadata) {
      if (header_.metadata.contains(name)) fail(text("names ", shown(name), " twice in ", metadata_key));
      where_ = Where::metadata_value;
    } else {
      field(name);
    }
    return true;
  }

  bool end_object() override {
    where_ = where_ == Where::root ? Where::start : Where::root;
    return true;
  }

  bool start_array(std::size_t) override {
    if (where_ == Where::shape_value) {
      header_.entries.back().shape.emplace();
      where_ = Where::shape;
    } else if (where_ == Where::offsets_value) {
      header_.entries.back().offsets.emplace();
      where_ = Where::offsets;
    } else {
      return unexpected("an array");
    }
    return true;
  }

  bool end_array() override {
    where_ = Where::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const json::exception& error) override {
    constexpr int number_overflow = 406;  // 1e999 is JSON, but no double holds it
    if (error.id == number_overflow) return unexpected("the number " + token.substr(0, 40));
    fail(text("has a header that is no JSON from its byte ", position, " on"));
  }

 private:
  enum class Where {
    start,
    root,
    root_value,
    metadata,
    metadata_value,
    tensor,
    dtype_value,
    shape_value,
    shape,
    offsets_value,
    offsets
  };

  std::string place() const {
    if (where_ == Where::start) return "the start of the header";
    if (where_ == Where::root_value) return shown(key_);
    if (where_ == Where::metadata_value) return text(shown(key_), " in ", metadata_key);
    return text(shown(key_), " of ", shown(header_.entries.back().name));
  }

  void field(const std::string& name) {
    const Entry& entry = header_.entries.back();
    const bool twice = name == "dtype"   ? entry.dtype.has_value()
                       : name == "shape" ? entry.shape.has_value()
                                         : name == "data_offsets" && entry.offsets.has_value();
    if (twice) fail(text("names ", shown(name), " twice in tensor ", shown(entry.name)));
    if (name == "dtype") {
      where_ = Where::dtype_value;
    } else if (name == "shape") {
      where_ = Where::shape_value;
    } else if (name == "data_offsets") {
      where_ = Where::offsets_value;
    } else {
      fail(text("has the field ", shown(name), " in tensor ", shown(entry.name),
                "; the format has dtype, shape and data_offsets"));
    }
  }

  bool unexpected(const std::string& what) {
    const char* wanted = where_ == Where::start || where_ == Where::root_value            ? "an object"
                         : where_ == Where::shape_value || where_ == Where::offsets_value ? "an array"
                         : where_ == Where::shape || where_ == Where::offsets ? "a whole number from 0 on"
                                                                              : "a string";
    fail(text("has ", what, " at ", place(), ", where the format has ", wanted));
  }

  [[noreturn]] void fail(const std::string& fact) {
    throw FileError(text("read_safetensors: ", path_, " ", fact, ". Write the file again."));
  }

  const std::string& path_;
  Header& header_;
  Where where_ = Where::start;
  std::string key_;
  std::set<std::string> names_;
};

// A tensor whose entry is known to be sound.
struct Judged {
  std::size_t index;  // in the header's order
  Shape shape;
  DType dtype;
  std::int64_t begin, end;
};

[[noreturn]] void fail(const std::string& path, const std::string& name, const std::string& fact) {
  throw FileError(
      text("read_safetensors: ", path, ": tensor ", shown(name), " ", fact, ". Write the file again."));
}

std::string list(const std::vector<std::int64_t>& numbers) {
  std::string result = "[";
  for (std::size_t i = 0; i < numbers.size() && i < 4; ++i)
    result += (i ? ", " : "") + std::to_string(numbers[i]);
  return result + (numbers.size() > 4 ? ", ...]" : "]");
}

Judged judge_entry(const std::string& path, const Entry& entry, std::size_t index, std::int64_t data_bytes) {
  if (!entry.dtype || !entry.shape || !entry.offsets) {
    fail(path, entry.name, text("has no ", !entry.dtype ? "dtype" : !entry.shape ? "shape" : "data_offsets"));
  }
  const auto* const known = std::find_if(dtypes.begin(), dtypes.end(),
                                         [&](const auto& pair) { return *entry.dtype == pair.second; });
  if (known == dtypes.end()) {
    fail(path, entry.name, text("has dtype ", shown(*entry.dtype), "; F32, F64, I32 and U8 are read"));
  }
  if (entry.shape->size() > static_cast<std::size_t>(Shape::max_rank)) {
    fail(path, entry.name, text("has rank ", entry.shape->size(), "; up to ", Shape::max_rank, " is read"));
  }
  const Shape shape(*entry.shape);
  try {
    check_tensor_shape(shape, size_of(known->first));
  } catch (const ShapeError& error) {
    fail(path, entry.name, text("has a shape that no tensor has: ", error.what()));
  }
  const std::int64_t bytes = shape.elements() * static_cast<std::int64_t>(size_of(known->first));
  const std::vector<std::int64_t>& offsets = *entry.offsets;
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_bytes) {
    fail(path, entry.name,
         text("has data_offsets ", list(offsets), ", which are no range inside the ", data_bytes,
              " bytes of data"));
  }
  if (offsets[1] - offsets[0] != bytes) {
    fail(path, entry.name,
         text("has ", offsets[1] - offsets[0], " bytes, but shape ", shape, " of ", known->second, " takes ",
              bytes));
  }
  return {index, shape, known->first, offsets[0], offsets[1]};
}

std::vector<Judged> judge(const std::string& path, const Header& header, std::int64_t data_bytes) {
  std::vector<Judged> result;
  for (std::size_t i = 0; i < header.entries.size(); ++i) {
    result.push_back(judge_entry(path, header.entries[i], i, data_bytes));
  }
  std::vector<Judged> sorted = result;
  std::sort(sorted.begin(), sorted.end(), [](const Judged& a, const Judged& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::int64_t covered = 0;
  for (const Judged& tensor : sorted) {
    if (tensor.begin != covered) {
      fail(path, header.entries[tensor.index].name,
           text("begins at byte ", tensor.begin, " of the data, but the tensors before it end at ", covered,
                tensor.begin < covered ? ": they overlap" : ": there is a hole"));
    }
    covered = tensor.end;
  }
  if (covered != data_bytes) {
    throw FileError(text("read_safetensors: ", path, " has ", data_bytes, " bytes of data, its tensors take ",
                         covered, ". Write the file again."));
  }
  return result;
}

std::int64_t header_length(const InputFile& file) {
  if (file.bytes() < 8) {
    throw FileError(text("read_safetensors: ", file.path(), " has ", file.bytes(),
                         " bytes. The length of the header alone takes 8. Write the file again."));
  }
  std::array<std::uint8_t, 8> bytes;
  file.read(0, bytes);
  const auto length = std::bit_cast<std::uint64_t>(bytes);
  const auto max_length = static_cast<std::uint64_t>(std::min(max_header, file.bytes() - 8));
  if (length > max_length) {
    throw FileError(text("read_safetensors: ", file.path(), " announces a header of ", length,
                         " bytes. The file has ", file.bytes(), " bytes, and a header at most ", max_header,
                         ". Write the file again."));
  }
  return static_cast<std::int64_t>(length);
}

std::span<const std::uint8_t> raw_bytes(const Tensor& tensor) {
  return visit(tensor.dtype(), [&]<class T> {
    return std::span(reinterpret_cast<const std::uint8_t*>(tensor.values<T>().data()), tensor.bytes());
  });
}

std::string quoted(const std::string& value) {
  if (!is_utf8(value)) {
    throw ArgumentError(text("write_safetensors: a name or a metadata string of ", value.size(),
                             " bytes is not UTF-8. It starts with ",
                             first_bytes({reinterpret_cast<const std::uint8_t*>(value.data()), value.size()}),
                             ". Encode bytes as text first."));
  }
  return json(value).dump();
}

std::string header_text(const SafetensorsFile& contents, const std::vector<std::size_t>& order) {
  std::vector<std::int64_t> begins(contents.tensors.size());
  std::int64_t end = 0;
  for (const std::size_t i : order) {
    begins[i] = end;
    end += static_cast<std::int64_t>(contents.tensors[i].second.bytes());
  }
  std::vector<std::string> members;
  if (!contents.metadata.empty()) {
    std::string pairs;
    for (const auto& [key, value] : contents.metadata) {
      pairs += (pairs.empty() ? "" : ",") + quoted(key) + ":" + quoted(value);
    }
    members.push_back(text('"', metadata_key, "\":{", pairs, "}"));
  }
  for (std::size_t i = 0; i < contents.tensors.size(); ++i) {
    const auto& [name, tensor] = contents.tensors[i];
    std::string extents;
    for (const std::int64_t extent : tensor.shape()) {
      extents += (extents.empty() ? "" : ",") + std::to_string(extent);
    }
    const char* dtype = dtypes[static_cast<std::size_t>(tensor.dtype())].second;
    const std::int64_t end_of = begins[i] + static_cast<std::int64_t>(tensor.bytes());
    members.push_back(quoted(name) + ":{\"dtype\":\"" + dtype + "\",\"shape\":[" + extents +
                      "],\"data_offsets\":[" + std::to_string(begins[i]) + "," + std::to_string(end_of) +
                      "]}");
  }
  std::string header = "{";
  for (const std::string& member : members) header += (header.size() > 1 ? "," : "") + member;
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  if (header.size() > static_cast<std::size_t>(max_header)) {
    throw ArgumentError(text("write_safetensors: the header takes ", header.size(), " bytes, readers accept ",
                             max_header, ". Put less into the metadata."));
  }
  return header;
}

}  // namespace

void write_safetensors(const std::string& path, const SafetensorsFile& contents) {
  std::set<std::string> names{metadata_key};
  for (const auto& [name, tensor] : contents.tensors) {
    if (!names.insert(name).second) {
      throw ArgumentError(text("write_safetensors: the name ", quoted(name),
                               name == metadata_key ? " is the format's own. Choose another one."
                                                    : " occurs twice. Give each tensor a name of its own."));
    }
  }
  std::vector<std::size_t> order(contents.tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return size_of(contents.tensors[a].second.dtype()) > size_of(contents.tensors[b].second.dtype());
  });
  const std::string header = header_text(contents, order);
  const auto length = std::bit_cast<std::array<std::uint8_t, 8>>(std::uint64_t{header.size()});
  std::vector<std::span<const std::uint8_t>> pieces{
      length, {reinterpret_cast<const std::uint8_t*>(header.data()), header.size()}};
  for (const std::size_t i : order) pieces.push_back(raw_bytes(contents.tensors[i].second));
  write_file(path, pieces);
}

SafetensorsFile read_safetensors(const std::string& path) {
  const InputFile file(path);
  const std::int64_t length = header_length(file);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(length));
  file.read(8, bytes);
  Header header;
  HeaderReader reader(path, header);
  json::sax_parse(bytes, &reader);
  const std::int64_t data = 8 + length;
  SafetensorsFile contents{.tensors = {}, .metadata = std::move(header.metadata)};
  for (const Judged& tensor : judge(path, header, file.bytes() - data)) {
    Tensor values = Tensor::uninitialized(tensor.shape, tensor.dtype);
    visit(tensor.dtype, [&]<class T> {
      auto* out = reinterpret_cast<std::uint8_t*>(values.mutable_values<T>().data());
      file.read(data + tensor.begin, {out, values.bytes()});
    });
    contents.tensors.emplace_back(header.entries[tensor.index].name, std::move(values));
  }
  return contents;
}

}  // namespace trous
